"""Typing of FROM: tables, temporary views, subqueries, VALUES, table functions, joins and lateral views.

Owns how the columns of a scope come about. Reading a dataset is the catalog's business; PIVOT and UNPIVOT are in
`pivots`, what a stream may be joined with is in `streaming`.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ingot.analysis import operators, pivots, streaming
from ingot.analysis.coercion import cast_to, common_column_type, common_type
from ingot.analysis.expressions import typed
from ingot.analysis.generators import column_aliases, lateral_view, table_function
from ingot.analysis.nodes import Node, column_node, copied, identifier, is_nullable, unique_names
from ingot.analysis.outputs import as_relation
from ingot.analysis.samples import sampled
from ingot.analysis.scopes import Attribute, Relation, Scope, place, relation_columns
from ingot.analysis.typed import set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError, near_hint, nearest
from ingot.model import FileRead, Read, TableRead
from ingot.types import BOOLEAN, LONG, NULL, STRING, TIMESTAMP, Field, StructType, struct

FILE_METADATA = struct(
    Field("file_path", STRING, False),
    Field("file_name", STRING, False),
    Field("file_size", LONG, False),
    Field("file_block_start", LONG, False),
    Field("file_block_length", LONG, False),
    Field("file_modification_time", TIMESTAMP, False),
)


def type_from(select: Node, scope: Scope) -> tuple[Node | None, list[Node], list[Node]]:
    """Type FROM, JOIN and LATERAL VIEW of a select, and bring their columns into the scope.

    Returns:
        The typed FROM, joins and laterals.
    """
    source = select.args.get("from_")
    joins: list[Node] = []
    laterals: list[Node] = []
    if source is not None:
        node = _item(source.this, scope)
        for join in [*(source.this.args.get("joins") or []), *(select.args.get("joins") or [])]:
            _join(join, scope, joins, laterals)
        source = exp.From(this=node)
    for lateral in select.args.get("laterals") or []:
        laterals.append(lateral_view(lateral, scope, is_outer=bool(lateral.args.get("outer"))))
    return source, joins, laterals


def _item(node: Node, scope: Scope) -> Node:
    """Type one item of FROM and add its relation to the scope."""
    if isinstance(node, exp.Subquery) and not node.alias and _is_relation(node.this):
        return _nested_joins(node, scope)
    item, relation = _relation(node, scope)
    for pivot in node.args.get("pivots") or []:
        item, relation = pivots.apply(pivot, item, relation, scope)
    if node.args.get("sample"):
        item, relation = sampled(node.args["sample"], item, relation, scope)
    scope.add(relation)
    return item


def _is_relation(node: Node) -> bool:
    """Whether what stands in parentheses is something to join, rather than a query."""
    if isinstance(node, exp.Subquery):
        is_plain = {key for key, value in node.args.items() if value} <= {"this", "alias", "joins"}
        return is_plain and (bool(node.alias or node.args.get("joins")) or _is_relation(node.this))
    return isinstance(node, exp.Table)


def _nested_joins(node: Node, scope: Scope) -> Node:
    """`FROM (a JOIN b ON …)`: the relations inside stay visible."""
    inner = node.this
    item = _item(inner, scope)
    joins: list[Node] = []
    laterals: list[Node] = []
    for join in inner.args.get("joins") or []:
        _join(join, scope, joins, laterals)
    if laterals:
        raise UnsupportedError("LATERAL inside parentheses is not supported", location=place(node, scope))
    item.set("joins", joins)
    return exp.Paren(this=item) if joins else item


def _relation(node: Node, scope: Scope) -> tuple[Node, Relation]:
    match node:
        case exp.Table() if isinstance(node.this, exp.Identifier):
            return _table(node, scope)
        case exp.Table():
            return table_function(node.this, node, scope)
        case exp.Subquery():
            output = scope.run.subquery(node.this, scope.sibling())
            return as_relation(
                output, scope.run, node.alias or "__subquery", column_aliases(node, output.schema, scope)
            )
        case exp.Values():
            return _values(node, scope)
        case exp.Lateral() if isinstance(node.this, exp.Subquery):
            return _relation_of_lateral(node, scope)
    raise UnsupportedError(f"not supported in FROM: {node.sql('databricks')}", location=place(node, scope))


def _relation_of_lateral(node: Node, scope: Scope) -> tuple[Node, Relation]:
    outer = scope.parent
    assert outer is not None
    output = scope.run.subquery(node.this.this, outer.child())
    shown = column_aliases(node, output.schema, scope)
    item, relation = as_relation(output, scope.run, node.alias or "__lateral", shown)
    lateral = exp.Lateral(this=exp.Subquery(this=item.this), alias=copied(item.args["alias"]))
    return lateral, relation


# --- tables ---------------------------------------------------------------------------------------------------


def _table(node: Node, scope: Scope) -> tuple[Node, Relation]:
    name = node.name
    read = scope.reads.get(name) if not node.args.get("db") else None
    if read is not None:
        return _leaf(node, name, read, scope)
    known = scope.tables.get(name.lower()) if not node.args.get("db") else None
    if known is None:
        shown = ".".join(p.name for p in node.parts)
        raise AnalysisError(
            f"table '{shown}' does not exist",
            location=place(node, scope),
            hint=near_hint(shown, [*scope.tables]),
            code="unknown-table",
        )
    alias = scope.run.unique(node.alias or name)
    table = exp.Table(this=identifier(known.name), alias=exp.TableAlias(this=identifier(alias)))
    schema = StructType(fields=tuple(Field(c.name, c.type, c.nullable) for c in known.columns))
    shown = column_aliases(node, schema, scope) or [c.name for c in known.columns]
    physical = unique_names(c.name for c in known.columns)
    columns = relation_columns(alias, zip(shown, physical, known.columns, strict=True))
    label = node.alias or name
    return table, Relation(alias, (label,), columns, is_streaming=known.is_streaming, label=label)


def _leaf(node: Node, key: str, read: Read, scope: Scope) -> tuple[Node, Relation]:
    run = scope.run
    assert run.catalog is not None
    view = run.catalog.view_of(read)
    shown = _shown_name(read, node)
    qualifier = (node.alias,) if node.alias and node.alias.lower() != key.lower() else _qualifier(read, node)
    if view is not None:
        inner = Scope(run, reads=view.reads, functions=view.functions)
        output = run.subquery(view.tree, inner)
        streaming.check_streaming_view(read, output.is_streaming, shown)
        names = column_aliases(node, output.schema, scope)
        item, relation = as_relation(output, run, qualifier[-1] if qualifier else "__view", names)
        relation.qualifier, relation.label = qualifier, shown
        return item, relation
    schema = run.catalog.schema_of(read)
    alias = run.unique(qualifier[-1] if qualifier else "__rows")
    leaf = run.leaf(key, read)
    item = exp.Table(this=identifier(leaf), alias=exp.TableAlias(this=identifier(alias)))
    columns = _leaf_columns(alias, schema, column_aliases(node, schema, scope))
    relation = Relation(alias, qualifier, columns, label=shown)
    if isinstance(read, FileRead):
        relation.hidden = [Attribute("_metadata", column_node(alias, "_metadata", FILE_METADATA, False), False)]
    relation.is_streaming = not hasattr(read, "load") and bool(getattr(read, "is_streaming", False))
    return item, relation


def _leaf_columns(alias: str, schema: StructType, shown: list[str] | None) -> list[Attribute]:
    names = shown or schema.names
    physical = [Attribute(f.name, column_node(alias, f.name, f.type, f.nullable), f.nullable) for f in schema]
    return relation_columns(alias, zip(names, schema.names, physical, strict=True))


def _shown_name(read: Read, node: Node) -> str:
    if isinstance(read, TableRead):
        return ".".join(read.parts)
    return read.path if isinstance(read, FileRead) else node.alias or "rows in memory"


def _qualifier(read: Read, node: Node) -> tuple[str, ...]:
    if isinstance(read, TableRead):
        complete = (read.name.catalog, read.name.schema, read.name.table)
        return complete if read.parts[-1].lower() == complete[-1].lower() else read.parts
    return (node.alias,) if node.alias else ()


# --- VALUES and table functions -------------------------------------------------------------------------------


def _values(node: Node, scope: Scope) -> tuple[Node, Relation]:
    outer = scope.sibling()
    rows = [[typed(v, outer) for v in _row_items(row)] for row in node.expressions]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise AnalysisError(
            "the rows of VALUES differ in length", location=place(node, scope), code="wrong-column-count"
        )
    fields: list[Field] = []
    for position in range(width):
        cells = [row[position] for row in rows]
        given = {type_of(c) for c in cells} - {NULL}
        common = common_column_type([type_of(c) for c in cells], scope.run.settings)
        if common is None or (STRING in given and len(given) > 1):
            raise operators.mismatch(f"VALUES, column {position + 1},", *dict.fromkeys(type_of(c) for c in cells))
        for row in rows:
            row[position] = cast_to(row[position], common)
        fields.append(Field(f"col{position + 1}", common, any(is_nullable(c) for c in cells)))
    schema = StructType(fields=tuple(fields))
    names = column_aliases(node, schema, scope) or schema.names
    alias = scope.run.unique(node.alias or "__values")
    physical = unique_names(names)
    columns = relation_columns(alias, zip(names, physical, _leaf_columns(alias, schema, None), strict=True))
    item = exp.Values(
        expressions=[exp.Tuple(expressions=row) for row in rows],
        alias=exp.TableAlias(this=identifier(alias), columns=[identifier(n) for n in physical]),
    )
    return item, Relation(alias, (node.alias,) if node.alias else (), columns, label=node.alias or "VALUES")


def _row_items(row: Node) -> list[Node]:
    return row.expressions if isinstance(row, exp.Tuple) else [row.this if isinstance(row, exp.Paren) else row]


# --- joins ----------------------------------------------------------------------------------------------------


def _join(join: Node, scope: Scope, joins: list[Node], laterals: list[Node]) -> None:
    """Type one join: the relations so far are its left side."""
    side, kind = (join.args.get("side") or "").upper(), (join.args.get("kind") or "").upper()
    if kind not in ("", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"):
        raise UnsupportedError(f"{kind} JOIN is not supported", location=place(join, scope), code="unsupported-join")
    if isinstance(join.this, exp.Lateral) and not isinstance(join.this.this, exp.Subquery):
        laterals.append(lateral_view(join.this, scope, is_outer=side == "LEFT"))
        return
    is_lateral = isinstance(join.this, exp.Lateral)
    right = Scope(
        scope.run,
        parent=scope if is_lateral else scope.parent,
        tables=scope.tables,
        reads=scope.reads,
        functions=scope.functions,
    )
    item = _item(join.this, right)
    nested = [*(join.this.args.get("joins") or [])] if isinstance(join.this, exp.Table) else []
    if nested:
        raise UnsupportedError("a join inside a join needs parentheses", location=place(join, scope))
    streaming.check_join(scope, right, side, kind, place(join, scope))
    names = _using(join, scope, right)
    condition = _using_condition(names, scope, right)
    left_columns, kind_is_half = list(scope.columns), kind in ("SEMI", "ANTI")
    joined = _both(scope, right)
    on = join.args.get("on")
    if on is not None:
        condition = operators.as_condition(typed(on, joined), "the condition of a join")
        if joined.aggregates or joined.window_calls:
            raise AnalysisError(
                "a join's condition cannot hold aggregate or window functions",
                location=place(on, scope),
                code="misplaced-aggregate",
            )
    if names:
        for relation in (*scope.relations, *right.relations):
            relation.columns = _names_first(names, relation.columns)
    if kind_is_half:
        side, scope.columns = "LEFT", _names_first(names, scope.columns)
        scope.forget_index()
    else:
        _combine(scope, right, side, names, left_columns)
    is_cross = condition is None and not kind_is_half
    if condition is None and (side or kind_is_half):
        condition, is_cross = set_type(exp.Boolean(this=True), BOOLEAN), False
    joins.append(
        exp.Join(
            this=item, side=side or None, kind="CROSS" if is_cross else kind if kind_is_half else None, on=condition
        )
    )


def _names_first(names: list[str], columns: list[Attribute]) -> list[Attribute]:
    """The columns that a join is USING before all others, as Spark's plan of such a join has them."""
    order = {name.lower(): at for at, name in enumerate(names)}
    return sorted(columns, key=lambda c: order.get(c.name.lower(), len(order)))


def _both(left: Scope, right: Scope) -> Scope:
    joined = replace(left, relations=[*left.relations, *right.relations], columns=[*left.columns, *right.columns])
    joined.forget_index()
    return joined


def _using(join: Node, left: Scope, right: Scope) -> list[str]:
    """The columns that USING or NATURAL joins by."""
    if (join.args.get("method") or "").upper() == "NATURAL":
        others = {c.name.lower() for c in right.columns}
        return [c.name for c in left.columns if c.name.lower() in others]
    return [n.name for n in join.args.get("using") or []]


def _sided(name: str, scope: Scope, other: str) -> Attribute:
    found = scope.named(name)
    if len(found) == 1:
        return found[0]
    near = nearest(name, [c.name for c in scope.columns])
    raise AnalysisError(
        f"the join column '{name}' {'is ambiguous' if found else 'does not exist'} on the {other} side",
        location=scope.run.location,
        hint=f"did you mean '{near}'?" if near and not found else None,
        code="ambiguous-column" if found else "unknown-column",
    )


def _using_condition(names: list[str], left: Scope, right: Scope) -> Node | None:
    condition: Node | None = None
    for name in names:
        a, b = _sided(name, left, "left"), _sided(name, right, "right")
        equal = operators.comparison(exp.EQ, copied(a.node), copied(b.node), left.run.settings)
        condition = equal if condition is None else set_type(exp.And(this=condition, expression=equal), BOOLEAN)
    return condition


def _combine(scope: Scope, right: Scope, side: str, names: list[str], left_columns: list[Attribute]) -> None:
    """Make the scope that of the joined rows: outer sides become nullable, USING columns one."""
    merged = [_merged(name, scope, right, side) for name in names]
    folded = {n.lower() for n in names}
    rights = list(right.columns)
    if side in ("LEFT", "FULL"):
        rights = _nullable_relations(right.relations, rights)
    if side in ("RIGHT", "FULL"):
        left_columns = _nullable_relations(scope.relations, left_columns)
    scope.relations.extend(right.relations)
    scope.columns = [
        *merged,
        *(c for c in left_columns if c.name.lower() not in folded),
        *(c for c in rights if c.name.lower() not in folded),
    ]
    scope.forget_index()


def _merged(name: str, left: Scope, right: Scope, side: str) -> Attribute:
    a, b = _sided(name, left, "left"), _sided(name, right, "right")
    origins = a.origins | b.origins
    if side == "RIGHT":
        return replace(b, name=a.name, origins=origins)
    if side != "FULL":
        return replace(a, origins=origins)
    common = common_type([a.type, b.type], left.run.settings)
    assert common is not None
    arguments = [cast_to(copied(a.node), common), cast_to(copied(b.node), common)]
    node = set_type(exp.Anonymous(this="coalesce", expressions=arguments), common)
    return Attribute(a.name, node, a.nullable or b.nullable, origins)


def _nullable_relations(relations: list[Relation], columns: list[Attribute]) -> list[Attribute]:
    for relation in relations:
        relation.columns = [_as_nullable(c) for c in relation.columns]
    return [_as_nullable(c) for c in columns]


def _as_nullable(column: Attribute) -> Attribute:
    node = copied(column.node)
    node.meta.pop("nullable", None)
    return replace(column, node=node, nullable=True)
