"""Names of output columns that the user did not name, as Spark words them: `count(1)`, `(a + b)`.

Works on the untyped tree, for these names show what was written. Never decides what an expression means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from sqlglot import exp

from ingot.analysis.literals import literal_type, type_named
from ingot.analysis.names import resolve
from ingot.analysis.nodes import Node, copied, name_parts
from ingot.analysis.scopes import Scope
from ingot.analysis.shown_calls import BY_ROWS, CASTS, shown_arguments, shown_call
from ingot.analysis.stars import expand, is_star
from ingot.analysis.typed import type_of
from ingot.types import BINARY, DATE, DOUBLE, FLOAT, TIMESTAMP, ArrayType, DataType, MapType, StructType

_MEANING = "meaning"  # under which a written node holds what it is by the types of its operands
_OPERATORS: dict[type, str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "div",
    exp.EQ: "=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.NullSafeEQ: "<=>",
    exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^", exp.And: "AND", exp.Or: "OR",
    exp.BitwiseLeftShift: "<<", exp.BitwiseRightShift: ">>",
}  # fmt: skip


def item_name(node: Node, scope: Scope) -> str:
    """The name of a select list's item without an alias.

    Args:
        node: The item as written, which was typed before.
        scope: Where it stands.
    """
    parts = name_parts(node)
    if parts is not None:
        niladic = len(parts) == 1 and not scope.named(parts[0].name) and parts[0].name.lower().startswith("current_")
        return f"{parts[0].name.lower()}()" if niladic else parts[-1].name
    match node:
        case exp.Paren():
            return item_name(node.this, scope)
        case exp.JSONExtract():
            keys = [k for k in node.expression.expressions if isinstance(k, exp.JSONPathKey)]
            return str(keys[-1].this) if keys else shown(node, scope)
        case exp.Cast() if _is_named(node.this):
            return item_name(node.this, scope)
        case exp.Dot() if isinstance(node.expression, exp.Identifier) and _is_named(node.this):
            return node.expression.name
        case exp.Anonymous() if node.this.lower() in CASTS and len(node.expressions) == 1:
            inner = node.expressions[0]
            return item_name(inner, scope) if _is_named(inner) else shown(inner, scope)
        case exp.Anonymous() if node.this.lower() == "window":
            return "window"
    return shown(node, scope)


def _is_named(node: Node) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return name_parts(node) is not None


def note_meaning(written: Node, found: Node) -> None:
    """Remember with a call what it is by the types of its arguments, where Spark names it by that.

    Args:
        written: The call as written, whose name is asked for later.
        found: The typed call.
    """
    name = str(written.this).lower() if isinstance(written, exp.Anonymous) else ""
    if name in ("to_char", "to_varchar") and isinstance(found, exp.Anonymous) and found.this != "to_char":
        written.meta[_MEANING] = found.this
    if name in ("lpad", "rpad") and type_of(found) == BINARY:
        written.meta[_MEANING] = "binary"


def note_moved(written: Node, right: Node, found: Node) -> None:
    """Remember with a sum that it moves a date or a time, for Spark names it so.

    Args:
        written: The sum as written, whose name is asked for later.
        right: Its typed right side.
        found: The typed sum.
    """
    if isinstance(found, exp.Anonymous) and found.this in ("date_add", "date_sub"):
        written.meta[_MEANING] = (found.this, found.expressions[0] is right)
    elif isinstance(found, (exp.Add, exp.Sub)) and type_of(found).name in ("date", "timestamp", "timestamp_ntz"):
        is_by_days = type_of(found) == DATE and type_of(found.expression).ddl == "interval day"
        written.meta[_MEANING] = ("days" if is_by_days else "time", found.this is right)


def _sum(node: Node, scope: Scope | None) -> str:
    """`date_add(d, 1)` for `d + 1`, and `t + INTERVAL …` without parentheses, as Spark words them."""
    left, right, sign = shown(node.this, scope), shown(node.expression, scope), _OPERATORS[type(node)]
    meaning, is_swapped = node.meta.get(_MEANING, (None, False))
    left, right = (right, left) if is_swapped else (left, right)
    match meaning:
        case None:
            return f"({left} {sign} {right})"
        case "time":
            return f"{left} {sign} {right}"
        case "days":
            days = f"extractansiintervaldays({right})"
            return f"date_add({left}, {days if sign == '+' else f'(- {days})'})"
    return f"{meaning}({left}, {right})"


def shown(node: Node, scope: Scope | None) -> str:
    """An expression as Spark prints it in a column's name."""
    if "shown" in node.meta:
        return node.meta["shown"]
    writer = _WRITERS.get(type(node))
    if writer is not None:
        return writer(node, scope)
    symbol = _OPERATORS.get(type(node))
    if symbol is not None:
        return f"({shown(node.this, scope)} {symbol} {shown(node.expression, scope)})"
    return node.sql("databricks")


def _list(nodes: list[Node], scope: Scope | None) -> str:
    return ", ".join(shown(n, scope) for n in nodes)


def _name(node: Node, scope: Scope | None) -> str:
    """A column without its table's name, which Spark does not show."""
    parts = [p.name for p in name_parts(node) or []]
    if not parts:
        if isinstance(node, exp.Dot):
            return f"{shown(node.this, scope)}.{node.expression.name}"
        return "*" if isinstance(node.this, exp.Star) else node.name
    if scope is not None:
        folded = tuple(p.lower() for p in parts)
        for length in range(min(3, len(parts) - 1), 0, -1):
            for relation in scope.relations:
                if relation.answers_to(folded[:length]) and any(
                    c.name.lower() == folded[length] for c in relation.columns
                ):
                    return ".".join(parts[length:])
        if len(parts) == 1 and not scope.named(parts[0]) and _is_lateral_alias(parts[0], scope):
            return f"lateralAliasReference({parts[0]})"
        if len(parts) == 1 and parts[0].lower().startswith("current_") and not scope.named(parts[0]):
            return f"{parts[0].lower()}()"
    return ".".join(parts)


def _is_lateral_alias(name: str, scope: Scope) -> bool:
    """Whether a name means an earlier item of the select list; a generator's columns do not count."""
    found = scope.aliases.get(name.lower())
    aliases = {r.alias for r in scope.relations}
    return bool(found) and not (isinstance(found[0], exp.Column) and found[0].table not in aliases)


def _literal(node: Node, scope: Scope | None) -> str:
    text = str(node.this)
    if not node.is_string and re.search("e", text, re.IGNORECASE):
        return _java_double(float(text))
    if not node.is_string and "." in text:
        return str(Decimal(text))
    return text


def _java_double(value: float) -> str:
    if value != 0 and not 1e-3 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:e}".split("e")
        digits = repr(value).lower()
        mantissa = digits.split("e")[0] if "e" in digits else mantissa.rstrip("0")
        mantissa = mantissa if "." in mantissa else mantissa + ".0"
        return f"{mantissa + '0' if mantissa.endswith('.') else mantissa}E{int(exponent)}"
    return repr(value)


def _cast(node: Node, scope: Scope | None) -> str:
    target = type_named(node.args["to"])
    if isinstance(node.this, exp.Literal) and not isinstance(node, exp.TryCast):
        text = str(node.this.this)
        if node.meta.get("literal"):
            return _java_double(float(text)) if target in (DOUBLE, FLOAT) else text
        if target == DATE and re.fullmatch(r"\d{4}-\d\d-\d\d", node.this.name):
            return f"DATE '{node.this.name}'"
        if target == TIMESTAMP and re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d*[1-9])?)?", node.this.name):
            return f"TIMESTAMP '{node.this.name}{'' if ' ' in node.this.name else ' 00:00:00'}'"
        if (
            node.this.is_string
            and target.name == "decimal"
            and re.fullmatch(r"\d*\.?\d+", text)
            and target == literal_type(text, False)
        ):
            return text
    if isinstance(target, (ArrayType, MapType, StructType)):
        return shown(node.this, scope)
    word = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
    return f"{word}({shown(node.this, scope)} AS {target.ddl.upper()})"


def _not(node: Node, scope: Scope | None) -> str:
    if isinstance(node.this, exp.Is) and isinstance(node.this.expression, exp.Null):
        return f"({shown(node.this.this, scope)} IS NOT NULL)"
    return f"(NOT {shown(node.this, scope)})"


def _is(node: Node, scope: Scope | None) -> str:
    if isinstance(node.expression, exp.Null):
        return f"({shown(node.this, scope)} IS NULL)"
    return f"({shown(node.this, scope)} <=> {shown(node.expression, scope)})"


def _in(node: Node, scope: Scope | None) -> str:
    inside = "listquery()" if node.args.get("query") is not None else _list(node.expressions, scope)
    return f"({shown(node.this, scope)} IN ({inside}))"


def _like(word: str) -> Callable[[Node, Scope | None], str]:
    def write(node: Node, scope: Scope | None) -> str:
        if isinstance(node.expression, (exp.Any, exp.All)):
            if word == "LIKE" and any(not isinstance(p, exp.Literal) for p in _patterns(node)):
                return _like_in_turn(node, scope)
            left = f"lower({shown(node.this, scope)})" if word == "ILIKE" else shown(node.this, scope)
            kind = "any" if isinstance(node.expression, exp.Any) else "all"
            return f"{'not' if node.args.get('negate') else ''}like{kind}({left})"
        text = f"{shown(node.this, scope)} {word} {shown(node.expression, scope)}"
        if word != "LIKE":
            called = word.lower() if word == "ILIKE" else word
            text = f"{called}({shown(node.this, scope)}, {shown(node.expression, scope)})"
        return f"(NOT {text})" if node.args.get("negate") else text

    return write


def _patterns(node: Node) -> list[Node]:
    inner = node.expression.this
    return inner.expressions if isinstance(inner, exp.Tuple) else [inner.this]


def _like_in_turn(node: Node, scope: Scope | None) -> str:
    """LIKE ANY and LIKE ALL of patterns that are no literals, as the comparisons that they mean."""
    value, joined = shown(node.this, scope), ""
    connect = "OR" if isinstance(node.expression, exp.Any) else "AND"
    for pattern in _patterns(node):
        one = f"{value} LIKE {shown(pattern, scope)}"
        one = f"(NOT {one})" if node.args.get("negate") else one
        joined = f"({joined} {connect} {one})" if joined else one
    return joined


def _case(node: Node, scope: Scope | None) -> str:
    subject = f"({shown(node.this, scope)} = " if node.this is not None else ""
    parts = ["CASE"]
    for branch in node.args["ifs"]:
        condition = shown(branch.this, scope)
        parts.append(
            f"WHEN {subject + condition + ')' if subject else condition} THEN {shown(branch.args['true'], scope)}"
        )
    if node.args.get("default") is not None:
        parts.append(f"ELSE {shown(node.args['default'], scope)}")
    return " ".join([*parts, "END"])


def _call(node: Node, scope: Scope | None) -> str:
    name = str(node.this).lower()
    arguments = list(node.expressions)
    distinct = ""
    if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
        distinct, arguments = "DISTINCT ", list(arguments[0].expressions)
    if name in CASTS and len(arguments) == 1:
        return shown(arguments[0], scope)  # of a cast written as a function Spark shows the value alone
    arguments = arguments[: shown_arguments(name, len(arguments))]
    texts = [shown(a, scope) for a in arguments]
    if name == "count" and texts == ["*"] and not distinct:
        texts = ["1"]
    elif scope is not None and any(is_star(a) for a in arguments):
        texts = [t for a, text in zip(arguments, texts, strict=True) for t in _starred(a, text, scope)]
    return shown_call(name, texts, node.meta.get(_MEANING), distinct)


def _starred(node: Node, text: str, scope: Scope) -> list[str]:
    return [c.name for c in expand(node, scope)] if is_star(node) else [text]


def _filter(node: Node, scope: Scope | None) -> str:
    return f"{shown(node.this, scope)} FILTER (WHERE {shown(node.expression.this, scope)})"


def _order(order: Node, scope: Scope | None) -> str:
    return ", ".join(_ordered(o, scope) for o in order.expressions)


def _ordered(node: Node, scope: Scope | None) -> str:
    descending = bool(node.args.get("desc"))
    nulls_first = node.args.get("nulls_first", not descending)
    return f"{shown(node.this, scope)} {'DESC' if descending else 'ASC'} NULLS {'FIRST' if nulls_first else 'LAST'}"


def _within_group(node: Node, scope: Scope | None) -> str:
    order = _order(node.expression, scope)
    if str(getattr(node.this, "this", "")).startswith("percentile"):
        order = order.removesuffix(" ASC NULLS FIRST").removesuffix(" NULLS LAST")
    return f"{shown(node.this, scope)} WITHIN GROUP (ORDER BY {order})"


def _tuple(node: Node, scope: Scope | None) -> str:
    parts: list[str] = []
    for position, item in enumerate(node.expressions):
        named = name_parts(item)
        parts += [named[-1].name if named else f"col{position + 1}", shown(item, scope)]
    return f"named_struct({', '.join(parts)})"


def _window(node: Node, scope: Scope | None) -> str:
    name = node.args.get("alias")
    definition = node
    if name is not None and scope is not None:
        named = scope.windows.get(name.name.lower(), node)
        definition = exp.Window(
            **{k: (node.args.get(k) or named.args.get(k)) for k in ("partition_by", "order", "spec")}
        )
    order, partition = definition.args.get("order"), definition.args.get("partition_by") or []
    parts = [f"PARTITION BY {_list(partition, scope)}"] if partition else []
    if order is not None:
        parts.append(f"ORDER BY {_order(order, scope)}")
    parts.append(_frame(definition.args.get("spec"), node.this, order is not None, scope))
    return f"{shown(node.this, scope)} OVER ({' '.join(parts)})"


def _frame(spec: Node | None, function: Node, is_ordered: bool, scope: Scope | None) -> str:
    name = str(function.this) if isinstance(function, exp.Anonymous) else ""
    if name in ("lag", "lead"):
        offset = shown(function.expressions[1], scope) if len(function.expressions) > 1 else "1"
        bound = f"{_negative(offset) if name == 'lag' else offset} FOLLOWING"
        return f"ROWS BETWEEN {bound} AND {bound}"
    if spec is not None:
        start = _frame_bound(spec.args.get("start"), spec.args.get("start_side"), scope)
        end = _frame_bound(spec.args.get("end") or "CURRENT ROW", spec.args.get("end_side"), scope)
        return f"{spec.args.get('kind', 'ROWS').upper()} BETWEEN {start} AND {end}"
    if not is_ordered:
        return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    return f"{'ROWS' if name in BY_ROWS else 'RANGE'} BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def _negative(number: str) -> str:
    return number[1:] if number.startswith("-") else number if number == "0" else f"-{number}"


def _frame_bound(bound: Node | str, side: str | None, scope: Scope | None) -> str:
    text = bound if isinstance(bound, str) else shown(bound, scope)
    return f"{text} {side.upper()}" if side else text


def _lambda(node: Node, scope: Scope | None) -> str:
    body = copied(node.this)
    names = {p.name.lower() for p in node.expressions}
    variable = "namedlambdavariable()"
    root = exp.Paren(this=body)
    for part in list(root.find_all(exp.Identifier)):
        is_field = isinstance(part.parent, exp.Dot) and part.arg_key == "expression"
        if part.name.lower() in names and not is_field and not isinstance(part.parent, exp.Column):
            part.replace(exp.Var(this=variable))
    return f"lambdafunction({', '.join([shown(root.this, scope), *[variable] * len(names)])})"


def _item(node: Node, scope: Scope | None) -> str:
    """`a[0]`, `map[key]`, but `struct.field`: Spark names a field alike however it was asked for."""
    base, key = shown(node.this, scope), node.expressions[0]
    if scope is not None and _is_text(key) and _field_owner(_place_type(node.this, scope)) is not None:
        return f"{base}.{key.name}"
    return f"{base}[{_list(node.expressions, scope)}]"


def _place_type(node: Node, scope: Scope) -> DataType | None:
    """The type of a column, or of what is taken from one; None for everything else."""
    if isinstance(node, exp.Paren):
        return _place_type(node.this, scope)
    if isinstance(node, exp.Bracket):
        base, key = _place_type(node.this, scope), node.expressions[0]
        owner = _field_owner(base) if _is_text(key) else None
        if owner is not None:
            found = next((field.type for field in owner if field.name.lower() == key.name.lower()), None)
            return ArrayType(element=found) if found is not None and isinstance(base, ArrayType) else found
        return base.element if isinstance(base, ArrayType) else base.value if isinstance(base, MapType) else None
    parts = name_parts(node) if isinstance(node, (exp.Column, exp.Dot, exp.Identifier)) else None
    found = resolve([part.name for part in parts], scope, copied(node)) if parts else None
    return type_of(found) if found is not None else None


def _field_owner(data_type: DataType | None) -> StructType | None:
    """The struct whose fields can be taken: the value itself, or the element of an array."""
    element = data_type.element if isinstance(data_type, ArrayType) else data_type
    return element if isinstance(element, StructType) else None


def _is_text(key: Node) -> bool:
    return isinstance(key, exp.Literal) and bool(key.is_string)


def _interval(node: Node, scope: Scope | None) -> str:
    unit, text = node.args.get("unit"), node.this.name
    names = [unit.this, unit.expression] if isinstance(unit, exp.IntervalSpan) else [unit]
    words = [re.sub("S$", "", str(getattr(n, "this", n)).upper()) for n in names if n is not None]
    if words == ["WEEK"] and text.isdigit():
        words, text = ["DAY"], str(7 * int(text))
    if words in (["HOUR"], ["MINUTE"], ["SECOND"]) and text.isdigit():
        text = text.zfill(2)
    return f"INTERVAL '{text}' {' TO '.join(words)}"


def _negated(node: Node, scope: Scope | None) -> str:
    text = shown(node.this, scope)
    is_number = (isinstance(node.this, exp.Literal) and not node.this.is_string) or node.this.meta.get("literal")
    return f"-{text}" if is_number else f"(- {text})"


_WRITERS: dict[type, Callable[[Node, Scope | None], str]] = {
    exp.Add: _sum,
    exp.Sub: _sum,
    exp.Column: _name,
    exp.Dot: _name,
    exp.Identifier: lambda node, scope: node.name,
    exp.Var: lambda node, scope: node.name,
    exp.Star: lambda node, scope: "*",
    exp.Literal: _literal,
    exp.RawString: lambda node, scope: node.name,
    exp.Collate: lambda node, scope: f"collate({shown(node.this, scope)}, {node.expression.name})",
    exp.Concat: lambda node, scope: "".join(e.name for e in node.expressions),
    exp.Boolean: lambda node, scope: str(node.this).lower(),
    exp.Null: lambda node, scope: "NULL",
    exp.HexString: lambda node, scope: f"X'{str(node.this).upper()}'",
    exp.Paren: lambda node, scope: shown(node.this, scope),
    exp.Neg: _negated,
    exp.BitwiseNot: lambda node, scope: f"~{shown(node.this, scope)}",
    exp.NEQ: lambda node, scope: f"(NOT ({shown(node.this, scope)} = {shown(node.expression, scope)}))",
    exp.NullSafeNEQ: lambda node, scope: f"(NOT ({shown(node.this, scope)} <=> {shown(node.expression, scope)}))",
    exp.DPipe: lambda node, scope: f"concat({shown(node.this, scope)}, {shown(node.expression, scope)})",
    exp.Not: _not,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: lambda node, scope: f"between({_list([node.this, node.args['low'], node.args['high']], scope)})",
    exp.Like: _like("LIKE"),
    exp.ILike: _like("ILIKE"),
    exp.RegexpLike: _like("RLIKE"),
    exp.Escape: lambda node, scope: f"{shown(node.this, scope)} ESCAPE '{node.expression.name}'",
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Case: _case,
    exp.Anonymous: _call,
    exp.Alias: lambda node, scope: f"{shown(node.this, scope)} AS {node.alias}",
    exp.Filter: _filter,
    exp.IgnoreNulls: lambda node, scope: shown(node.this, scope),
    exp.RespectNulls: lambda node, scope: shown(node.this, scope),
    exp.WithinGroup: _within_group,
    exp.Window: _window,
    exp.Lambda: _lambda,
    exp.Interval: _interval,
    exp.Subquery: lambda node, scope: "scalarsubquery()",
    exp.Exists: lambda node, scope: "exists()",
    exp.Bracket: _item,
    exp.Extract: lambda node, scope: f"extract({node.this.name.lower()} FROM {shown(node.expression, scope)})",
    exp.Tuple: _tuple,
    exp.JSONExtract: lambda node, scope: node.sql("databricks"),
}
