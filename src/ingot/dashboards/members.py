"""Datasets of a dashboard file, and the members that its channels name.

Owns how a name or an expression in the file becomes a member. Never looks at a table: whether a column exists is told
when a query is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ingot.dashboards.formats import read_format
from ingot.dashboards.model import Dataset, Format, Member, Role, Sql
from ingot.errors import AnalysisError, DashboardError, IngotError, Location, near_hint
from ingot.project.placeholders import fill_setting
from ingot.project.settings import Setting

_DATASET_KEYS = ("from", "sql", "dimensions", "measures", "hierarchies", "description")
_MEMBER_KEYS = ("expr", "label", "format", "description")
_INLINE_KEYS = ("name", *_MEMBER_KEYS)
_CALL_OR_NUMBER = re.compile(r".*\w\(.*|\d+(\.\d+)?", re.DOTALL)
_BACKQUOTED = re.compile(r"`((?:[^`]|``)+)`")


@dataclass(frozen=True)
class Texts:
    """Reads texts of a dashboard file, with the configuration's values in place."""

    values: Mapping[str, str]

    def text(self, entry: Setting) -> str:
        text = entry.string().strip()
        if not text:
            raise entry.wrong("a text that is not empty")
        return text

    def sql(self, entry: Setting) -> Sql:
        """SQL text; that of a block (`sql: |`) begins in the line below its key."""
        filled = fill_setting(self.text(entry), self.values, entry.location, DashboardError)
        place = entry.location
        is_block = entry.text is not None and "\n" in entry.text
        if is_block and place.line is not None:
            place = Location(place.path, place.line + 1)
        return Sql(filled, place)


# --- datasets -------------------------------------------------------------------------------------------------


def read_datasets(entry: Setting | None, texts: Texts) -> tuple[dict[str, Dataset], dict[str, IngotError]]:
    """The datasets of a file, and what is wrong with those that cannot be read."""
    found: dict[str, Dataset] = {}
    faults: dict[str, IngotError] = {}
    for name, definition in (entry.mapping() if entry is not None else {}).items():
        try:
            found[name] = _dataset(name, definition, texts)
        except IngotError as error:
            faults[name] = error
    return found, faults


def _dataset(name: str, entry: Setting, texts: Texts) -> Dataset:
    known = entry.mapping(_DATASET_KEYS)
    if ("from" in known) == ("sql" in known):
        raise DashboardError(
            f"the dataset '{name}' has {'both' if 'from' in known else 'neither'} `from` and `sql`"
            if "from" in known
            else f"the dataset '{name}' has neither `from` nor `sql`",
            location=entry.location,
            hint="from: gold.orders",
            code="invalid-dataset",
        )
    dimensions = _members(known.get("dimensions"), Role.DIMENSION, texts)
    dataset = Dataset(
        name,
        entry.location,
        table=texts.sql(known["from"]) if "from" in known else None,
        query=texts.sql(known["sql"]) if "sql" in known else None,
        dimensions=dimensions,
        measures=_members(known.get("measures"), Role.MEASURE, texts),
    )
    levels = known["hierarchies"].mapping() if "hierarchies" in known else {}
    return replace(
        dataset,
        hierarchies={name: _hierarchy(name, levels_entry, dataset, texts) for name, levels_entry in levels.items()},
    )


def _hierarchy(name: str, entry: Setting, dataset: Dataset, texts: Texts) -> tuple[Member, ...]:
    """The levels of a hierarchy; of one that is wrong, its fault."""
    try:
        return tuple(dimension(item, dataset, texts) for item in entry.items())
    except IngotError as error:
        return (_broken(name, Role.DIMENSION, entry, error),)


def _members(entry: Setting | None, role: Role, texts: Texts) -> dict[str, Member]:
    return {
        name: _sound_or_broken(name, definition, role, texts)
        for name, definition in (entry.mapping() if entry is not None else {}).items()
    }


def _sound_or_broken(name: str, entry: Setting, role: Role, texts: Texts) -> Member:
    try:
        return _member(name, entry, role, texts)
    except IngotError as error:
        return _broken(name, role, entry, error)


def _broken(name: str, role: Role, entry: Setting, error: IngotError) -> Member:
    return Member(name, label_of(name), role, None, entry.location, fault=error)


def _member(name: str, entry: Setting, role: Role, texts: Texts) -> Member:
    if not isinstance(entry.value, dict):
        return Member(name, label_of(name), role, _checked(name, texts.sql(entry), role), entry.location)
    known = entry.mapping(_MEMBER_KEYS)
    if "expr" not in known:
        raise entry.wrong("expr: a Spark SQL expression")
    sql = _checked(name, texts.sql(known["expr"]), role)
    return Member(
        name, _label(known, name, texts), role, sql, entry.location, _format(known), _description(known, texts)
    )


def _label(known: Mapping[str, Setting], name: str, texts: Texts) -> str:
    return texts.text(known["label"]) if "label" in known else label_of(name)


def _description(known: Mapping[str, Setting], texts: Texts) -> str | None:
    return texts.text(known["description"]) if "description" in known else None


def _format(known: Mapping[str, Setting]) -> Format | None:
    return read_format(known["format"]) if "format" in known else None


def label_of(name: str) -> str:
    """A name as people read it.

    >>> label_of("gold_medals")
    'Gold medals'
    """
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else name


# --- what channels name ---------------------------------------------------------------------------------------


def member(entry: Setting, role: Role | None, dataset: Dataset, texts: Texts) -> Member:
    """The member of a dataset that a channel's entry names, or an expression that is written in its place.

    A name is a measure where the channel takes one, else a dimension or a column; with `role` None a measure first.

    Raises:
        DashboardError: `unknown-measure`.
        IngotError: what is wrong with the definition of the member.
    """
    if isinstance(entry.value, dict):
        return _inline(entry, role, texts)
    name = texts.text(entry)
    if role is not Role.DIMENSION and name in dataset.measures:
        return dataset.measures[name].sound()
    if is_expression(name):
        sql = texts.sql(entry)
        found = role or expression_role(sql) or Role.DIMENSION
        return Member(name, name, found, _checked(name, sql, found), entry.location)
    name = bare_name(name)
    if role is Role.MEASURE:
        raise _unknown_measure(name, dataset, entry.location)
    return _dimension(name, dataset, entry.location)


def dimension(entry: Setting, dataset: Dataset, texts: Texts) -> Member:
    """The dimension or the column that an entry names."""
    return member(entry, Role.DIMENSION, dataset, texts)


def result_column(entry: Setting, role: Role | None, texts: Texts) -> Member:
    """A column of a visual's own query."""
    if isinstance(entry.value, dict):
        known = entry.mapping(("name", "label", "format"))
        if "name" not in known:
            raise entry.wrong("name: a column of the query")
        name = texts.text(known["name"])
        return Member(name, _label(known, name, texts), role or Role.DIMENSION, None, entry.location, _format(known))
    name = bare_name(texts.text(entry))
    return Member(name, label_of(name), role or Role.DIMENSION, None, entry.location)


def _inline(entry: Setting, role: Role | None, texts: Texts) -> Member:
    known = entry.mapping(_INLINE_KEYS)
    if "expr" not in known:
        raise entry.wrong("expr: a Spark SQL expression")
    sql = texts.sql(known["expr"])
    name = texts.text(known["name"]) if "name" in known else sql.text
    found = role or expression_role(sql) or Role.DIMENSION
    sql = _checked(name, sql, found)
    if found is Role.DIMENSION and "name" in known:
        _check_own_name(name, sql)
    return Member(
        name, _label(known, name, texts), found, sql, entry.location, _format(known), _description(known, texts)
    )


def _check_own_name(name: str, sql: Sql) -> None:
    """Refuse a dimension named like a column that it changes: a filter on that name means the column's own values.

    Raises:
        DashboardError: `duplicate-name`.
    """
    from sqlglot import exp

    from ingot.sql import parse_expression

    tree = parse_expression(sql.text, sql.location)
    if not isinstance(tree, exp.Column) and any(c.name.lower() == name.lower() for c in tree.find_all(exp.Column)):
        raise DashboardError(
            f"the dimension '{name}' has the name of a column that it changes: {sql.text}",
            location=sql.location,
            hint=f"give it a name of its own: {{expr: …, name: {name}_shown}}",
            code="duplicate-name",
        )


def _dimension(name: str, dataset: Dataset, location: Location) -> Member:
    found = dataset.dimensions.get(name)
    return found.sound() if found is not None else Member(name, label_of(name), Role.DIMENSION, None, location)


def is_expression(text: str) -> bool:
    """Whether a text is an expression and no name: it calls a function, or is a number. Backquotes make it a name.

    >>> [is_expression(text) for text in ("sum(amount)", "100", "amount", "price ($)", "`sum(amount)`")]
    [True, True, False, False, False]
    """
    return _BACKQUOTED.fullmatch(text) is None and _CALL_OR_NUMBER.fullmatch(text) is not None


def bare_name(text: str) -> str:
    """A name without the backquotes around it."""
    found = _BACKQUOTED.fullmatch(text)
    return found[1].replace("``", "`") if found is not None else text


def expression_role(sql: Sql) -> Role | None:
    """Whether an expression gives a value for each row or for each group; None for a constant, which does both.

    Raises:
        AnalysisError: `syntax-error`.
    """
    from sqlglot import exp

    from ingot.analysis.functions import kind_of
    from ingot.sql import parse_expression

    tree = parse_expression(sql.text, sql.location)
    aggregates = [c for c in tree.find_all(exp.Anonymous) if kind_of(str(c.this)) == "aggregate"]
    if any(call.find_ancestor(exp.Window) is None for call in aggregates):
        return Role.MEASURE
    return Role.DIMENSION if tree.find(exp.Column, exp.Subquery, exp.Anonymous) is not None else None


def _checked(name: str, sql: Sql, role: Role) -> Sql:
    """The expression, if it is of that role.

    Raises:
        AnalysisError: `syntax-error`, `not-aggregated`, `misplaced-aggregate`.
    """
    found = expression_role(sql)
    if found is None or found is role:
        return sql
    if role is Role.MEASURE:
        raise AnalysisError(
            f"the measure '{name}' gives a value for each row, not one for a group of rows: {sql.text}",
            location=sql.location,
            hint=f"aggregate it: sum({sql.text})",
            code="not-aggregated",
        )
    raise AnalysisError(
        f"the dimension '{name}' calls an aggregate function: {sql.text}",
        location=sql.location,
        hint="define it under `measures`",
        code="misplaced-aggregate",
    )


def _unknown_measure(name: str, dataset: Dataset, location: Location) -> DashboardError:
    return DashboardError(
        f"there is no measure '{name}' in the dataset '{dataset.name}'",
        location=location,
        hint=near_hint(name, list(dataset.measures), f"define it under `measures`, or write it here: sum({name})"),
        code="unknown-measure",
    )


def names_of(members: Iterable[Member]) -> list[str]:
    return [found.name for found in members]
