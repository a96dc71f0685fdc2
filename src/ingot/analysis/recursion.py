"""WITH RECURSIVE: a table that is defined by its first rows and by what follows from rows that are there.

Only the form that Spark has: the first rows, UNION ALL, a query that reads the table itself.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ingot.analysis.coercion import wider_type
from ingot.analysis.literals import string_literal
from ingot.analysis.nodes import Node, column_node, copied, identifier, unique_names
from ingot.analysis.outputs import cast_output, output_item
from ingot.analysis.scopes import CommonTable, Output, Scope, place
from ingot.analysis.typed import set_type
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import BOOLEAN, INT

_LEVEL = "__level"
_LEVELS_MAX = 100  # spark.sql.cteRecursionLevelLimit


def is_recursive(definition: Node) -> bool:
    """Whether the table reads itself."""
    name = definition.alias.lower()
    return any(t.name.lower() == name and not t.args.get("db") for t in definition.this.find_all(exp.Table))


def column_names(definition: Node, output: Output, scope: Scope) -> list[str]:
    """The names of the columns of a table of WITH: those given behind its own name, else those of its query.

    Raises:
        AnalysisError: `wrong-column-count`.
    """
    names = [c.name for c in definition.args["alias"].columns] or [c.name for c in output.columns]
    if len(names) == len(output.columns):
        return names
    raise AnalysisError(
        f"'{definition.alias}' names {len(names)} columns, but its query has {len(output.columns)}",
        location=place(definition, scope),
        code="wrong-column-count",
    )


def type_recursive(definition: Node, inner: Scope, scope: Scope) -> Node:
    """Type such a table and make it known in the scope; its columns have the types of the first rows.

    Raises:
        AnalysisError: where the two queries do not fit together.
        UnsupportedError: `unsupported-recursion`, for another form than UNION ALL.
    """
    union = definition.this
    while isinstance(union, (exp.Subquery, exp.Paren)):
        union = union.this
    own = any(union.args.get(k) for k in ("order", "limit", "offset", "with_"))
    if not isinstance(union, exp.Union) or union.args.get("distinct", True) or own:
        raise UnsupportedError(
            f"the recursive table '{definition.alias}' is not of the form: first rows UNION ALL rows that follow",
            location=place(definition, scope),
            code="unsupported-recursion",
        )
    first = scope.run.subquery(union.this, inner.sibling())
    names = column_names(definition, first, scope)
    columns = [replace(c, name=n, nullable=True) for c, n in zip(first.columns, names, strict=True)]
    name = scope.run.unique(definition.alias)
    table = CommonTable(name, columns, first.is_streaming)
    following_scope = inner.sibling()
    following_scope.tables = {**inner.tables, definition.alias.lower(): table}
    following = scope.run.subquery(union.expression, following_scope)
    types = [c.type for c in columns]
    fits = len(following.columns) == len(types) and all(
        wider_type(f.type, t, scope.run.settings) == t for f, t in zip(following.columns, types, strict=True)
    )
    if not fits:
        given = ", ".join(c.type.ddl for c in following.columns)
        wanted = ", ".join(t.ddl for t in types)
        raise AnalysisError(
            f"the rows that follow in '{definition.alias}' are ({given}), the first ones ({wanted})",
            location=place(definition, scope),
            hint="cast the columns of the first query to what the second one gives",
            code="type-mismatch",
        )
    following = cast_output(following, types, scope.run)
    scope.tables = {**scope.tables, definition.alias.lower(): table}
    _count_levels(first.tree, following.tree, name, definition, scope)
    tree = exp.Union(this=first.tree, expression=following.tree, distinct=False)
    names = [*names, _LEVEL]
    shown = exp.TableAlias(this=identifier(name), columns=[identifier(p) for p in unique_names(names)])
    typed = exp.CTE(this=tree, alias=shown)
    typed.meta["recursive"] = True
    return set_type(typed, first.schema)


def _count_levels(first: Node, following: Node, name: str, definition: Node, scope: Scope) -> None:
    """Give the rows a hidden column that counts the levels, so that a recursion without end is an error as in Spark."""
    source = following.args.get("from_") if isinstance(following, exp.Select) else None
    items = [source.this, *(j.this for j in following.args.get("joins") or [])] if source is not None else []
    own = [i for i in items if isinstance(i, exp.Table) and i.name == name]
    is_plain = not any(following.args.get(k) for k in ("group", "having", "distinct", "limit", "qualify"))
    calls = following.find_all(exp.Anonymous, exp.Window) if is_plain else []
    if not own or not is_plain or not isinstance(first, exp.Select) or first.args.get("distinct"):
        raise _other_form(definition, scope)
    if any(isinstance(c, exp.Window) or c.meta.get("aggregate") for c in calls):
        raise _other_form(definition, scope)
    level = column_node(own[0].alias, _LEVEL, INT)
    too_deep = exp.Anonymous(
        this="raise_error",
        expressions=[string_literal(f"RECURSION_LEVEL_LIMIT_EXCEEDED: more than {_LEVELS_MAX} levels")],
    )
    below = set_type(exp.LT(this=level, expression=set_type(exp.Literal.number(_LEVELS_MAX), INT)), BOOLEAN)
    one = set_type(exp.Literal.number(1), INT)
    next_level = set_type(exp.Add(this=copied(level), expression=one), INT)
    deeper = set_type(too_deep, BOOLEAN)
    yes = set_type(exp.Boolean(this=True), BOOLEAN)
    checked = set_type(exp.Case(ifs=[exp.If(this=below, true=yes)], default=deeper), BOOLEAN)
    following.append("expressions", output_item(next_level, _LEVEL))
    where = following.args.get("where")
    deep = set_type(exp.Paren(this=checked), BOOLEAN)
    both = deep if where is None else set_type(exp.And(this=exp.Paren(this=where.this), expression=deep), BOOLEAN)
    if where is not None:
        set_type(both.this, BOOLEAN)
    following.set("where", exp.Where(this=both))
    first.append("expressions", output_item(set_type(exp.Literal.number(0), INT), _LEVEL))


def _other_form(definition: Node, scope: Scope) -> UnsupportedError:
    return UnsupportedError(
        f"the recursive table '{definition.alias}' is more than a selection from itself and a join",
        location=place(definition, scope),
        hint="read the table in FROM or JOIN of a plain SELECT, without aggregates, windows, DISTINCT or LIMIT",
        code="unsupported-recursion",
    )
