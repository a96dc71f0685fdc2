"""PIVOT and UNPIVOT, rewritten into what every engine has: filtered aggregates, and a generator."""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis import naming, operators
from ingot.analysis.coercion import cast_to, common_column_type, is_numeric
from ingot.analysis.expressions import typed
from ingot.analysis.literals import string_literal
from ingot.analysis.names import resolve, unknown_column
from ingot.analysis.nodes import Node, column_node, copied, identifier, name_parts
from ingot.analysis.outputs import as_relation, selection
from ingot.analysis.scopes import Attribute, Output, Relation, Scope, place, relation_columns
from ingot.analysis.streaming import mark
from ingot.analysis.typed import StreamOperator, set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import BOOLEAN, INT, LONG, STRING, DataType, Field, StructType

# Aggregates that give NULL over no rows by themselves; the others need to be told that a value never occurred.
_NULL_OVER_NOTHING = frozenset(
    ["sum", "avg", "min", "max", "first", "last", "any_value", "max_by", "min_by", "mode", "median"]
)


def apply(pivot: Node, item: Node, relation: Relation, scope: Scope) -> tuple[Node, Relation]:
    """Turn a relation into its pivoted or unpivoted form."""
    inner = Scope(scope.run, functions=scope.functions)
    inner.add(relation)
    if len(pivot.args.get("fields") or []) != 1:
        raise UnsupportedError("PIVOT with several FOR lists is not supported", location=place(pivot, scope))
    output = (
        _unpivot(pivot, item, relation, inner) if pivot.args.get("unpivot") else _pivot(pivot, item, relation, inner)
    )
    alias = pivot.args.get("alias")
    return as_relation(
        output,
        scope.run,
        alias.name if alias is not None else relation.qualifier[-1] if relation.qualifier else "__pivot",
    )


def _pivot(pivot: Node, item: Node, relation: Relation, scope: Scope) -> Output:
    choice = pivot.args["fields"][0]
    keys = [typed(k, scope) for k in (choice.this.expressions if isinstance(choice.this, exp.Tuple) else [choice.this])]
    aggregates = [_aggregate(e, scope) for e in pivot.expressions]
    used = [c for part in (*keys, *(a for _, a in aggregates)) for c in part.find_all(exp.Column)]
    groups = [c for c in relation.columns if c.node not in used]
    columns = [Attribute(c.name, copied(c.node), c.nullable, c.origins) for c in groups]
    is_fast = all(_is_first_of_pivot(type_of(a)) for _, a in aggregates)
    for value in choice.expressions:
        label, condition = _choice(value, keys, scope)
        for name, aggregate in aggregates:
            shown = label if len(aggregates) == 1 else f"{label}_{name}"
            found = _where(aggregate, condition) if is_fast else _only_where(aggregate, condition)
            columns.append(Attribute(shown, found))
    tree = selection(item, columns)
    if groups:
        tree.set("group", exp.Group(expressions=[copied(c.node) for c in groups]))
    mark(scope, StreamOperator.AGGREGATE, place(pivot, scope))
    return Output(tree, columns, relation.is_streaming)


def _aggregate(node: Node, scope: Scope) -> tuple[str, Node]:
    before = scope.aggregates
    inner = node.this if isinstance(node, exp.Alias) else node
    result = typed(inner, scope)
    if scope.aggregates == before:
        raise AnalysisError("PIVOT takes aggregate functions", location=place(node, scope), code="not-aggregated")
    return node.alias if isinstance(node, exp.Alias) else naming.shown(inner, scope), result


def _choice(node: Node, keys: list[Node], scope: Scope) -> tuple[str, Node]:
    """The column's name and the condition under which a row belongs to it."""
    alias = node.alias if isinstance(node, (exp.PivotAlias, exp.Alias)) else None
    value = node.this if alias is not None else node
    values = value.expressions if isinstance(value, exp.Tuple) else [value]
    if len(values) != len(keys):
        raise AnalysisError(
            f"PIVOT compares {len(keys)} column(s) with {len(values)} value(s)",
            location=place(node, scope),
            code="wrong-column-count",
        )
    condition: Node | None = None
    for key, part in zip(keys, values, strict=True):
        equal = operators.comparison(exp.NullSafeEQ, copied(key), typed(part, scope), scope.run.settings)
        condition = equal if condition is None else set_type(exp.And(this=condition, expression=equal), BOOLEAN)
    assert condition is not None
    label = alias or ("{" + ", ".join(_label(v) for v in values) + "}" if len(values) > 1 else _label(values[0]))
    return label, condition


def _label(node: Node) -> str:
    if isinstance(node, exp.Literal):
        return str(node.this)
    if isinstance(node, exp.Column):
        return node.name
    return "null" if isinstance(node, exp.Null) else naming.shown(node, None)


def _where(aggregate: Node, condition: Node) -> Node:
    """The aggregate over the rows of one value; NULL where there are none, as Spark's PIVOT gives."""
    root = exp.Paren(this=copied(aggregate))
    calls = [n for n in root.find_all(exp.Anonymous) if n.meta.get("aggregate")]
    for call in calls:
        _filter(call, condition)
    result = root.this.pop()
    plain = len(calls) == 1 and isinstance(aggregate, exp.Anonymous) and aggregate.this in _NULL_OVER_NOTHING
    if plain:
        return set_type(result, type_of(aggregate))
    one = set_type(exp.Literal.number(1), INT)
    counted = exp.Filter(
        this=set_type(exp.Anonymous(this="count", expressions=[one]), LONG),
        expression=exp.Where(this=copied(condition)),
    )
    set_type(counted, LONG)
    exists = set_type(exp.GT(this=counted, expression=set_type(exp.Literal.number(0), LONG)), BOOLEAN)
    return set_type(exp.Case(ifs=[exp.If(this=exists, true=result)]), type_of(aggregate))


def _is_first_of_pivot(data_type: DataType) -> bool:
    """Whether Spark pivots this type in two steps (`PivotFirst`), where a value that never occurred gives NULL."""
    return data_type == BOOLEAN or is_numeric(data_type)


def _only_where(aggregate: Node, condition: Node) -> Node:
    """The aggregate over NULL for the rows of other values, which Spark computes in one step.

    So a count is 0 where there are none, a list is empty, and `first` and `last` pass over NULL.
    """
    root = exp.Paren(this=copied(aggregate))
    for call in [n for n in root.find_all(exp.Anonymous) if n.meta.get("aggregate")]:
        if call.this == "any_value" and len(call.expressions) == 1:  # here Spark does not pass over NULL
            value = call.expressions[0]
            given = exp.Case(ifs=[exp.If(this=copied(condition), true=copied(value))])
            value.replace(set_type(given, type_of(value)))
            continue
        if call.this in ("first", "last") and len(call.expressions) == 1:
            call.append("expressions", set_type(exp.Boolean(this=True), BOOLEAN))
        _filter(call, condition)
    return root.this.pop()


def _filter(call: Node, condition: Node) -> None:
    target = call
    while isinstance(target.parent, (exp.WithinGroup, exp.IgnoreNulls)):
        target = target.parent
    if isinstance(target.parent, exp.Filter):
        where = target.parent.expression
        both = exp.And(this=set_type(exp.Paren(this=copied(where.this)), BOOLEAN), expression=copied(condition))
        where.set("this", set_type(both, BOOLEAN))
        return
    wrapped = exp.Filter(this=copied(target), expression=exp.Where(this=copied(condition)))
    target.replace(set_type(wrapped, type_of(target)))


def _unpivot(pivot: Node, item: Node, relation: Relation, scope: Scope) -> Output:
    choice = pivot.args["fields"][0]
    value_names = [n.name for n in _parts(pivot.expressions[0])]
    name_column = choice.this.name
    labels: list[str] = []
    rows: list[list[Node]] = []
    for entry in choice.expressions:
        alias = entry.alias if isinstance(entry, (exp.PivotAlias, exp.Alias)) else None
        columns = [_column(c, scope) for c in _parts(entry.this if alias is not None else entry)]
        if len(columns) != len(value_names):
            raise AnalysisError(
                f"UNPIVOT has {len(value_names)} value column(s), but {len(columns)} column(s) in a group",
                location=place(pivot, scope),
                code="wrong-column-count",
            )
        labels.append(alias or "_".join(c.this.name for c in columns))
        rows.append(columns)
    return _stacked(pivot, item, relation, scope, name_column, value_names, labels, rows)


def _parts(node: Node) -> list[Node]:
    return node.expressions if isinstance(node, exp.Tuple) else [node]


def _column(node: Node, scope: Scope) -> Node:
    parts = [p.name for p in name_parts(node) or []]
    found = resolve(parts, scope, node) if parts else None
    if found is None or not isinstance(found, exp.Column):
        raise unknown_column(parts or [node.sql("databricks")], scope, node)
    return found


def _stacked(
    pivot: Node,
    item: Node,
    relation: Relation,
    scope: Scope,
    name_column: str,
    value_names: list[str],
    labels: list[str],
    rows: list[list[Node]],
) -> Output:
    """One row for each group of columns, by the generator `stack`."""
    types = []
    for position in range(len(value_names)):
        given = [type_of(row[position]) for row in rows]
        common = common_column_type(given, scope.run.settings)
        if common is None or (STRING in given and any(t != STRING for t in given)):
            raise operators.mismatch("UNPIVOT", *dict.fromkeys(type_of(row[position]) for row in rows))
        types.append(common)
    used = [c for row in rows for c in row]
    arguments: list[Node] = [set_type(exp.Literal.number(len(rows)), INT)]
    for label, row in zip(labels, rows, strict=True):
        arguments += [string_literal(label), *(cast_to(copied(c), t) for c, t in zip(row, types, strict=True))]
    names = [name_column, *value_names]
    schema = StructType(fields=tuple(Field(n, t) for n, t in zip(names, [STRING, *types], strict=True)))
    alias = scope.run.unique("__unpivot")
    lateral = exp.Lateral(
        this=set_type(exp.Anonymous(this="stack", expressions=arguments), schema),
        view=True,
        outer=False,
        alias=exp.TableAlias(this=identifier(alias), columns=[identifier(n) for n in names]),
    )
    given = [Attribute(f.name, column_node(alias, f.name, f.type), f.name != name_column) for f in schema]
    kept = [c for c in relation.columns if c.node not in used]
    columns = [*kept, *relation_columns(alias, ((c.name, c.name, c) for c in given))]
    tree = selection(item, columns)
    tree.set("laterals", [lateral])
    if not pivot.args.get("include_nulls"):
        tree.set("where", exp.Where(this=_any_value(given[1:])))
    return Output(tree, columns, relation.is_streaming)


def _any_value(columns: list[Attribute]) -> Node:
    condition: Node | None = None
    for column in columns:
        present = set_type(
            exp.Not(this=set_type(exp.Is(this=copied(column.node), expression=exp.Null()), BOOLEAN)), BOOLEAN
        )
        condition = present if condition is None else set_type(exp.Or(this=condition, expression=present), BOOLEAN)
    assert condition is not None
    return condition
