"""Random DataFrame programs: chains of methods over small tables, the same for Spark and for the facade."""

from __future__ import annotations

import random
from typing import Any

STARTS = {
    "orders": ["id", "customer", "qty", "note"],
    "customers": ["id", "name", "city", "boss"],
    "wide": ["id", "Q1", "Q2"],
}
NUMBERS = {"id", "customer", "qty", "boss", "Q1", "Q2", "n"}


class Program:
    """A chain of steps that a seed decides; `run` carries it out on a session of either side."""

    def __init__(self, seed: int, steps: int = 6):
        self.seed = seed
        self.steps = steps

    def run(self, s: Any) -> Any:
        """The DataFrame; the choices are the same each time."""
        pick = random.Random(self.seed)
        self.left = sorted(STARTS)
        frame, columns = self.table(s, pick)
        for _ in range(self.steps):
            step = pick.choice(STEPS)
            if step is not joined:
                frame, columns = step(s, pick, frame, columns)
            elif self.left:
                frame, columns = joined(s, pick, frame, columns, *self.table(s, pick))
        return frame

    def table(self, s: Any, pick: random.Random) -> tuple[Any, list[str]]:
        """A table that the program has not read yet: which side of a join of a table with itself a column is of, Spark's
        two kinds of session answer differently."""
        table = pick.choice(self.left)
        self.left.remove(table)
        return s.spark.table(table).select(*STARTS[table]), list(STARTS[table])


def _column(s: Any, pick: random.Random, frame: Any, name: str) -> Any:
    """A column of the DataFrame, named in one of the ways that there are."""
    return pick.choice([lambda: s.F.col(name), lambda: frame[name], lambda: s.F.expr(f"`{name}`")])()


def _value(s: Any, pick: random.Random, frame: Any, columns: list[str]) -> tuple[Any, bool]:
    """An expression, and whether it is a number."""
    name = pick.choice(columns)
    column = _column(s, pick, frame, name)
    if name.split("_")[0] in NUMBERS:
        return pick.choice([lambda: column + 1, lambda: column * 2, lambda: s.F.coalesce(column, s.F.lit(7))])(), True
    return pick.choice(
        [lambda: s.F.upper(column.cast("string")), lambda: s.F.concat_ws("-", column.cast("string"), s.F.lit("x"))]
    )(), False


def _condition(s: Any, pick: random.Random, frame: Any, columns: list[str]) -> Any:
    name = pick.choice(columns)
    column = _column(s, pick, frame, name)
    if name.split("_")[0] in NUMBERS:
        return pick.choice(
            [lambda: column > 1, lambda: column.isNotNull(), lambda: f"`{name}` < 25", lambda: column.isin(1, 2, 10)]
        )()
    return pick.choice(
        [lambda: column.isNotNull(), lambda: f"`{name}` IS NULL OR true", lambda: column.cast("string") != "a"]
    )()


def _new_name(pick: random.Random, columns: list[str], is_number: bool) -> str:
    kind = "n" if is_number else "t"
    return pick.choice([f"{kind}_{pick.randrange(4)}", *[c for c in columns if c.split("_")[0] == kind]])


def with_column(s, pick, frame, columns):
    value, is_number = _value(s, pick, frame, columns)
    name = _new_name(pick, columns, is_number)
    return frame.withColumn(name, value), [*columns, *([] if name in columns else [name])]


def with_columns(s, pick, frame, columns):
    made = {}
    for _ in range(2):
        value, is_number = _value(s, pick, frame, columns)
        made[_new_name(pick, columns, is_number)] = value
    return frame.withColumns(made), [*columns, *[n for n in made if n not in columns]]


def select(s, pick, frame, columns):
    kept = pick.sample(columns, k=max(1, pick.randrange(len(columns) + 1)))
    items: list[Any] = [pick.choice([c, _column(s, pick, frame, c)]) for c in kept]
    value, is_number = _value(s, pick, frame, columns)
    name = f"{'n' if is_number else 't'}_{pick.randrange(4)}"
    if name not in kept:
        return frame.select(*items, value.alias(name)), [*kept, name]
    return frame.select(*items), kept


def filtered(s, pick, frame, columns):
    return frame.filter(_condition(s, pick, frame, columns)), columns


def dropped(s, pick, frame, columns):
    if len(columns) < 3:
        return frame, columns
    name = pick.choice(columns)
    return frame.drop(pick.choice([name, frame[name]])), [c for c in columns if c != name]


def renamed(s, pick, frame, columns):
    old = pick.choice(columns)
    new = f"{'n' if old.split('_')[0] in NUMBERS else 't'}_{pick.randrange(4, 9)}"
    if new in columns:
        return frame, columns
    return frame.withColumnRenamed(old, new), [new if c == old else c for c in columns]


def grouped(s, pick, frame, columns):
    key = pick.choice(columns)
    other = pick.choice(columns)
    name = "n_1" if key != "n_1" else "n_2"
    return frame.groupBy(key).agg(s.F.count(frame[other]).alias(name)), [key, name]


def distinct(s, pick, frame, columns):
    return frame.distinct(), columns


def unioned(s, pick, frame, columns):
    return frame.unionByName(frame.select(*reversed(columns))), columns


def joined(s, pick, frame, columns, other, names):
    common = [c for c in columns if c in names and c in NUMBERS]
    how = pick.choice(["inner", "left", "outer", "left_semi", "left_anti"])
    if common and pick.random() < 0.5:
        key = pick.choice(common)
        rest = [n for n in names if n == key or n not in columns]
        made = frame.join(other.select(*rest), key, how)
        return made, columns if how in ("left_semi", "left_anti") else [
            key,
            *[c for c in columns if c != key],
            *[n for n in rest if n != key],
        ]
    left = [c for c in columns if c.split("_")[0] in NUMBERS]
    right = [c for c in names if c in NUMBERS]
    if not left:
        return frame, columns
    a, b = pick.choice(left), pick.choice(right)
    made = frame.join(other, frame[a] == other[b], how)
    if how in ("left_semi", "left_anti"):
        return made, columns
    for name in [n for n in names if n in columns]:
        made = made.drop(other[name])
    return made, [*columns, *[n for n in names if n not in columns]]


def limited(s, pick, frame, columns):
    return frame.orderBy(*[s.F.col(c) for c in columns]).limit(pick.randrange(1, 9)), columns


STEPS = [
    with_column,
    with_columns,
    select,
    filtered,
    filtered,
    dropped,
    renamed,
    grouped,
    distinct,
    unioned,
    joined,
    joined,
    limited,
]
