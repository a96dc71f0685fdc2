"""Typing of function calls: arguments, lambdas, DISTINCT, FILTER, WITHIN GROUP, and windows with their frames.

Owns how a call is written; which functions there are and what they take is `analysis.functions`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ingot.analysis import functions, operators
from ingot.analysis.coercion import cast_to, implicit_cast, is_numeric, is_orderable
from ingot.analysis.constants import check_constants
from ingot.analysis.foreign import FOREIGN
from ingot.analysis.functions.rules import full_interval
from ingot.analysis.literals import string_literal
from ingot.analysis.named_arguments import in_order
from ingot.analysis.names import answers_anew, extract_field
from ingot.analysis.nodes import Node, copied, identifier, is_nullable
from ingot.analysis.scopes import Attribute, Scope
from ingot.analysis.stars import expand, is_star
from ingot.analysis.typed import set_type, type_of
from ingot.analysis.typewise import TYPEWISE, type_form
from ingot.errors import AnalysisError, Location, UnsupportedError, near_hint, nearest
from ingot.model import UserFunction
from ingot.types import DATE, DOUBLE, INT, NULL, ArrayType, DataType, IntervalType

Typer = Callable[[Node, Scope], Node]

# Calls whose first argument may be a bare unit: dateadd(MONTH, 1, d).
_UNIT_CALLS = frozenset({"dateadd", "date_add", "datediff", "date_diff", "timestampadd", "timestampdiff", "timediff"})
_WITH_NULL_FLAG = frozenset({"first", "first_value", "last", "last_value", "any_value"})
_WITH_OFFSET = frozenset({"lag", "lead", "nth_value"})
_WITHOUT_NULLS = frozenset({"collect_list", "collect_set", "array_agg"})
_ORDERED = frozenset({"percentile_cont", "percentile_disc", "mode", "listagg"})
_FIXED_FRAME = frozenset(
    {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "counter_diff"}
)
_OVER_WHOLE_PARTITIONS = frozenset({"median", "percentile_cont", "percentile_disc"})
_NEVER_NULL = frozenset(
    [
        "count",
        "row_number",
        "rank",
        "dense_rank",
        "ntile",
        "percent_rank",
        "cume_dist",
        "current_date",
        "current_timestamp",
        "isnull",
        "isnotnull",
        "struct",
        "named_struct",
        "array",
        "map",
        "collect_list",
        "collect_set",
        "uuid",
        "rand",
        "grouping",
        "grouping_id",
    ]
)
_NULL_IF_ALL_ARE = frozenset({"coalesce", "nvl", "ifnull", "concat_ws", "greatest", "least"})


def type_call(node: Node, scope: Scope, typed: Typer, is_windowed: bool = False) -> Node:
    """Type a call with whatever is wrapped around it (FILTER, IGNORE NULLS, WITHIN GROUP)."""
    call = _type_call(node, scope, typed, is_windowed)
    if call is not None and isinstance(call.this, exp.Expr) and call.this.meta.get("aggregate"):
        call.meta["aggregate"] = True
    return call


def _type_call(node: Node, scope: Scope, typed: Typer, is_windowed: bool) -> Node:
    match node:
        case exp.Anonymous() if _is_flagged_inside(node):
            return _with_null_treatment(_nulls_outside(node), scope, typed, is_windowed)
        case exp.Filter():
            return _filtered(node, scope, typed, is_windowed)
        case exp.IgnoreNulls() | exp.RespectNulls():
            return _with_null_treatment(node, scope, typed, is_windowed)
        case exp.WithinGroup():
            return _within_group(node, scope, typed, is_windowed)
        case exp.Anonymous():
            return _plain_call(node, scope, typed, is_windowed)
    raise UnsupportedError(f"not supported over a window: {node.sql('databricks')}")


def _plain_call(node: Node, scope: Scope, typed: Typer, is_windowed: bool) -> Node:
    if TYPEWISE in node.meta:
        return type_form(node, scope, typed)
    name = str(node.this).lower()
    if name == "date_add" and len(node.expressions) == 3:
        name = "dateadd"
    user = node.meta.get("user_function") or _user_function(name, scope)
    if user is not None and user.takes_groups and "user_function" not in node.meta:
        raise UnsupportedError(
            f"the function '{name}' of whole groups can be called in Python only",
            hint="call it in a query function, or in spark.sql(…)",
            code="unsupported-function",
        )
    if user is not None:
        return _user_call(user, node, scope, typed)
    if name == "input_file_name" and not node.expressions:
        return _input_file_name(scope, node.meta.get("location"))
    spec = functions.lookup(name)
    if spec is None:
        near = FOREIGN.get(name) or nearest(name, [*functions.names(), *scope.functions], cutoff=0.7)
        raise AnalysisError(
            f"function '{name}' does not exist",
            hint=f"did you mean '{near}'?" if near else None,
            code="unknown-function",
        )
    _check_place(spec, name, is_windowed)
    before = scope.aggregates
    call = _with_arguments(node, name, spec, scope, typed, is_windowed)
    call.meta.update({k: v for k, v in node.meta.items() if k == "location"})
    if spec.kind == "aggregate" and not is_windowed:
        if scope.aggregates != before:
            raise AnalysisError(
                f"an aggregate function inside the aggregate function '{name}'",
                hint="aggregate in a subquery first",
                code="nested-aggregate",
            )
        scope.aggregates += 1
        call.meta["aggregate"] = True
        if scope.run.settings.ansi:
            check_constants(call)
    if spec.name == "monotonically_increasing_id" and scope.is_streaming:
        raise UnsupportedError(
            f"{spec.name} cannot be used on a stream",
            hint="use uuid(), or number the rows of a materialized view",
            code="unsupported-function",
        )
    if spec.is_volatile or (spec.name == "unix_timestamp" and not call.expressions):  # the latter gives the instant
        scope.run.volatile.add(spec.name)
        call.meta["volatile"] = True
    return call


def _check_place(spec: functions.FunctionSpec, name: str, is_windowed: bool) -> None:
    if spec.kind == "window" and not is_windowed:
        raise AnalysisError(f"'{name}' needs OVER (…)", code="wrong-arguments", hint=f"{name}() OVER (ORDER BY …)")
    if is_windowed and spec.kind not in ("window", "aggregate"):
        raise AnalysisError(f"'{name}' cannot be used with OVER", code="wrong-arguments")
    if spec.kind == "generator":
        raise AnalysisError(
            f"'{name}' gives rows: it cannot stand inside an expression here",
            hint="use LATERAL VIEW, or let it stand alone in the select list",
            code="misplaced-generator",
        )


def _user_function(name: str, scope: Scope) -> UserFunction | None:
    return next((f for n, f in scope.functions.items() if n.lower() == name), None)


def _user_call(user: UserFunction, node: Node, scope: Scope, typed: Typer) -> Node:
    arguments = [typed(a, scope) for a in node.expressions]
    call = exp.Anonymous(this=user.name, expressions=arguments)
    call.meta["user"] = scope.run.user_call(user, tuple(type_of(a) for a in arguments))
    if not user.is_deterministic:
        scope.run.volatile.add(user.name)
        call.meta["volatile"] = True
    return set_type(call, user.return_type)


def _input_file_name(scope: Scope, location: Location | None) -> Node:
    """The path of the file that a row came from; empty where no row is from files.

    Raises:
        UnsupportedError: `unsupported-function`; rows that are not straight from one read of files, of which Spark
            tells data files of tables, or what its tasks happen to have read.
    """
    if all(r.label in ("range", "VALUES") for r in scope.relations):
        return string_literal("")
    found = [h for r in scope.relations for h in r.hidden if h.name == "_metadata"]
    if len(scope.relations) != 1 or not found:
        raise UnsupportedError(
            "input_file_name() is known only where rows are read from files",
            location=location,
            hint="where they are read, keep it as a column",
            code="unsupported-function",
        )
    return extract_field(copied(found[0].node), "file_path", scope, found[0].node)


# --- arguments ------------------------------------------------------------------------------------------------


def _with_arguments(
    node: Node, name: str, spec: functions.FunctionSpec, scope: Scope, typed: Typer, is_windowed: bool
) -> Node:
    written = in_order(name, list(node.expressions), node.meta.get("location"))
    is_distinct = len(written) == 1 and isinstance(written[0], exp.Distinct)
    if is_distinct:
        if spec.kind != "aggregate" or is_windowed:
            where = " over a window" if is_windowed else ""
            raise AnalysisError(f"'{name}' does not take DISTINCT{where}", code="wrong-arguments")
        written = list(written[0].expressions)
    if name == "count":
        if len(written) == 1 and isinstance(written[0], exp.Star) and not is_distinct:
            written = [exp.Literal.number(1)]
        elif not written:
            raise AnalysisError("count takes an argument", hint="count(*)", code="wrong-arguments")
    arguments = _arguments(written, name, spec, scope, typed)
    call = exp.Anonymous(this=name, expressions=arguments)
    call.meta.update({k: v for k, v in node.meta.items() if k == "location"})
    bound, data_type = _bound(call, arguments, spec, scope)
    if is_distinct:
        bound.set("expressions", [exp.Distinct(expressions=bound.expressions)])
    set_type(bound, data_type)
    _set_nullability(bound, name, arguments)
    return bound


def _bound(call: Node, arguments: list[Node], spec: functions.FunctionSpec, scope: Scope) -> tuple[Node, DataType]:
    types = [type_of(a.this) if isinstance(a, exp.Lambda) else type_of(a) for a in arguments]
    return spec.bind(call, types, scope.run.settings)


def _set_nullability(bound: Node, name: str, arguments: list[Node]) -> None:
    if name in _NEVER_NULL or (
        name in _NULL_IF_ALL_ARE and any(not is_nullable(a) for a in arguments if not isinstance(a, exp.Lambda))
    ):
        bound.meta["nullable"] = False


def _arguments(written: list[Node], name: str, spec: functions.FunctionSpec, scope: Scope, typed: Typer) -> list[Node]:
    if name in _UNIT_CALLS and len(written) == 3 and isinstance(written[0], (exp.Column, exp.Var)):
        written = [exp.Literal.string(written[0].name.lower()), *written[1:]]
    expanded: list[Node] = []
    for argument in written:
        if is_star(argument):
            if name == "count" and isinstance(argument, exp.Column):
                raise AnalysisError(
                    f"count({argument.sql('databricks')}) is not allowed", hint="count(*)", code="misplaced-star"
                )
            expanded.extend(named_column(c) for c in expand(argument, scope))
        else:
            expanded.append(argument)
    result: list[Node] = []
    for argument in expanded:
        is_ready = isinstance(argument, exp.Lambda) or argument.meta.get("is_typed")
        result.append(argument if is_ready else _argument(argument, name, scope, typed))
    for position, argument in enumerate(result):
        if isinstance(argument, exp.Lambda):
            result[position] = _lambda(argument, position, result, spec, scope, typed)
    return result


def _argument(node: Node, name: str, scope: Scope, typed: Typer) -> Node:
    """One argument; in `struct(a, b.c)` and `arrays_zip(a, b.c)` it carries its name."""
    argument = typed(node, scope)
    if name not in ("struct", "arrays_zip") or isinstance(argument, exp.Alias):
        return argument
    shown = node.expression.name if isinstance(node, exp.Dot) else None
    shown = node.name if isinstance(node, (exp.Column, exp.Identifier)) else shown
    return argument if not shown else _named(argument, shown)


def _named(argument: Node, name: str) -> Node:
    return set_type(exp.Alias(this=argument, alias=identifier(name)), type_of(argument))


def named_column(column: Attribute) -> Node:
    """A column of an expanded star, as an argument that is typed already."""
    node = _named(copied(column.node), column.name)
    node.meta["is_typed"] = True
    return node


def _lambda(
    node: Node, position: int, arguments: list[Node], spec: functions.FunctionSpec, scope: Scope, typed: Typer
) -> Node:
    types = [NULL if isinstance(a, exp.Lambda) and "spark_type" not in a.meta else type_of(a) for a in arguments]
    parameters = spec.lambda_types(position, types)
    names = [p.name for p in node.expressions]
    if len(names) > len(parameters):
        raise AnalysisError(
            f"the lambda of '{spec.name}' takes {len(parameters)} parameters, not {len(names)}", code="wrong-arguments"
        )
    variables = {n.lower(): (n, t) for n, t in zip(names, parameters, strict=False)}
    body = typed(node.this, scope.with_variables(variables))
    expressions = [set_type(identifier(n), t) for n, t in variables.values()]
    return set_type(exp.Lambda(this=body, expressions=expressions), type_of(body))


# --- around a call --------------------------------------------------------------------------------------------


def _filtered(node: Node, scope: Scope, typed: Typer, is_windowed: bool) -> Node:
    call = type_call(node.this, scope, typed, is_windowed)
    condition = operators.as_condition(typed(node.expression.this, scope), "the condition of FILTER")
    result = exp.Filter(this=call, expression=exp.Where(this=condition))
    result.meta["nullable"] = is_nullable(call)
    return set_type(result, type_of(call))


def _is_flagged_inside(node: Node) -> bool:
    """Whether IGNORE NULLS within the brackets is the call's own, and not that of a call which is its argument."""
    takes = str(node.this).lower() in _WITH_NULL_FLAG | _WITH_OFFSET
    return takes and bool(node.expressions) and isinstance(node.expressions[0], exp.IgnoreNulls)


def _nulls_outside(node: Node) -> Node:
    """`first(x IGNORE NULLS)` as `first(x) IGNORE NULLS`."""
    call = copied(node)
    call.set("expressions", [call.expressions[0].this, *call.expressions[1:]])
    return exp.IgnoreNulls(this=call)


def _with_null_treatment(node: Node, scope: Scope, typed: Typer, is_windowed: bool) -> Node:
    inner = node.this
    name = str(inner.this).lower() if isinstance(inner, exp.Anonymous) else ""
    is_ignoring = isinstance(node, exp.IgnoreNulls)
    if name in _WITHOUT_NULLS:
        if not is_ignoring:
            raise UnsupportedError(
                f"'{name}' with RESPECT NULLS is not supported",
                location=inner.meta.get("location"),
                hint="collect structs: collect_list(struct(x)) keeps those whose x is NULL",
            )
        return type_call(inner, scope, typed, is_windowed)
    if not name or (is_ignoring and name not in _WITH_NULL_FLAG | _WITH_OFFSET):
        shown = f"'{name}'" if name else inner.sql("databricks")
        raise AnalysisError(
            f"{shown} does not take {'IGNORE' if is_ignoring else 'RESPECT'} NULLS", code="wrong-arguments"
        )
    if not is_ignoring:
        return type_call(inner, scope, typed, is_windowed)
    if name in _WITH_NULL_FLAG and len(inner.expressions) == 1:
        flagged = copied(inner)
        flagged.append("expressions", exp.Boolean(this=True))
        return type_call(flagged, scope, typed, is_windowed)
    if name not in _WITH_OFFSET:
        raise AnalysisError(f"'{name}' does not take IGNORE NULLS", code="wrong-arguments")
    call = type_call(inner, scope, typed, is_windowed)
    return set_type(exp.IgnoreNulls(this=call), type_of(call))


def _within_group(node: Node, scope: Scope, typed: Typer, is_windowed: bool) -> Node:
    call = type_call(node.this, scope, typed, is_windowed)
    before = scope.aggregates
    order = exp.Order(expressions=[typed_order(o, scope, typed) for o in node.expression.expressions])
    if scope.aggregates != before:
        raise AnalysisError(f"an aggregate function inside '{call.this}'", code="nested-aggregate")
    if call.this not in _ORDERED:
        raise AnalysisError(f"'{call.this}' does not take WITHIN GROUP", code="wrong-arguments")
    item = order.expressions[0]
    if call.this == "mode":
        set_type(call, type_of(item.this))
    elif call.this != "listagg":
        _order_by_number(call, item)
    return set_type(exp.WithinGroup(this=call, expression=order), type_of(call))


def _order_by_number(call: Node, item: Node) -> None:
    """Percentiles are of doubles, or of intervals, which they give back."""
    given = type_of(item.this)
    if isinstance(given, IntervalType):
        widest = full_interval(given)
        set_type(call, ArrayType(element=widest) if isinstance(type_of(call), ArrayType) else widest)
    elif not is_numeric(given):
        raise operators.mismatch(call.this, given)
    else:
        item.set("this", cast_to(item.this, DOUBLE))


def typed_order(node: Node, scope: Scope, typed: Typer) -> Node:
    """Type an item of ORDER BY."""
    return ordered_by(node, typed(node.this if isinstance(node, exp.Ordered) else node, scope))


def ordered_by(node: Node, expression: Node) -> Node:
    """An item of ORDER BY over a typed expression; Spark sorts nulls first ascending and last descending."""
    is_descending = bool(node.args.get("desc")) if isinstance(node, exp.Ordered) else False
    nulls_first = node.args.get("nulls_first") if isinstance(node, exp.Ordered) else None
    if not is_orderable(type_of(expression)):
        raise AnalysisError(f"rows cannot be ordered by {type_of(expression).ddl}", code="type-mismatch")
    first = not is_descending if nulls_first is None else bool(nulls_first)
    ordered = exp.Ordered(this=expression, desc=is_descending, nulls_first=first)
    return set_type(ordered, type_of(expression))


# --- windows --------------------------------------------------------------------------------------------------


def type_window(node: Node, scope: Scope, typed: Typer) -> Node:
    """Type `f(…) OVER (…)`; the result has its own partition, order and full frame, never a window's name."""
    written = _window_definition(node, scope, depth=0)
    before = scope.window_calls
    call = type_call(node.this, scope, typed, is_windowed=True)
    partition = [typed(e, scope) for e in written.args.get("partition_by") or []]
    order = written.args.get("order")
    ordered = [typed_order(o, scope, typed) for o in order.expressions] if order is not None else []
    if scope.window_calls != before:
        raise UnsupportedError("a window function inside a window function", hint="use a subquery")
    for key in (*partition, *ordered):
        _refuse_key_by_chance(key)
    scope.window_calls += 1
    name = _called(call)
    if name in _OVER_WHOLE_PARTITIONS or (name == "listagg" and isinstance(call, exp.WithinGroup)):
        _check_whole(name, ordered, written.args.get("spec"))
    if not ordered and name in _FIXED_FRAME:
        raise AnalysisError(f"'{name}' needs ORDER BY in its window", code="wrong-arguments")
    result = exp.Window(
        this=call,
        partition_by=partition,
        order=exp.Order(expressions=ordered) if ordered else None,
        spec=_frame(written.args.get("spec"), name, ordered, scope, typed),
    )
    result.meta["nullable"] = is_nullable(call)
    return set_type(result, type_of(call))


def _refuse_key_by_chance(key: Node) -> None:
    """Rows are divided and ordered by what they hold: DuckDB computes no such value for a window alone.

    Raises:
        UnsupportedError: `unsupported`.
    """
    call = next(filter(answers_anew, key.find_all(exp.Anonymous)), None)
    if call is not None:
        raise UnsupportedError(
            f"a window that is divided or ordered by {call.this}() is not supported",
            location=call.meta.get("location"),
            hint="compute it in an inner SELECT, and name its column in the window",
        )


def _check_whole(name: str, ordered: list[Node], spec: Node | None) -> None:
    """Refuse an order and a frame, which some aggregates do not take."""
    bounds = (spec.args.get("start"), spec.args.get("end")) if spec is not None else ("UNBOUNDED", "UNBOUNDED")
    if ordered or bounds != ("UNBOUNDED", "UNBOUNDED"):
        raise AnalysisError(
            f"'{name}' takes neither ORDER BY nor a frame in its window",
            hint=f"{name}(…) OVER (PARTITION BY …)",
            code="wrong-arguments",
        )


def _called(call: Node) -> str:
    while not isinstance(call, exp.Anonymous):
        call = call.this
    return str(call.this)


def _window_definition(node: Node, scope: Scope, depth: int) -> Node:
    """The window itself, with what it takes over from a named one."""
    name = node.args.get("alias")
    if name is None:
        return node
    named = scope.windows.get(name.name.lower())
    if named is None or depth > len(scope.windows):
        raise AnalysisError(
            f"window '{name.name}' is not defined",
            hint=near_hint(name.name, list(scope.windows)),
            code="unknown-window",
        )
    named = _window_definition(named, scope, depth + 1)
    merged = {k: node.args.get(k) or named.args.get(k) for k in ("partition_by", "order", "spec")}
    return exp.Window(**{k: copied(v) if isinstance(v, exp.Expr) else v for k, v in merged.items()})


def _frame(spec: Node | None, name: str, ordered: list[Node], scope: Scope, typed: Typer) -> Node:
    if spec is None or name in _FIXED_FRAME:
        if name in _FIXED_FRAME:
            return _frame_spec("ROWS", "UNBOUNDED", "PRECEDING", "CURRENT ROW", None)
        if ordered:
            return _frame_spec("RANGE", "UNBOUNDED", "PRECEDING", "CURRENT ROW", None)
        return _frame_spec("ROWS", "UNBOUNDED", "PRECEDING", "UNBOUNDED", "FOLLOWING")
    kind = str(spec.args.get("kind") or "ROWS").upper()
    if kind not in ("ROWS", "RANGE"):
        raise AnalysisError(f"a window's frame is of ROWS or RANGE, not {kind}", code="syntax-error")
    end, end_side = spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side")
    _check_direction(spec, end, end_side)
    start = _bound_of(spec.args.get("start"), kind, ordered, scope, typed)
    return _frame_spec(
        kind, start, _side(spec.args.get("start_side")), _bound_of(end, kind, ordered, scope, typed), _side(end_side)
    )


def _check_direction(spec: Node, end: Node | str, end_side: str | None) -> None:
    """Refuse a frame that can hold no row, such as one from the current row to the one before."""
    start, start_side = spec.args.get("start"), _side(spec.args.get("start_side"))
    is_backwards = (start == "CURRENT ROW" and _side(end_side) == "PRECEDING") or (
        start_side == "FOLLOWING" and (end == "CURRENT ROW" or _side(end_side) == "PRECEDING")
    )
    if is_backwards and not any(isinstance(b, exp.Neg) for b in (start, end)):
        raise UnsupportedError("a window's frame that ends before it begins is not supported")


def _frame_spec(kind: str, start: Node | str, start_side: str | None, end: Node | str, end_side: str | None) -> Node:
    return exp.WindowSpec(kind=kind, start=start, start_side=start_side, end=end, end_side=end_side)


def _side(side: str | None) -> str | None:
    return side.upper() if side else None


def _bound_of(bound: Node | str, kind: str, ordered: list[Node], scope: Scope, typed: Typer) -> Node | str:
    if isinstance(bound, str):
        return bound.upper()
    offset = typed(bound, scope)
    if kind == "ROWS":
        return implicit_cast(offset, INT, scope.run.settings)
    if len(ordered) != 1:
        raise AnalysisError("a RANGE frame with an offset needs exactly one ORDER BY column", code="wrong-arguments")
    target = type_of(ordered[0])
    if isinstance(type_of(offset), IntervalType) or target == DATE:
        return offset
    if not is_numeric(target):
        raise operators.mismatch("RANGE", target, type_of(offset))
    return cast_to(offset, target)
