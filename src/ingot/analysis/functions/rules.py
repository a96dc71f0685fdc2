"""Result types that a signature cannot say: each rule is given the call and its coerced argument types.

Never casts an argument; that is done before.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import adjusted_decimal, common_type, decimal_for, differ_in_names, is_orderable
from ingot.analysis.functions.signature import misfit
from ingot.analysis.typed import Settings, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import (
    BINARY,
    CALENDAR_INTERVAL,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    IntervalType,
    MapType,
    StructType,
    struct,
)

_VALUES_MAX = 100_000


def first(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The type of the first argument."""
    return types[0]


def second(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The type of the second argument."""
    return types[1]


def calendar_interval(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """Months, days and microseconds; the signature's word `interval` means the other kinds."""
    return CALENDAR_INTERVAL


def widest_interval(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A double; of an interval all its fields."""
    return full_interval(types[0]) if isinstance(types[0], IntervalType) else DOUBLE


def full_interval(interval: IntervalType) -> IntervalType:
    """Year to month, or day to second."""
    start, end = ("year", "month") if interval.is_year_month else ("day", "second")
    return IntervalType(start=start, end=end)


def element(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The type of the first argument's items."""
    return types[0].element if isinstance(types[0], ArrayType) else types[0]


def one_or_several(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """`max_by(x, y)` gives an x, `max_by(x, y, k)` an array of k."""
    if len(types) == 2:
        return types[0]
    if not 1 <= literal_integer(call, 2, 1) <= _VALUES_MAX:
        raise AnalysisError(
            f"the third argument of {call.this} must be between 1 and {_VALUES_MAX}",
            location=call.meta.get("location"),
            code="wrong-arguments",
        )
    return ArrayType(element=types[0])


def histogram(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The middle of each bar, in the type of the values, and its height."""
    bar = struct(Field("x", types[0]), Field("y", DOUBLE))
    return ArrayType(element=bar)


def array_of_first(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """An array of the first argument's type."""
    return ArrayType(element=types[0], contains_null=False)


def common(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """What the first two arguments have in common."""
    return common_type(types[:2], settings) or DOUBLE


def uniform(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A number between two: double or float if one of them is, else the wider of two integers."""
    if any(isinstance(n, exp.Cast) and type_of(n.this) == STRING for n in call.expressions[:2]):
        raise AnalysisError(
            f"{call.this} takes two numbers", location=call.meta.get("location"), code="wrong-arguments"
        )
    pair = types[:2]
    if FLOAT in pair or DOUBLE in pair:
        return DOUBLE if DOUBLE in pair else FLOAT
    if pair[0] != pair[1] and any(isinstance(t, DecimalType) for t in pair):
        raise UnsupportedError(
            f"{call.this} between {pair[0].ddl} and {pair[1].ddl} is not supported",
            location=call.meta.get("location"),
            hint="cast both to double, or to one decimal type",
            code="unsupported-function",
        )
    return common(call, types, settings)


def sum(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """Ten digits more than a decimal has, bigint for integers (Spark's `Sum.resultType`)."""
    match types[0]:
        case DecimalType(precision=precision, scale=scale):
            return DecimalType(precision=min(38, precision + 10), scale=scale)
        case IntervalType():
            return types[0]
    return DOUBLE if types[0].name in ("float", "double") else LONG


def average(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """Four digits more than a decimal has (Spark's `Average.resultType`)."""
    match types[0]:
        case DecimalType(precision=precision, scale=scale):
            return DecimalType(precision=min(38, precision + 4), scale=min(38, scale + 4))
        case IntervalType():
            return full_interval(types[0])
    return DOUBLE


def average_of_second(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The average of the second argument."""
    return average(call, types[1:], settings)


def whole(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """`ceil(x)` and `floor(x)`: bigint, or a decimal without fraction (`Floor.dataType`)."""
    match types[0]:
        case DecimalType(precision=precision, scale=0):
            return types[0]
        case DecimalType(precision=precision, scale=scale):
            return DecimalType(precision=precision - scale + 1, scale=0)
    return LONG


def rounded(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """`round(x, n)` (`RoundBase.dataType`); the number of digits must be a literal when it tells the type."""
    match types[0]:
        case DecimalType(precision=precision, scale=scale):
            digits = literal_integer(call, 1, 0)
            whole_digits = precision - scale + 1
            if digits < 0:
                return DecimalType(precision=min(38, max(whole_digits, -digits + 1)), scale=0)
            kept = min(scale, digits)
            return DecimalType(precision=min(38, whole_digits + kept), scale=kept)
    return types[0]


def rounded_to(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """`ceil(x, n)` and `floor(x, n)`: a decimal (`RoundCeil.dataType`)."""
    decimal = types[0] if isinstance(types[0], DecimalType) else decimal_for(types[0])
    digits = literal_integer(call, 1, 0)
    whole_digits = decimal.precision - decimal.scale + 1
    if digits < 0:
        return DecimalType(precision=min(38, max(whole_digits, -digits + 1)), scale=0)
    kept = min(decimal.scale, digits)
    return DecimalType(precision=min(38, whole_digits + kept), scale=kept)


def literal_integer(call: exp.Anonymous, position: int, default: int) -> int:
    """The value of an integer literal argument.

    Raises:
        AnalysisError: `wrong-arguments`, for anything but a literal.
    """
    if position >= len(call.expressions):
        return default
    node = call.expressions[position]
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    sign = 1
    if isinstance(node, exp.Neg):
        node, sign = node.this, -1
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).rstrip("lLsSyY").isdigit():
        return sign * int(str(node.this).rstrip("lLsSyY"))
    raise AnalysisError(
        f"argument {position + 1} of {call.this} must be an integer literal",
        location=call.meta.get("location"),
        code="wrong-arguments",
    )


def literal_text(call: exp.Anonymous, position: int) -> str:
    """The value of a string literal argument.

    Raises:
        AnalysisError: `wrong-arguments`, for anything but a literal.
    """
    node = call.expressions[position] if position < len(call.expressions) else None
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    raise AnalysisError(
        f"argument {position + 1} of {call.this} must be a string literal",
        location=call.meta.get("location"),
        code="wrong-arguments",
    )


def number_of_format(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The decimal that a number format such as `99,999.9S` describes."""
    text = literal_text(call, 1).upper()
    whole_part, _, fraction = text.replace("D", ".").partition(".")
    digits = [len([c for c in part if c in "09"]) for part in (whole_part, fraction)]
    precision = max(1, digits[0] + digits[1])
    return adjusted_decimal(precision, digits[1])


def array_of_times(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """An array of dates or timestamps.

    Raises:
        AnalysisError: `wrong-arguments`, for anything else.
    """
    if types[0].name not in ("date", "timestamp", "timestamp_ntz"):
        raise AnalysisError(
            f"wrong arguments for {call.this}: ({', '.join(t.ddl for t in types)})",
            location=call.meta.get("location"),
            hint="it takes two numbers, dates or timestamps",
            code="wrong-arguments",
        )
    return ArrayType(element=types[0], contains_null=False)


def unpromoted(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The common type, which is not that of a string and of something else.

    Raises:
        AnalysisError: `wrong-arguments`.
    """
    given = [given_type(node) for node in call.expressions]
    others = [t for t in given if t != NULL]
    if not is_orderable(types[0]):
        raise misfit(call.this, given, "values that can be ordered", call)
    if STRING in others and any(t != STRING for t in others):
        raise misfit(call.this, given, "values of one type: cast the strings, or the others to string", call)
    return types[0]


def folded(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """What the last lambda gives, or the start, whose type that of each step must be.

    Raises:
        AnalysisError: `wrong-arguments`.
    """
    start, step = types[1], types[2]
    if start.ddl != step.ddl and not differ_in_names(start, step):
        raise misfit(call.this, types[:3], f"a step that gives {start.ddl}, as the start is: cast one of them", call)
    return types[3] if len(types) > 3 else start


def listed(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A string, of values and of a separator of which neither is binary.

    Raises:
        AnalysisError: `wrong-arguments`.
    """
    given = [given_type(node) for node in call.expressions]
    if len(given) > 1 and BINARY in given:
        raise misfit(call.this, given, "two strings, or two binary values", call)
    return STRING


def bucket(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The number of a bucket, whose bounds are intervals of one kind.

    Raises:
        AnalysisError: `wrong-arguments`.
    """
    if len({t.is_year_month for t in types[:3] if isinstance(t, IntervalType)}) > 1:
        raise misfit(call.this, types, "intervals of months, or of days and time", call)
    return LONG


def replaced(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A string; where the search begins is a constant, counted from 1.

    Raises:
        AnalysisError: `wrong-arguments`.
    """
    position = call.expressions[3] if len(call.expressions) > 3 else None
    if position is not None and not _is_place(position):
        raise misfit(call.this, types, "a constant position of 1 or more", call)
    return STRING


def _is_place(node: exp.Expr) -> bool:
    if next(node.find_all(exp.Column, exp.Subquery), None) is not None:
        return False
    is_negative = False
    while isinstance(node, (exp.Cast, exp.Paren, exp.Neg)):
        is_negative ^= isinstance(node, exp.Neg)
        node = node.this
    return not isinstance(node, exp.Literal) or not (is_negative or str(node.this) == "0")


def moved_date(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A date; the days are an int or less, or text: without ANSI mode only if it is a literal.

    Raises:
        AnalysisError: `wrong-arguments`.
    """
    node = call.expressions[1]
    given = given_type(node)
    is_literal = isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal)
    if given.name not in ("int", "smallint", "tinyint", "void") and (
        given != STRING or not (settings.ansi or is_literal)
    ):
        raise misfit(call.this, [types[0], given], "a date and a whole number of days: cast them to int", call)
    return DATE


def given_type(node: exp.Expr) -> DataType:
    """The type of an argument before it was cast without being asked."""
    return type_of(node.this if isinstance(node, exp.Cast) and node.meta.get("implicit") else node)


def map_entries(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """An array of structs of key and value."""
    assert isinstance(types[0], MapType)
    entry = struct(
        Field("key", types[0].key, nullable=False),
        Field("value", types[0].value, types[0].value_contains_null),
    )
    return ArrayType(element=entry, contains_null=False)


def map_from_entries(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The map of an array of two-field structs."""
    array = types[0]
    if isinstance(array, ArrayType) and isinstance(array.element, StructType) and len(array.element) == 2:
        key, value = array.element.fields
        return MapType(key=key.type, value=value.type, value_contains_null=value.nullable)
    raise AnalysisError(
        f"map_from_entries takes an array of structs with two fields, not {types[0].ddl}",
        location=call.meta.get("location"),
        code="wrong-arguments",
    )


def exploded(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """`col`, or `key` and `value`."""
    return StructType(fields=_element_fields(call, types[0]))


def posexploded(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """`pos`, then what `explode` gives."""
    position = Field("pos", INT, nullable=call.this.endswith("_outer"))
    return StructType(fields=(position, *_element_fields(call, types[0])))


def _element_fields(call: exp.Anonymous, given: DataType) -> tuple[Field, ...]:
    outer = call.this.endswith("_outer")
    if isinstance(given, MapType):
        return Field("key", given.key, outer), Field("value", given.value, outer or given.value_contains_null)
    assert isinstance(given, ArrayType)
    return (Field("col", given.element, outer or given.contains_null),)


def inlined(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The fields of the structs."""
    array = types[0]
    if not isinstance(array, ArrayType) or not isinstance(array.element, StructType):
        raise AnalysisError(
            f"{call.this} takes an array of structs, not {array.ddl}",
            location=call.meta.get("location"),
            hint="make structs of the values: transform(array, x -> struct(x))",
            code="wrong-arguments",
        )
    return array.element


def json_tuple(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A string for each field that is asked for."""
    return StructType(fields=tuple(Field(f"c{i}", STRING) for i in range(len(types) - 1)))


RULES = {
    rule.__name__: rule
    for rule in (
        first,
        second,
        element,
        one_or_several,
        histogram,
        calendar_interval,
        widest_interval,
        array_of_first,
        common,
        uniform,
        sum,
        average,
        average_of_second,
        whole,
        rounded,
        rounded_to,
        number_of_format,
        array_of_times,
        unpromoted,
        folded,
        listed,
        bucket,
        replaced,
        moved_date,
        map_entries,
        map_from_entries,
        exploded,
        posexploded,
        inlined,
        json_tuple,
    )
}
