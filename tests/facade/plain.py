"""DataFrame stars and set operations by name as SQL that Spark reads; Spark itself is asked for the columns."""

from __future__ import annotations

from sqlglot import exp, parse_one

from ingot.model import Query, TableRead


def spark_sql(query: Query, spark) -> str:
    """The query's tree as text for Spark, its leaves named as the tables they read."""
    tree = query.tree
    for table in list(tree.find_all(exp.Table)):
        read = query.reads.get(table.name)
        if read is not None:
            assert isinstance(read, TableRead)
            table.set("this", exp.to_identifier(read.name.table))
    return _plain(tree, spark).sql("databricks")


def _plain(tree, spark):
    holder = exp.Subquery(this=tree)
    for node in list(holder.find_all(exp.Select, exp.SetOperation, bfs=False))[::-1]:
        if isinstance(node, exp.Select):
            _expand(node, spark)
        elif node.args.get("by_name"):
            _align(node, spark)
    return holder.this


def _names(text: str, spark) -> list[str]:
    return spark.sql(text).columns


def _expand(select, spark) -> None:
    star = next((e for e in select.expressions if isinstance(e, exp.Star) and e.meta.get("lenient")), None)
    on = (select.args.get("distinct") or exp.Distinct()).args.get("on")
    if star is not None:
        select.set("expressions", _columns(select, star, spark))
    if on is not None:
        keys = ", ".join(k.sql("databricks") for k in on.expressions)
        select.set("distinct", None)
        select.set("qualify", None)
        names = _names(select.sql("databricks"), spark)
        inner = select.copy()
        text = inner.sql("databricks").replace(
            "SELECT ", f"SELECT row_number() OVER (PARTITION BY {keys} ORDER BY {keys}) AS __n, ", 1
        )
        outer = parse_one(f"SELECT {', '.join(f'`{n}`' for n in names)} FROM ({text}) WHERE __n = 1", read="databricks")
        select.replace(outer)


def _columns(select, star, spark) -> list[exp.Expression]:
    sources = "FROM " + select.args["from_"].this.sql("databricks")
    joins = select.args.get("joins") or []
    sources += " " + " ".join(j.sql("databricks") for j in joins)
    if joins:
        found = []
        using = {i.name.lower() for j in joins for i in j.args.get("using") or []}
        for at, relation in enumerate(
            [select.args["from_"].this, *(j.this for j in joins if j.kind not in ("SEMI", "ANTI"))]
        ):
            alias = relation.alias
            for name in _names(f"SELECT {alias}.* {sources}", spark):
                if at == 0 or name.lower() not in using:
                    found.append((None if name.lower() in using else alias, name))
    else:
        found = [(None, name) for name in _names(f"SELECT * {sources}", spark)]
    dropped = [(c.table or None, c.name.lower()) for c in star.args.get("except_") or []]
    replaced = {a.alias.lower(): a for a in star.args.get("replace") or []}
    renamed = {a.this.name.lower(): a.alias for a in star.args.get("rename") or []}
    items: list[exp.Expression] = []
    used = set()
    for alias, name in found:
        folded = name.lower()
        if any(folded == n and t in (None, alias) for t, n in dropped):
            continue
        if folded in replaced:
            used.add(folded)
            items.append(replaced[folded])
        else:
            column = exp.column(name, table=alias, quoted=True)
            items.append(exp.alias_(column, renamed.get(folded, name), quoted=True))
    return items + [a for n, a in replaced.items() if n not in used]


def _align(union, spark) -> None:
    left, right = (_names(side.sql("databricks"), spark) for side in (union.this, union.expression))
    names = left + [n for n in right if n not in left]
    for key, known in (("this", left), ("expression", right)):
        columns = ", ".join(f"`{n}`" if n in known else f"NULL AS `{n}`" for n in names)
        text = f"SELECT {columns} FROM ({union.args[key].sql('databricks')})"
        union.set(key, parse_one(text, read="databricks"))
    union.set("by_name", None)
