"""What a flow's rows mean: their sequence, and whether they delete or truncate."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ingot.cdc.names import IS_DELETE, IS_TRUNCATE, SEQUENCE
from ingot.model import ChangeSpec, Query
from ingot.quoting import quoted_name
from ingot.sql import parse_expression, parse_statement


def events_text(spec: ChangeSpec) -> str:
    """Over `source`: the columns to be stored, the sequence, and whether an event deletes or truncates."""
    columns = "*"
    if spec.columns is not None:
        columns = ", ".join(quoted_name(name) for name in spec.columns)
    elif spec.except_columns:
        columns = f"* EXCEPT ({', '.join(quoted_name(name) for name in spec.except_columns)})"
    truncates = f", {_is_true(spec.apply_as_truncates)} AS {IS_TRUNCATE}" if spec.apply_as_truncates else ""
    return (
        f"SELECT {columns}, ({spec.sequence_by}\n) AS {SEQUENCE}, "
        f"{_is_true(spec.apply_as_deletes or 'false')} AS {IS_DELETE}{truncates} FROM source"
    )


def _is_true(condition: str) -> str:
    """Whether a condition is TRUE, not NULL. CASE asks for a boolean, and says so of anything else.

    The text may end in a comment, hence the new line.
    """
    return f"CASE WHEN ({condition}\n) THEN true ELSE false END"


def events_query(source: Query, spec: ChangeSpec) -> Query:
    """The query of a flow's events, over the query of its source."""
    tree = parse_statement(events_text(spec), spec.location)
    assert isinstance(tree, exp.Select)
    leaf = next(table for table in tree.find_all(exp.Table) if table.name == "source")
    leaf.replace(source.tree.subquery("source"))
    _place(tree, spec)
    return replace(source, tree=tree)


def _place(tree: exp.Select, spec: ChangeSpec) -> None:
    """Let each expression of the user stand where the user wrote it, for errors."""
    written = {SEQUENCE: "sequence_by", IS_DELETE: "apply_as_deletes", IS_TRUNCATE: "apply_as_truncates"}
    for column in tree.selects:
        name = written.get(column.alias, "")
        if name in spec.places:
            placed = parse_expression(getattr(spec, name), spec.places[name])
            next(column.find_all(exp.Paren)).set("this", placed)
