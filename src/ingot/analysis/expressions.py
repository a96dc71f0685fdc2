"""Typing of expressions: from a node of the untyped tree and a scope to a typed node.

Owns one typer for each class of node; classes without one are refused by name, so nothing passes untyped. Queries
inside expressions are typed through `scope.run`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ingot.analysis import operators
from ingot.analysis.calls import type_call, type_window
from ingot.analysis.coercion import can_cast, cast_to, common_type, implicit_cast, is_integral, wider_type
from ingot.analysis.intervals import interval_literal
from ingot.analysis.literals import string_literal, type_named, typed_literal
from ingot.analysis.names import extract_field, resolve, unknown_column
from ingot.analysis.naming import note_meaning, note_moved
from ingot.analysis.nodes import Node, copied, embedded, is_nullable, name_parts
from ingot.analysis.outputs import cast_output
from ingot.analysis.scopes import Output, Scope
from ingot.analysis.typed import set_type, type_of
from ingot.errors import AnalysisError, IngotError, UnsupportedError
from ingot.types import BINARY, BOOLEAN, NULL, STRING, VARIANT, ArrayType, DecimalType, MapType, StructType

_NILADIC = frozenset(
    {"current_date", "current_time", "current_timestamp", "current_user", "localtime", "session_user", "user"}
)

Typer = Callable[[Node, Scope], Node]


def typed(node: Node, scope: Scope) -> Node:
    """Type an expression in a scope.

    Raises:
        AnalysisError: what Spark refuses, at the place of the expression.
        UnsupportedError: what is not understood.
    """
    typer = _TYPERS.get(type(node))
    try:
        if typer is None:
            raise UnsupportedError(f"not supported in an expression: {node.sql('databricks')}")
        return typer(node, scope)
    except IngotError as error:
        if error.location is None:
            error.at(next((p.meta["location"] for p in node.walk() if "location" in p.meta), None))
        raise


# --- names ----------------------------------------------------------------------------------------------------


def _column(node: Node, scope: Scope) -> Node:
    identifiers = name_parts(node)
    if identifiers is None:
        if isinstance(node, exp.Dot):
            return _dot(node, scope)
        raise AnalysisError("'*' can only stand in a select list or in count(*)", code="misplaced-star")
    parts = [part.name for part in identifiers]
    frame = identifiers[-1].meta.get("frame")
    if frame is not None and "frame" not in node.meta:
        node.meta["frame"] = frame
    found = resolve(parts, scope, node)
    if found is not None:
        return found
    if len(parts) == 1 and parts[0].lower() in _NILADIC:
        return typed(exp.Anonymous(this=parts[0].lower(), expressions=[]), scope)
    raise unknown_column(parts, scope, node)


def _identifier(node: Node, scope: Scope) -> Node:
    found = resolve([node.name], scope, node)
    if found is None:
        raise unknown_column([node.name], scope, node)
    return found


def _dot(node: Node, scope: Scope) -> Node:
    if not isinstance(node.expression, exp.Identifier):
        raise UnsupportedError(f"not supported: {node.sql('databricks')}")
    return extract_field(typed(node.this, scope), node.expression.name, scope, node)


def _bracket(node: Node, scope: Scope) -> Node:
    base = typed(node.this, scope)
    if len(node.expressions) != 1:
        raise UnsupportedError(f"not supported: {node.sql('databricks')}")
    key, base_type = typed(node.expressions[0], scope), type_of(base)
    match base_type:
        case ArrayType(element=StructType()) if isinstance(key, exp.Literal) and key.is_string:
            return extract_field(base, key.name, scope, node)
        case ArrayType():
            if not is_integral(type_of(key)) and type_of(key) != NULL:
                raise AnalysisError(
                    f"an array's index must be an integer, but it is {type_of(key).ddl}", code="type-mismatch"
                )
            return set_type(exp.Bracket(this=base, expressions=[key]), base_type.element)
        case MapType():
            key = implicit_cast(key, base_type.key, scope.run.settings)
            return set_type(exp.Bracket(this=base, expressions=[key]), base_type.value)
        case StructType() if isinstance(key, exp.Literal) and key.is_string:
            return extract_field(base, key.name, scope, node)
    raise AnalysisError(f"a value of type {base_type.ddl} has no items", code="type-mismatch")


def _colon_path(node: Node, scope: Scope) -> Node:
    """`value:a.b[0]`: a path into JSON text (Databricks'), which gives a string, or into a variant."""
    if not node.args.get("variant_extract"):
        raise UnsupportedError(
            f"not supported: {node.sql('databricks')}", hint="a lambda stands in a function's arguments"
        )
    base = typed(node.this, scope)
    base_type = type_of(base)
    if base_type not in (STRING, VARIANT, NULL):
        raise AnalysisError(
            f"':' takes a path out of JSON text, but this is {base_type.ddl}",
            hint="take a struct's field with '.'",
            code="type-mismatch",
        )
    path = exp.JSONExtract(this=base, expression=copied(node.expression), variant_extract=True)
    return set_type(path, VARIANT if base_type == VARIANT else STRING)


# --- literals -------------------------------------------------------------------------------------------------


def _boolean(node: Node, scope: Scope) -> Node:
    typed_node = set_type(copied(node), BOOLEAN)
    typed_node.meta["nullable"] = False
    return typed_node


def _hex(node: Node, scope: Scope) -> Node:
    return set_type(copied(node), BINARY)


def _joined_strings(node: Node, scope: Scope) -> Node:
    if not all(isinstance(e, (exp.Literal, exp.RawString)) for e in node.expressions):
        raise UnsupportedError(f"not supported: {node.sql('databricks')}")
    return string_literal("".join(e.name for e in node.expressions))


def _collation(node: Node, scope: Scope) -> Node:
    """`text COLLATE UTF8_BINARY`, which is how all texts are compared here."""
    name = node.expression.sql("databricks")
    if name.upper().removeprefix("SYSTEM.BUILTIN.") != "UTF8_BINARY":
        raise UnsupportedError(
            f"the collation {name} is not supported: texts are compared byte by byte",
            hint="leave COLLATE out; to compare without regard to case, compare lower(…) of both sides",
        )
    value = typed(node.this, scope)
    if type_of(value) not in (STRING, NULL):
        raise AnalysisError(f"COLLATE takes a text, but this is {type_of(value).ddl}", code="type-mismatch")
    return cast_to(value, STRING)


_LEAST = ("128", "32768", "9223372036854775808")  # -128Y: the number alone would not fit


def _negation(node: Node, scope: Scope) -> Node:
    inner = node.this
    if type(inner) is exp.Cast and isinstance(inner.this, exp.Literal) and str(inner.this.this) in _LEAST:
        least = exp.Cast(this=exp.Neg(this=inner.this), to=inner.args["to"])
        least.meta.update(inner.meta)
        return _cast(least, scope)
    operand = typed(inner, scope)
    if isinstance(operand, exp.Literal) and not operand.is_string:
        from ingot.analysis.literals import literal_type

        set_type(operand, literal_type(str(operand.this), False, is_negative=True))
    return operators.negation(operand, scope.run.settings)


# --- operators ------------------------------------------------------------------------------------------------


def _binary(node: Node, scope: Scope) -> Node:
    if isinstance(node.expression, (exp.Any, exp.All)):
        return _quantified(node, scope)
    left, right = typed(node.this, scope), typed(node.expression, scope)
    found = operators.BINARY_OPERATORS[type(node)](type(node), left, right, scope.run.settings)
    if isinstance(node, (exp.Add, exp.Sub)):
        note_moved(node, right, found)
    return found


def _quantified(node: Node, scope: Scope) -> Node:
    if (
        isinstance(node, exp.EQ)
        and isinstance(node.expression, exp.Any)
        and isinstance(node.expression.this, exp.Subquery)
    ):
        return _in(exp.In(this=node.this, query=node.expression.this), scope)
    raise UnsupportedError(f"not supported: {node.sql('databricks')}")


def _paren(node: Node, scope: Scope) -> Node:
    inner = typed(node.this, scope)
    wrapped = set_type(exp.Paren(this=inner), type_of(inner))
    wrapped.meta.update({k: v for k, v in inner.meta.items() if k == "nullable"})
    return wrapped


def _not(node: Node, scope: Scope) -> Node:
    carried = _carried_inside(node.this)
    if carried is not None:
        return typed(carried, scope)
    operand = operators.as_operand(typed(node.this, scope), "NOT", scope.run.settings)
    return operators.with_nullability(set_type(exp.Not(this=operand), BOOLEAN), operand)


def _carried_inside(node: Node) -> Node | None:
    """NOT (a OR b) as NOT a AND NOT b where an IN (SELECT …) is inside, for Spark carries NOT to it; None elsewhere."""
    inner = node
    while isinstance(inner, exp.Paren):
        inner = inner.this
    holds_query = any(i.args.get("query") for i in inner.find_all(exp.In))
    if not isinstance(inner, (exp.And, exp.Or, exp.Not)) or not holds_query:
        return None
    if isinstance(inner, exp.Not):
        return exp.Paren(this=copied(inner.this))
    turned = exp.Or if isinstance(inner, exp.And) else exp.And
    left, right = (exp.Not(this=exp.Paren(this=copied(side))) for side in (inner.this, inner.expression))
    return exp.Paren(this=turned(this=left, expression=right))


def _bitwise_not(node: Node, scope: Scope) -> Node:
    operand = typed(node.this, scope)
    if not is_integral(type_of(operand)):
        raise operators.mismatch("~", type_of(operand))
    return set_type(exp.BitwiseNot(this=operand), type_of(operand))


def _shift(node: Node, scope: Scope) -> Node:
    name = "shiftleft" if isinstance(node, exp.BitwiseLeftShift) else "shiftright"
    return typed(exp.Anonymous(this=name, expressions=[node.this, node.expression]), scope)


def _is(node: Node, scope: Scope) -> Node:
    operand = typed(node.this, scope)
    if not isinstance(node.expression, exp.Null):
        if not isinstance(node.expression, exp.Boolean):
            raise UnsupportedError(f"not supported: {node.sql('databricks')}")
        operand = operators.as_operand(operand, "IS TRUE", scope.run.settings)
    result = set_type(exp.Is(this=operand, expression=set_type(copied(node.expression), NULL)), BOOLEAN)
    if isinstance(node.expression, exp.Boolean):
        set_type(result.expression, BOOLEAN)
    result.meta["nullable"] = False
    return result


def _between(node: Node, scope: Scope) -> Node:
    value, low, high = (typed(node.args[key], scope) for key in ("this", "low", "high"))
    return operators.between(value, low, high, scope.run.settings)


def _concatenation(node: Node, scope: Scope) -> Node:
    return typed(exp.Anonymous(this="concat", expressions=[node.this, node.expression]), scope)


def _like(node: Node, scope: Scope) -> Node:
    if isinstance(node.expression, (exp.Any, exp.All)):
        return _like_many(node, scope)
    value, pattern = (
        implicit_cast(typed(part, scope), STRING, scope.run.settings) for part in (node.this, node.expression)
    )
    result = set_type(type(node)(this=value, expression=pattern), BOOLEAN)
    operators.with_nullability(result, value, pattern)
    if not node.args.get("negate"):
        return result
    return operators.with_nullability(set_type(exp.Not(this=result), BOOLEAN), result)


def _like_many(node: Node, scope: Scope) -> Node:
    """`LIKE ANY (…)` and `LIKE ALL (…)`: one LIKE for each pattern."""
    patterns = node.expression.this
    patterns = patterns.expressions if isinstance(patterns, exp.Tuple) else [patterns.this]
    connect = exp.Or if isinstance(node.expression, exp.Any) else exp.And
    result: Node = None
    for pattern in patterns:
        one = type(node)(this=copied(node.this), expression=copied(pattern), negate=node.args.get("negate"))
        item = _like(one, scope)
        if result is not None:
            item = set_type(connect(this=result, expression=item), BOOLEAN)
            item.meta["in_turn"] = any(not isinstance(p, exp.Literal) for p in patterns)
        result = item
    return set_type(exp.Paren(this=result), BOOLEAN)


def _escape(node: Node, scope: Scope) -> Node:
    character = typed(node.expression, scope)
    inner = typed(node.this, scope)
    if isinstance(inner, exp.Not):
        return set_type(exp.Not(this=set_type(exp.Escape(this=inner.this, expression=character), BOOLEAN)), BOOLEAN)
    return set_type(exp.Escape(this=inner, expression=character), BOOLEAN)


def _cast(node: Node, scope: Scope) -> Node:
    operand, target = typed(node.this, scope), type_named(node.args["to"])
    if not can_cast(type_of(operand), target, scope.run.settings):
        raise AnalysisError(
            f"a value of type {type_of(operand).ddl} cannot be cast to {target.ddl}", code="type-mismatch"
        )
    result = set_type(type(node)(this=operand), target)
    result.meta.update({key: node.meta[key] for key in ("literal",) if key in node.meta})
    if (
        isinstance(node, exp.Cast)
        and not isinstance(node, exp.TryCast)
        and type_of(operand) != STRING
        and not isinstance(target, DecimalType)
    ):
        operators.with_nullability(result, operand)
    return result


def _case(node: Node, scope: Scope) -> Node:
    """CASE, the simple form (`CASE x WHEN 1`) written as comparisons."""
    settings = scope.run.settings
    subject = typed(node.this, scope) if node.this is not None else None
    conditions: list[Node] = []
    for branch in node.args["ifs"]:
        condition = typed(branch.this, scope)
        if subject is not None:
            condition = operators.comparison(exp.EQ, embedded(subject), condition, settings)
        conditions.append(operators.as_condition(condition, "a condition of CASE"))
    results = [typed(branch.args["true"], scope) for branch in node.args["ifs"]]
    default = node.args.get("default")
    if default is not None:
        results.append(typed(default, scope))
    common = common_type([type_of(r) for r in results], settings)
    if common is None:
        raise operators.mismatch("CASE", *dict.fromkeys(type_of(r) for r in results))
    results = [cast_to(r, common) for r in results]
    ifs = [exp.If(this=c, true=r) for c, r in zip(conditions, results, strict=False)]
    result = set_type(exp.Case(ifs=ifs, default=results[-1] if default is not None else None), common)
    return operators.with_nullability(result, *results) if default is not None else result


# --- queries inside expressions -------------------------------------------------------------------------------


def _subquery(query: Node, scope: Scope) -> Output:
    """The query inside an expression. Batch by batch its stream would answer with new rows alone: Spark refuses it too.

    Raises:
        UnsupportedError: `unsupported-stateful`.
    """
    output = scope.run.subquery(query, scope.child())
    if output.is_streaming:
        raise UnsupportedError(
            "a subquery of an expression reads a stream, which is not supported",
            hint="read it there without STREAM, or join the two",
            code="unsupported-stateful",
        )
    return output


def _scalar_subquery(node: Node, scope: Scope) -> Node:
    output = _subquery(node, scope)
    if len(output.columns) != 1:
        raise AnalysisError(
            f"a subquery used as a value must have one column, but it has {len(output.columns)}", code="wrong-subquery"
        )
    return set_type(exp.Subquery(this=output.tree), output.columns[0].type)


def _exists(node: Node, scope: Scope) -> Node:
    output = _subquery(node.this, scope)
    result = set_type(exp.Exists(this=output.tree), BOOLEAN)
    result.meta["nullable"] = False
    return result


def _in(node: Node, scope: Scope) -> Node:
    query = node.args.get("query")
    if query is not None:
        return _in_query(node, query, scope)
    items = list(node.expressions)
    if isinstance(node.this, exp.Tuple) and all(isinstance(item, exp.Tuple) for item in items):
        value, *rows = (typed(_row(item), scope) for item in (node.this, *items))
        return operators.is_in(value, rows, scope.run.settings)
    value = typed(node.this, scope)
    return operators.is_in(value, [typed(item, scope) for item in items], scope.run.settings)


def _row(node: Node) -> Node:
    """A tuple as a struct whose field names do not depend on what is in it."""
    arguments: list[Node] = []
    for position, item in enumerate(node.expressions):
        arguments += [exp.Literal.string(f"col{position + 1}"), copied(item)]
    return exp.Anonymous(this="named_struct", expressions=arguments)


def _in_query(node: Node, query: Node, scope: Scope) -> Node:
    output = _subquery(query, scope)
    values = [typed(v, scope) for v in (node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this])]
    if len(values) != len(output.columns):
        raise AnalysisError(
            f"IN compares {len(values)} value(s) with a subquery of {len(output.columns)} column(s)",
            code="wrong-subquery",
        )
    targets = []
    for value, column in zip(values, output.columns, strict=True):
        common = wider_type(type_of(value), column.type, scope.run.settings)
        if common is None:
            raise operators.mismatch("IN", type_of(value), column.type)
        targets.append(common)
    values = [cast_to(v, t) for v, t in zip(values, targets, strict=True)]
    tree = cast_output(output, targets, scope.run).tree
    left = values[0] if len(values) == 1 else exp.Tuple(expressions=values)
    if len(values) > 1:
        set_type(left, NULL)
    result = set_type(exp.In(this=left, query=exp.Subquery(this=tree)), BOOLEAN)
    result.meta["never_null"] = True  # Spark joins with a mark, which is FALSE where the comparison is NULL
    return result


# --- calls ----------------------------------------------------------------------------------------------------


def _tuple(node: Node, scope: Scope) -> Node:
    return typed(exp.Anonymous(this="struct", expressions=[copied(e) for e in node.expressions]), scope)


def _extract(node: Node, scope: Scope) -> Node:
    part = exp.Literal.string(node.this.name.lower())
    return typed(exp.Anonymous(this="date_part", expressions=[part, node.expression]), scope)


def _aliased(node: Node, scope: Scope) -> Node:
    inner = typed(node.this, scope)
    result = exp.Alias(this=inner, alias=exp.Identifier(this=node.alias, quoted=True))
    result.meta["nullable"] = is_nullable(inner)
    return set_type(result, type_of(inner))


def _call(node: Node, scope: Scope) -> Node:
    if str(node.this).lower() == "identifier" and len(node.expressions) == 1:
        return _named_by_text(node, scope)
    found = type_call(node, scope, typed)
    note_meaning(node, found)
    return found


def _named_by_text(node: Node, scope: Scope) -> Node:
    """`IDENTIFIER('a.b')`: the column of that name."""
    text = node.expressions[0]
    if not isinstance(text, exp.Literal) or not text.is_string:
        raise UnsupportedError("IDENTIFIER takes a text literal here", hint="write the column's name")
    found = exp.to_column(str(text.this), dialect="databricks")
    found.meta.update(node.meta)
    return typed(found, scope)


def _window(node: Node, scope: Scope) -> Node:
    return type_window(node, scope, typed)


def _null(node: Node, scope: Scope) -> Node:
    return set_type(exp.Null(), NULL)


_TYPERS: dict[type, Typer] = {
    exp.Column: _column,
    exp.Dot: _column,
    exp.Identifier: _identifier,
    exp.Bracket: _bracket,
    exp.JSONExtract: _colon_path,
    exp.Literal: lambda node, scope: typed_literal(node),
    exp.RawString: lambda node, scope: string_literal(node.name),
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.HexString: _hex,
    exp.Concat: _joined_strings,
    exp.Collate: _collation,
    exp.Interval: lambda node, scope: interval_literal(node),
    exp.Neg: _negation,
    exp.Paren: _paren,
    exp.Not: _not,
    exp.BitwiseNot: _bitwise_not,
    exp.BitwiseLeftShift: _shift,
    exp.BitwiseRightShift: _shift,
    exp.Is: _is,
    exp.Between: _between,
    exp.DPipe: _concatenation,
    exp.Like: _like,
    exp.ILike: _like,
    exp.RegexpLike: _like,
    exp.Escape: _escape,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Case: _case,
    exp.Subquery: _scalar_subquery,
    exp.Exists: _exists,
    exp.In: _in,
    exp.Tuple: _tuple,
    exp.Extract: _extract,
    exp.Alias: _aliased,
    exp.Anonymous: _call,
    exp.Filter: _call,
    exp.IgnoreNulls: _call,
    exp.RespectNulls: _call,
    exp.WithinGroup: _call,
    exp.Window: _window,
    **dict.fromkeys(operators.BINARY_OPERATORS, _binary),
}
