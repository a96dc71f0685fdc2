"""Queries: SELECT, joins, lateral views, set operations, from the typed tree to DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.operators import ordering
from ingot.engines.duckdb.lowering.scope import Scope, refuse
from ingot.engines.duckdb.types import duckdb_type, quote_name

_SET_WORDS: dict[type, str] = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}


class QueryWriter:
    """Writes one query; `relations` are the SQL texts of its leaves."""

    def __init__(self, scope: Scope, relations: Mapping[str, str]):
        self.scope = scope
        self.relations = relations

    def write(self, node: exp.Expr) -> str:
        """The SQL of a query."""
        head = self._with(node)
        match node:
            case exp.Select():
                return head + self._select(node)
            case exp.SetOperation():
                return head + self._set_operation(node) + self._tail(node)
            case exp.Subquery():
                return head + f"({self.write(node.this)})" + self._tail(node)
        raise refuse(node, f"{type(node).__name__} is not supported by the duckdb engine")

    def _with(self, node: exp.Expr) -> str:
        with_ = node.args.get("with_")
        if with_ is None:
            return ""
        tables = [f"{self._alias(cte)} AS ({self.write(cte.this)})" for cte in with_.expressions]
        return f"WITH {'RECURSIVE ' if with_.args.get('recursive') else ''}{', '.join(tables)} "

    def _alias(self, node: exp.Expr) -> str:
        alias = node.args["alias"]
        columns = ", ".join(quote_name(c.name) for c in alias.columns)
        return quote_name(alias.this.name) + (f"({columns})" if columns else "")

    # --- SELECT ---------------------------------------------------------------------------------------------

    def _select(self, node: exp.Select) -> str:
        lower = self.scope.lower
        parts = ["SELECT"]
        distinct = node.args.get("distinct")
        if distinct is not None:
            on = distinct.args.get("on")
            parts.append(
                f"DISTINCT ON ({', '.join(lower(e) for e in on.expressions)})" if on is not None else "DISTINCT"
            )
        parts.append(", ".join(self._item(e) for e in node.expressions))
        source = node.args.get("from_")
        if source is not None:
            parts.append("FROM " + self._relation(source.this))
        parts.extend(self._join(j) for j in node.args.get("joins") or [])
        for one in node.args.get("laterals") or []:
            has_source = any(p.startswith("FROM ") for p in parts)
            parts.append(("CROSS JOIN LATERAL " if has_source else "FROM ") + self._lateral(one))
        if node.args.get("where") is not None:
            parts.append("WHERE " + lower(node.args["where"].this))
        if node.args.get("group") is not None:
            parts.append("GROUP BY " + ", ".join(self._group(e) for e in node.args["group"].expressions))
        for clause in ("having", "qualify"):
            if node.args.get(clause) is not None:
                parts.append(f"{clause.upper()} " + lower(node.args[clause].this))
        return " ".join(parts) + self._tail(node)

    def _item(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Alias):
            return self.scope.lower(node)
        sql = self.scope.lower(node.this)
        if isinstance(node.this, exp.Null):
            sql = f"CAST(NULL AS {duckdb_type(type_of(node))})"
        return f"{sql} AS {quote_name(node.alias)}"

    def _group(self, node: exp.Expr) -> str:
        words: dict[type, str] = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}
        for kind, word in words.items():
            if isinstance(node, kind):
                return f"{word} ({', '.join(self._group(e) for e in node.expressions)})"
        if isinstance(node, exp.Tuple):
            return f"({', '.join(self.scope.lower(e) for e in node.expressions)})"
        return self.scope.lower(node)

    def _tail(self, node: exp.Expr) -> str:
        parts = ""
        order = node.args.get("order")
        if order is not None:
            parts += " ORDER BY " + ", ".join(ordering(o, self.scope) for o in order.expressions)
        for clause in ("limit", "offset"):
            found = node.args.get(clause)
            if found is not None:
                parts += f" {clause.upper()} {self.scope.lower(found.expression)}"
        return parts

    def _set_operation(self, node: exp.SetOperation) -> str:
        word = _SET_WORDS[type(node)] + ("" if node.args.get("distinct", True) else " ALL")
        return f"{self.write(node.this)} {word} {self.write(node.expression)}"

    # --- FROM -----------------------------------------------------------------------------------------------

    def _relation(self, node: exp.Expr) -> str:
        match node:
            case exp.Table() if isinstance(node.this, exp.Anonymous):
                arguments = ", ".join(self.scope.lower(a) for a in node.this.expressions)
                sql = f"range({arguments}) AS {self._alias(node)}"
            case exp.Table():
                leaf = self.relations.get(node.name)
                source = f"({leaf})" if leaf is not None else quote_name(node.name)
                sql = f"{source} AS {self._alias(node)}"
            case exp.Subquery():
                sql = f"({self.write(node.this)}) AS {self._alias(node)}"
            case exp.Values():
                sql = self._values(node)
            case exp.Paren():
                sql = f"({self._relation(node.this)})"
            case exp.Lateral():
                sql = f"LATERAL ({self.write(node.this.this)}) AS {self._alias(node)}"
            case _:
                raise refuse(node, f"{type(node).__name__} in FROM is not supported by the duckdb engine")
        return sql + "".join(" " + self._join(j) for j in node.args.get("joins") or [])

    def _values(self, node: exp.Values) -> str:
        """Each cell is cast, for DuckDB would find a type of its own for a column."""
        rows = [
            "(" + ", ".join(f"CAST({self.scope.lower(c)} AS {duckdb_type(type_of(c))})" for c in row.expressions) + ")"
            for row in node.expressions
        ]
        return f"(VALUES {', '.join(rows)}) AS {self._alias(node)}"

    def _join(self, node: exp.Join) -> str:
        words = [w for w in (node.args.get("side"), node.args.get("kind")) if w]
        if "SEMI" in words or "ANTI" in words:
            words = [w for w in words if w != "LEFT"]
        on = node.args.get("on")
        relation = self._relation(node.this)
        condition = f" ON {self.scope.lower(on)}" if on is not None else ""
        if on is None and not words:
            words = ["CROSS"]
        return f"{' '.join(words)} JOIN {relation}{condition}"

    def _lateral(self, node: exp.Lateral) -> str:
        from ingot.engines.duckdb.lowering.generators import rows_of

        return f"({rows_of(node, self.scope)}) AS {self._alias(node)}"
