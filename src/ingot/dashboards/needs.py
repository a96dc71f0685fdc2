"""Which rows and columns of a table a visual reads, where a scan for several visuals can give them all.

Says too much rather than too little. Never evaluates anything.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from sqlglot import exp

from ingot.dashboards.model import Member, Visual
from ingot.dashboards.scans import Need
from ingot.dashboards.source import Fields
from ingot.dashboards.visual_answers import Maker, Wish, reaching
from ingot.model import TableRead
from ingot.types import VARIANT, ArrayType, MapType, StructType


def need_of(maker: Maker, wish: Wish, meaning: Hashable, rows_min: int) -> Need | None:
    """What a visual reads of a table; None where that is not told, or a scan of its own is as good.

    A card's change looks at rows beside those that the filters keep.

    Args:
        maker: Of the visual's answer.
        wish: What is asked of it.
        meaning: Tells one state of the dashboard's file from another.
        rows_min: Of a table that is worth it.

    Raises:
        IngotError: what is wrong with the visual, or with the filters.
    """
    visual, fields, pinned = maker.visual, maker.fields, maker.pinned
    if fields is None or fields.dataset.table is None or visual.change is not None:
        return None
    source = fields.source
    [(leaf, read)] = source.reads.items()
    versions = pinned.version_key(source.reads)
    snapshot = pinned.snapshot(read) if isinstance(read, TableRead) else None
    if versions is None or snapshot is None or (snapshot.rows or 0) < rows_min:
        return None
    conditions, reached = maker.conditions(fields, reaching(visual, wish.filters), wish)
    columns = _columns(visual, conditions, fields)
    if not conditions or columns is None:
        return None
    key = (meaning, fields.dataset.content, versions)
    shape = tuple(sorted((one.field, one.op, len(one.values)) for one in (*reached, *wish.drill)))
    return Need(key, leaf, source, pinned, columns, conditions, shape)


def _columns(visual: Visual, conditions: tuple[exp.Expr, ...], fields: Fields) -> frozenset[str] | None:
    """The columns that anything of a visual may name; None for all, and for those that are large."""
    found: set[str] = set()
    for tree in (*conditions, *(fields.expression(member) for member in _members(visual))):
        if any(not _is_count(star.parent) for star in tree.find_all(exp.Star)):
            return None
        columns = (fields.columns.find(name.name) for name in tree.find_all(exp.Identifier))
        found |= {column.name for column in columns if column is not None}
    types = [column.type for column in fields.columns if column.name in found]
    if any(isinstance(one, StructType | ArrayType | MapType) or one == VARIANT for one in types):
        return None
    return frozenset(found)


def _is_count(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() == "count"


def _members(visual: Visual) -> Iterator[Member]:
    for members in visual.channels.values():
        yield from members
    yield from visual.hierarchy
    yield from visual.sorted_by
