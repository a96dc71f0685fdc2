"""Random queries: joins, grouping, windows, set operations, subqueries, pivots, lateral views, ordering.

A query is made of parts that can be left out one by one, which is how a difference is made small.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from differential.expressions import Expression, NoArgument, Pool
from differential.grammar import TYPES
from ingot.types import BOOLEAN, ArrayType, DataType, MapType, StructType, parse_type

_ORDERABLE = frozenset(
    (
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "string",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
    )
)


@dataclass(frozen=True)
class RandomQuery:
    """A query: `parts` are texts in order, of which those in `optional` may be left out; items are a select list."""

    head: str
    sql: str
    is_ordered: bool = False
    items: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    pattern: str = ""

    def smaller(self) -> Iterator[str]:
        """The query with one item or one clause less."""
        if not self.pattern:
            return
        items, clauses = list(self.items), list(self.clauses)
        for at in range(len(clauses)):
            yield _text(self.pattern, items, [*clauses[:at], "", *clauses[at + 1 :]])
        for at in range(len(items)):
            if len(items) > 1:
                yield _text(self.pattern, items[:at] + items[at + 1 :], clauses)
        for at in range(len(items)):
            yield _text(self.pattern, [items[at]], [""] * len(clauses))


def _text(pattern: str, items: list[str], clauses: list[str]) -> str:
    text = pattern.replace("<items>", ", ".join(items))
    for at, clause in enumerate(clauses):
        text = text.replace(f"<{at}>", clause)
    return " ".join(text.split(" ")).replace("  ", " ").strip()


def random_query(chance: random.Random, pool: Pool) -> RandomQuery:
    """One query of any kind. Raises NoArgument when the pool lacks what it needs."""
    return chance.choice(_KINDS)(_Maker(chance, pool))


class _Maker:
    def __init__(self, chance: random.Random, pool: Pool):
        self.chance, self.pool = chance, pool

    def one(self, *options: str) -> str:
        return self.chance.choice(options)

    def expression(self, kind: DataType | None = None) -> Expression:
        """An expression of the pool over `t`; of a type, if one is named."""
        found = self.pool.items if kind is None else self.pool.of(kind)
        found = [e for e in found if e.type.ddl != "void"]
        if not found:
            raise NoArgument
        deep = [e for e in found if e.depth > 0]
        return self.chance.choice(deep if deep and self.chance.random() < 0.6 else found)

    def condition(self) -> str:
        text = self.expression(BOOLEAN).text
        return text if text.isidentifier() else f"({text})"

    def key(self) -> str:
        """An expression that can be grouped and ordered by."""
        found = [e for e in self.pool.items if e.type.name in _ORDERABLE or e.type.name == "decimal"]
        columns = [e for e in found if e.depth == 0 and e.text.isidentifier()]
        deep = [e for e in found if e.depth > 0 and "->" not in e.text]
        return self.chance.choice(deep if deep and self.chance.random() < 0.5 else columns).text

    def maybe(self, text: str, share: float = 0.5) -> str:
        return text if self.chance.random() < share else ""

    def aggregate(self) -> str:
        return self.chance.choice((
            "count(*)", f"count({self.expression().text})", f"sum({self.number()})", f"avg({self.number()})", f"max({self.key()})",
            f"min({self.key()})", f"count(DISTINCT {self.key()})", f"sum(DISTINCT {self.number()})", f"max_by({self.expression().text}, id)",
            f"count(*) FILTER (WHERE {self.condition()})", f"sort_array(collect_set({self.key()}))", f"bool_or({self.condition()})",
            f"sum(CASE WHEN {self.condition()} THEN 1 ELSE 0 END)", f"max({self.key()}) IS NULL",
        ))  # fmt: skip

    def number(self) -> str:
        kinds = [
            parse_type(k) for k in ("int", "bigint", "double", "decimal(10,2)", "tinyint", "decimal(38,18)", "float")
        ]
        return self.expression(self.chance.choice(kinds)).text


def _made(head: str, pattern: str, items: list[str], clauses: list[str], is_ordered: bool = False) -> RandomQuery:
    return RandomQuery(head, _text(pattern, items, clauses), is_ordered, tuple(items), tuple(clauses), pattern)


def _named(items: list[str]) -> list[str]:
    return [f"{item} AS c{at}" for at, item in enumerate(items)]


def _select(m: _Maker) -> RandomQuery:
    items = _named(["id", *(m.expression().text for _ in range(m.chance.randrange(1, 4)))])
    order = f"ORDER BY {m.key()} {m.one('ASC', 'DESC', '')} {m.one('', 'NULLS FIRST', 'NULLS LAST')}, id {m.one('', 'LIMIT 3', 'LIMIT 2 OFFSET 1')}"
    return _made(
        "SELECT … WHERE … ORDER BY", "SELECT <items> FROM t <0> <1>", items, [f"WHERE {m.condition()}", order], True
    )


def _distinct(m: _Maker) -> RandomQuery:
    items = _named([m.key() for _ in range(m.chance.randrange(1, 3))])
    return _made("SELECT DISTINCT", "SELECT DISTINCT <items> FROM t <0>", items, [m.maybe(f"WHERE {m.condition()}")])


def _group(m: _Maker) -> RandomQuery:
    keys = [m.key() for _ in range(m.chance.randrange(1, 3))]
    if len(set(keys)) < len(keys):
        raise NoArgument
    items = _named([*keys, *(m.aggregate() for _ in range(m.chance.randrange(1, 4)))])
    clauses = [
        m.maybe(f"WHERE {m.condition()}", 0.3),
        f"GROUP BY {', '.join(keys)}",
        m.maybe(f"HAVING {m.aggregate()} IS NOT NULL", 0.3),
    ]
    return _made("GROUP BY", "SELECT <items> FROM t <0> <1> <2>", items, clauses)


def _global(m: _Maker) -> RandomQuery:
    items = _named([m.aggregate() for _ in range(m.chance.randrange(1, 4))])
    return _made(
        "aggregates of all rows",
        "SELECT <items> FROM t <0> <1>",
        items,
        [m.maybe(f"WHERE {m.condition()}"), m.maybe("HAVING count(*) > 1", 0.3)],
    )


def _sets(m: _Maker) -> RandomQuery:
    first, second = m.chance.sample(("g", "b", "dt", "v", "y", "i", "s", "p", "d"), 2)
    form = m.one(
        "GROUP BY ROLLUP ({0}, {1})",
        "GROUP BY CUBE ({0}, {1})",
        "GROUP BY GROUPING SETS (({0}, {1}), ({0}), ())",
        "GROUP BY {0}, {1} WITH ROLLUP",
        "GROUP BY {0}, ROLLUP ({1})",
    )
    extra = m.one(f"grouping({second})", "grouping_id()", f"grouping({second}) + 1")
    items = _named([first, second, m.aggregate(), extra])
    return _made("grouping sets", "SELECT <items> FROM t <0>", items, [form.format(first, second)])


_JOINS = ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN")


def _join(m: _Maker) -> RandomQuery:
    join = m.one(*_JOINS)
    conditions = (
        "t.id = u.uid",
        "g = ug",
        "i = ui",
        "t.s <=> u.us",
        "i < ui",
        "dt >= udt",
        "d = ud",
        "p = up",
        "g = ug AND i > ui",
        "i = up",
        "v = ui",
        "b = ub",
        "ai = ua",
        "dt = udt OR g = ug",
    )
    both = (
        []
        if "SEMI" in join or "ANTI" in join
        else ["uid", "ug", "ud", "coalesce(i, ui)", "concat(s, us)", "t.id + u.uid", "udt - dt", "p + up", "ua"]
    )
    items = ["id", *m.chance.sample(both, min(2, len(both))), m.expression().text]
    on = f"ON {m.one(*conditions)} {m.maybe('AND ' + m.condition(), 0.25)}"
    return _made(
        join, f"SELECT <items> FROM t {join} u {on} <0>", _named(items), [m.maybe(f"WHERE {m.condition()}", 0.4)]
    )


def _using(m: _Maker) -> RandomQuery:
    join = m.one(*_JOINS)
    left, right = m.one("g", "i", "d", "s", "dt", "p", "b"), ""
    right = {"g": "ug", "i": "ui", "d": "ud", "s": "us", "dt": "udt", "p": "up", "b": "ub"}[left]
    other = m.one(right, right, "us") if left not in ("s",) else "us"
    natural = (
        m.one(f"{join} v2 USING (k)", f"NATURAL {join} v2")
        if "SEMI" not in join and "ANTI" not in join
        else f"{join} v2 USING (k)"
    )
    columns = m.one("*", "k, id", "k")
    pattern = f"WITH v1 AS (SELECT id, {left} AS k FROM t), v2 AS (SELECT uid, {other} AS k FROM u) SELECT {columns} FROM v1 {natural} <0>"
    return _made("USING", pattern, [], [m.maybe("WHERE k IS NOT NULL", 0.3)])


def _cross(m: _Maker) -> RandomQuery:
    return _made(
        "CROSS JOIN",
        "SELECT <items> FROM t <0>",
        _named(["id", "uid", m.expression().text]),
        [m.one("CROSS JOIN u", ", u", "JOIN u", "CROSS JOIN u WHERE i <> ui")],
    )


def _set_operation(m: _Maker) -> RandomQuery:
    operation = m.one("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL", "MINUS")
    left, right = m.expression(), m.expression() if m.chance.random() < 0.4 else None
    if right is None:
        right = m.expression(left.type)
    return RandomQuery(
        operation,
        f"SELECT {left.text} AS c0 FROM t {operation} SELECT {right.text} FROM t {m.maybe('WHERE ' + m.condition(), 0.3)}",
    )


def _scalar_subquery(m: _Maker) -> RandomQuery:
    inner = m.one(
        "SELECT max(ui) FROM u",
        "SELECT count(*) FROM u WHERE ug = t.g",
        "SELECT sum(ud) FROM u WHERE u.ui <= t.i",
        "SELECT max(us) FROM u WHERE uid = id",
        "SELECT first(udt) FROM u WHERE uid = t.id",
        "SELECT max(ei) FROM e",
        "SELECT count(*) + 1 FROM e WHERE eg = t.g",
    )
    return _made(
        "scalar subquery",
        "SELECT <items> FROM t <0>",
        _named(["id", f"({inner})", m.expression().text]),
        [m.maybe(f"WHERE (SELECT count(*) FROM u WHERE ug = g) {m.one('>', '=')} 0", 0.4)],
    )


def _predicate_subquery(m: _Maker) -> RandomQuery:
    key, other = m.one(
        ("i", "ui"),
        ("g", "ug"),
        ("s", "us"),
        ("d", "ud"),
        ("dt", "udt"),
        ("p", "up"),
        ("i", "up"),
        ("b", "ub"),
        ("g", "eg"),
    )
    table = "e" if other == "eg" else "u"
    condition = m.one(
        f"{key} IN (SELECT {other} FROM {table})", f"{key} NOT IN (SELECT {other} FROM {table})",
        f"{key} NOT IN (SELECT {other} FROM {table} WHERE {other} IS NOT NULL)", f"EXISTS (SELECT 1 FROM {table} WHERE {other} = {key})",
        f"NOT EXISTS (SELECT * FROM {table} WHERE {other} = t.{key})", f"{key} IN (SELECT {other} FROM {table}) OR id = 1",
        f"({key}, id) IN (SELECT {other}, 1 FROM {table})", f"{key} IN (SELECT max({other}) FROM {table})",
        f"{key} IN (SELECT {other} FROM {table} WHERE {table}.{other} = t.{key})",
    )  # fmt: skip
    return _made(
        "IN and EXISTS", "SELECT <items> FROM t <0>", _named(["id", m.expression().text]), [f"WHERE {condition}"]
    )


def _lateral(m: _Maker) -> RandomQuery:
    source = m.chance.choice(
        [e for e in m.pool.items if isinstance(e.type, (ArrayType, MapType)) and "void" not in e.type.ddl]
    )
    outer = m.one("", "OUTER ")
    if isinstance(source.type, MapType):
        view, columns = m.one(("explode", "a1, a2"), ("posexplode", "a0, a1, a2"))
    elif isinstance(source.type.element, StructType) and m.chance.random() < 0.5:
        view, columns = "inline", ", ".join(f"a{n}" for n in range(len(source.type.element)))
    else:
        view, columns = m.one(("explode", "a1"), ("posexplode", "a0, a1"))
    text = f"{view}({source.text})"
    form = m.one(
        f"SELECT id, lv.* FROM t LATERAL VIEW {outer}{text} lv AS {columns}",
        f"SELECT id, {text.replace('explode(', 'explode_outer(') if outer else text} FROM t",
        f"SELECT id, {columns} FROM t LATERAL VIEW {outer}{text} lv AS {columns}",
        f"SELECT id, x.* FROM t, LATERAL {text} AS x",
    )
    return RandomQuery("generators", form)


def _stack(m: _Maker) -> RandomQuery:
    first, second = m.expression(), m.expression()
    same = m.expression(first.type)
    return RandomQuery("stack", f"SELECT id, stack(2, {first.text}, {second.text}, {same.text}) FROM t")


def _pivot(m: _Maker) -> RandomQuery:
    values = m.one("'a', 'b'", "'a' AS x, 'c' AS z", "'a'")
    aggregate, used = m.one(
        ("sum(i)", "i"), ("max(s)", "s"), ("count(*)", "i"), ("sum(i) AS n, max(dt) AS m", "i, dt"), ("avg(p)", "p")
    )
    inner = f"SELECT g, y, {used} FROM t WHERE i < 1000 OR i IS NULL"
    return RandomQuery("PIVOT", f"SELECT * FROM ({inner}) PIVOT ({aggregate} FOR g IN ({values}))")


def _unpivot(m: _Maker) -> RandomQuery:
    first, second = m.chance.sample(("y", "h", "i", "l", "d", "p", "f"), 2)
    nulls = m.one("", "INCLUDE NULLS ", "EXCLUDE NULLS ")
    return RandomQuery(
        "UNPIVOT",
        f"SELECT * FROM (SELECT id, {first}, {second} FROM t) UNPIVOT {nulls}(val FOR name IN ({first}, {second}{m.one('', ' AS other')}))",
    )


def _window(m: _Maker) -> RandomQuery:
    order, kind = m.one(("id", "number"), ("dt", "date"), ("ts", "moment"), ("i", "number"), ("d", "number"))
    step = {"number": "1", "date": "INTERVAL '40' DAY", "moment": "INTERVAL '3' HOUR"}[kind]
    bounds = m.one(
        f"RANGE BETWEEN {step} PRECEDING AND CURRENT ROW",
        f"RANGE BETWEEN {step} PRECEDING AND {step} FOLLOWING",
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        "",
    )
    function = m.one(
        "count(*)", f"sum({m.number()})", f"max({m.key()})", f"count({m.expression().text})", f"min({m.key()})"
    )
    direction = m.one("", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST")
    items = _named(
        [
            "id",
            f"{function} OVER (PARTITION BY {m.one('g', 'b', 'y', m.key())} ORDER BY {order}{direction} {bounds})",
            f"rank() OVER (ORDER BY {m.key()}{direction})",
            f"dense_rank() OVER (PARTITION BY {m.key()} ORDER BY {order})",
        ]
    )
    qualify = m.maybe("QUALIFY row_number() OVER (PARTITION BY g ORDER BY id) = 1", 0.2)
    return _made("windows", "SELECT <items> FROM t <0> <1>", items, [m.maybe(f"WHERE {m.condition()}", 0.3), qualify])


def _over_groups(m: _Maker) -> RandomQuery:
    key = m.one("g", "b", "y")
    items = _named(
        [
            key,
            f"{m.aggregate()}",
            "rank() OVER (ORDER BY count(*) DESC)",
            "sum(count(*)) OVER ()",
            f"sum(sum(id)) OVER (ORDER BY {key})",
        ]
    )
    return _made("windows over groups", "SELECT <items> FROM t <0>", items, [f"GROUP BY {key}"])


def _nested(m: _Maker) -> RandomQuery:
    items = _named(["id", m.expression().text, m.key()])
    outer = m.one(
        "SELECT c2, count(*) AS n FROM q GROUP BY c2",
        "SELECT * FROM q WHERE c2 IS NOT NULL",
        "SELECT max(c2) AS x FROM q",
        "SELECT a.id, b.c2 FROM q a JOIN q b ON a.id = b.id",
        "SELECT DISTINCT c2 FROM q",
        "SELECT * EXCEPT (c1) FROM q",
        "SELECT c2 AS z, z AS w FROM q",
        "SELECT c2 FROM q GROUP BY ALL",
        "SELECT c2, id FROM q ORDER BY ALL",
    )
    items[0] = "id"
    return _made(
        "CTE", f"WITH q AS (SELECT <items> FROM t <0>) {outer}", items, [m.maybe(f"WHERE {m.condition()}", 0.4)]
    )


def _values(m: _Maker) -> RandomQuery:
    texts = [(e.text, e.type) for e in m.pool.literals]
    first, second, third = (m.chance.choice(texts)[0] for _ in range(3))
    return RandomQuery("VALUES", f"SELECT * FROM VALUES ({first}, 1), ({second}, 2), ({third}, NULL) AS q(a, b)")


def _conversion(m: _Maker) -> RandomQuery:
    items = _named(["id", *(f"TRY_CAST({m.expression().text} AS {m.one(*TYPES)})" for _ in range(2))])
    return _made("TRY_CAST", "SELECT <items> FROM t", items, [])


_KINDS = (
    _select, _select, _distinct, _group, _group, _global, _sets, _join, _join, _using, _cross, _set_operation, _set_operation,
    _scalar_subquery, _predicate_subquery, _lateral, _lateral, _stack, _pivot, _unpivot, _window, _window, _over_groups, _nested,
    _nested, _values, _conversion,
)  # fmt: skip
