"""From a query as it was written to a typed one: the entry of analysis, WITH, and set operations.

One pass over each scope. Never reads data; asks the catalog for the columns of a leaf, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from ingot.analysis import operators, recursion
from ingot.analysis.calls import typed_order
from ingot.analysis.coercion import differ_in_names, wider_type
from ingot.analysis.expressions import typed
from ingot.analysis.nodes import Node, identifier, unique_names
from ingot.analysis.outputs import as_relation, cast_output, reordered, selection
from ingot.analysis.scopes import Attribute, CommonTable, Output, Relation, Run, Scope, place
from ingot.analysis.selects import type_limit, type_select
from ingot.analysis.streaming import check_union, mark
from ingot.analysis.typed import AnalyzedQuery, Catalog, Settings, StreamOperator, set_type
from ingot.errors import AnalysisError, IngotError, UnsupportedError, too_deep
from ingot.model import Query, UserFunction
from ingot.types import NULL, StructType


def analyze(query: Query, catalog: Catalog, settings: Settings) -> AnalyzedQuery:
    """Type a query by Spark's rules.

    Raises:
        AnalysisError: what Spark would refuse, at its place in the user's file.
        UnsupportedError: what is not understood here.
    """
    run = Run(settings, catalog, _query, query.location)
    scope = Scope(run, reads=query.reads, functions=query.functions)
    try:
        output = _query(query.tree, scope)
    except IngotError as error:
        error.at(query.location)
        raise
    except RecursionError:
        raise too_deep(query.location) from None
    return AnalyzedQuery(
        tree=output.tree,
        schema=output.schema,
        reads=dict(run.reads),
        query=query,
        is_streaming=output.is_streaming,
        stateful=tuple(run.stateful),
        volatile=frozenset(run.volatile),
        settings=settings,
        functions=tuple(run.functions),
    )


def check_output_names(query: AnalyzedQuery) -> None:
    """Refuse a query whose result has two columns of one name, which no table can hold.

    Raises:
        AnalysisError: `duplicate-column`.
    """
    seen: set[str] = set()
    for name in query.schema.names:
        if name.lower() in seen:
            raise AnalysisError(
                f"the result has two columns named '{name}'",
                location=query.query.location,
                hint="give one of them another name with AS",
                code="duplicate-column",
            )
        seen.add(name.lower())


def analyze_expression(
    expression: Node, schema: StructType, settings: Settings, functions: Mapping[str, UserFunction] | None = None
) -> Node:
    """Type an expression over the columns of one row; columns come out without a table.

    Raises:
        AnalysisError: for unknown columns and types that do not fit, and for aggregate and window functions.
        UnsupportedError: `unsupported`, for a subquery.
    """
    scope = Scope(Run(settings, None, _no_query), functions=functions or {})
    scope.add(Relation("", (), [_row_column(f.name, f.type, f.nullable) for f in schema]))
    inner = expression.this if isinstance(expression, exp.Alias) else expression
    result = typed(inner, scope)
    if scope.aggregates or scope.window_calls:
        raise AnalysisError(
            "an expression over one row cannot hold aggregate or window functions",
            location=place(expression, scope),
            code="misplaced-aggregate",
        )
    return result


def analyze_condition(
    expression: Node, schema: StructType, settings: Settings, functions: Mapping[str, UserFunction] | None = None
) -> Node:
    """Type a condition over the columns of one row, such as an expectation's; see `analyze_expression`."""
    result = analyze_expression(expression, schema, settings, functions)
    return operators.as_condition(result, "a condition")


def _no_query(node: Node, scope: Scope) -> Output:
    """What an expression over one row has for a subquery."""
    raise UnsupportedError(
        f"an expression over one row cannot hold a subquery: {node.sql('databricks')}",
        location=place(node, scope),
        hint="let the query of the table compute it as a column, for instance by a join",
    )


def _row_column(name: str, data_type: object, is_nullable: bool) -> Attribute:
    node = exp.Column(this=identifier(name))
    if not is_nullable:
        node.meta["nullable"] = False
    return Attribute(name, set_type(node, data_type), is_nullable)  # type: ignore[arg-type]


# --- queries --------------------------------------------------------------------------------------------------


def _query(node: Node, scope: Scope) -> Output:
    """Type a query of any form in its own, still empty scope."""
    with_ = node.args.get("with_")
    definitions: list[Node] = []
    if with_ is not None:
        definitions = _common_tables(with_, scope)
    match node:
        case exp.Select():
            output = type_select(node, scope)
        case exp.SetOperation():
            output = _set_operation(node, scope)
        case exp.Subquery():
            output = _parenthesized(node, scope)
        case exp.Values() | exp.Table():
            everything = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node))
            output = type_select(everything, scope)
        case _:
            raise UnsupportedError(f"not a query: {node.sql('databricks')}", location=place(node, scope))
    if definitions:
        inner = output.tree.args.get("with_")
        is_recursive = any(d.meta.get("recursive") for d in definitions) or bool(inner and inner.args.get("recursive"))
        parts = [*definitions, *(inner.expressions if inner else [])]
        output.tree.set("with_", exp.With(expressions=parts, recursive=is_recursive))
    return output


def _common_tables(with_: Node, scope: Scope) -> list[Node]:
    """Type the tables of WITH, each of which sees those before it."""
    definitions: list[Node] = []
    for definition in with_.expressions:
        inner = Scope(scope.run, parent=None, tables=scope.tables, reads=scope.reads, functions=scope.functions)
        if with_.args.get("recursive") and recursion.is_recursive(definition):
            definitions.append(recursion.type_recursive(definition, inner, scope))
            continue
        output = _query(definition.this, inner)
        alias = definition.args["alias"]
        names = recursion.column_names(definition, output, scope)
        columns = [replace(c, name=n) for c, n in zip(output.columns, names, strict=True)]
        name = scope.run.unique(alias.name)
        scope.tables = {**scope.tables, alias.name.lower(): CommonTable(name, columns, output.is_streaming)}
        physical = unique_names(names)
        shown = exp.TableAlias(this=identifier(name), columns=[identifier(p) for p in physical])
        definitions.append(exp.CTE(this=output.tree, alias=shown))
    return definitions


def _parenthesized(node: Node, scope: Scope) -> Output:
    """A query in parentheses, perhaps with an ORDER BY or LIMIT of its own behind it."""
    if not isinstance(node.this, exp.Query):
        everything = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node))
        return type_select(everything, scope)
    output = _query(node.this, scope.sibling())
    if not any(node.args.get(k) for k in ("order", "limit", "offset")):
        return output
    item, relation = as_relation(output, scope.run, "__query")
    scope.add(relation)
    tree = selection(item, [replace(c, name=o.name) for c, o in zip(relation.columns, output.columns, strict=True)])
    return _ordered_output(node, Output(tree, output.columns, output.is_streaming), scope)


def _set_operation(node: Node, scope: Scope) -> Output:
    left, right = _query(node.this, scope.sibling()), _query(node.expression, scope.sibling())
    word = type(node).__name__.upper()
    if node.args.get("by_name"):
        if node.meta.get("lenient"):
            left, right = _completed(left, right, scope.run), _completed(right, left, scope.run)
        right = _by_name(left, right, node, scope)
    if len(left.columns) != len(right.columns):
        raise AnalysisError(
            f"{word} of {len(left.columns)} and {len(right.columns)} columns",
            location=place(node.expression, scope),
            hint="both sides need the same columns",
            code="wrong-column-count",
        )
    if isinstance(node, exp.Union):
        check_union(left.is_streaming, right.is_streaming, place(node, scope))
    types = []
    for a, b in zip(left.columns, right.columns, strict=True):
        common = wider_type(a.type, b.type, scope.run.settings)
        if common is None and differ_in_names(a.type, b.type):
            common = a.type
        if common is None:
            raise AnalysisError(
                f"{word}: column '{a.name}' is {a.type.ddl} on the left and {b.type.ddl} on the right",
                location=place(node.expression, scope),
                hint="cast one of them",
                code="type-mismatch",
            )
        types.append(common)
    left, right = cast_output(left, types, scope.run), cast_output(right, types, scope.run)
    is_distinct = bool(node.args.get("distinct", True))
    if (is_distinct or not isinstance(node, exp.Union)) and any(operators.holds_map(t) for t in types):
        raise AnalysisError(f"{word} cannot compare maps", location=place(node, scope), code="type-mismatch")
    tree = type(node)(this=_operand(left.tree), expression=_operand(right.tree), distinct=is_distinct)
    columns = [
        Attribute(a.name, _output_column(a.name, t), a.nullable or b.nullable, a.origins)
        for a, b, t in zip(left.columns, right.columns, types, strict=True)
    ]
    output = Output(tree, columns, left.is_streaming or right.is_streaming)
    _mark_set_operation(node, output, is_distinct, scope)
    return _ordered_output(node, output, scope)


def _mark_set_operation(node: Node, output: Output, is_distinct: bool, scope: Scope) -> None:
    over = _output_scope(output, scope)
    if not isinstance(node, exp.Union):
        mark(over, StreamOperator.SET_OPERATION, place(node, scope))
    elif is_distinct:
        mark(over, StreamOperator.DEDUPLICATE, place(node, scope))


def _operand(tree: Node) -> Node:
    """A side of a set operation; what has an ORDER BY, LIMIT or WITH of its own goes into parentheses."""
    own = isinstance(tree, exp.SetOperation) or any(tree.args.get(k) for k in ("order", "limit", "offset", "with_"))
    return exp.Subquery(this=tree) if own else tree


def _completed(output: Output, other: Output, run: Run) -> Output:
    """The same rows, with nulls in the columns that only the other side has."""
    names = {c.name.lower() for c in output.columns}
    missing = [c for c in other.columns if c.name.lower() not in names]
    if not missing:
        return output
    node, relation = as_relation(output, run, "__by_name")
    nulls = [Attribute(c.name, set_type(exp.Null(), NULL)) for c in missing]
    columns = [*output.columns, *(Attribute(c.name, _output_column(c.name, NULL)) for c in missing)]
    picked = [replace(r, name=c.name) for r, c in zip(relation.columns, output.columns, strict=True)]
    return Output(selection(node, [*picked, *nulls]), columns, output.is_streaming)


def _by_name(left: Output, right: Output, node: Node, scope: Scope) -> Output:
    """The right side's columns in the order of the left side's names."""
    positions: dict[str, int] = {c.name.lower(): i for i, c in enumerate(right.columns)}
    missing = [c.name for c in left.columns if c.name.lower() not in positions]
    if missing or len(left.columns) != len(right.columns):
        names = {c.name.lower() for c in left.columns}
        extra = [c.name for c in right.columns if c.name.lower() not in names]
        shown = ", ".join(
            [*(f"'{m}' is missing on the right" for m in missing), *(f"'{e}' on the left" for e in extra)]
        )
        raise AnalysisError(f"UNION BY NAME: {shown}", location=place(node.expression, scope), code="unknown-column")
    return reordered(right, [positions[c.name.lower()] for c in left.columns], scope.run)


def _output_column(name: str, data_type: object) -> Node:
    return set_type(exp.Column(this=identifier(name)), data_type)  # type: ignore[arg-type]


def _output_scope(output: Output, scope: Scope) -> Scope:
    over = Scope(scope.run, functions=scope.functions)
    columns = [replace(c, node=_output_column(c.name, c.type)) for c in output.columns]
    over.add(Relation("", (), columns, is_streaming=output.is_streaming, label="the result"))
    return over


def _ordered_output(node: Node, output: Output, scope: Scope) -> Output:
    """ORDER BY and LIMIT behind a set operation or parentheses: over the output's columns, by bare name."""
    over = _output_scope(output, scope)
    order = node.args.get("order")
    if order is not None:
        output.tree.set("order", exp.Order(expressions=[_order_item(o, output, over) for o in order.expressions]))
        mark(over, StreamOperator.SORT, place(node, scope))
    type_limit(node, over, output.tree)
    return output


def _order_item(node: Node, output: Output, over: Scope) -> Node:
    if isinstance(node.this, exp.Literal) and str(node.this.this).isdigit() and not node.this.is_string:
        position = int(node.this.this)
        if not 1 <= position <= len(output.columns):
            raise AnalysisError(
                f"ORDER BY {position}: the result has {len(output.columns)} columns",
                location=place(node, over),
                code="wrong-ordinal",
            )
        name = output.columns[position - 1].name
        node = exp.Ordered(
            this=exp.Column(this=identifier(name)), **{k: v for k, v in node.args.items() if k != "this"}
        )
    return typed_order(node, over, typed)


__all__ = ["analyze", "analyze_condition", "analyze_expression", "check_output_names"]
