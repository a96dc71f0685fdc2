"""Calls in the names of columns: under which name Spark shows a function, and the arguments that it fills in.

Data, and what follows from a name and the texts of its arguments. Knows no tree and no scope.
"""

from __future__ import annotations

# Arguments that Spark fills in and shows.
_DEFAULTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "substring": (3, ("", "", "2147483647")), "substr": (3, ("", "", "2147483647")),
    "split": (3, ("", "", "-1")), "regexp_replace": (4, ("", "", "", "1")),
    "regexp_extract": (3, ("", "", "1")), "regexp_extract_all": (3, ("", "", "1")),
    "to_unix_timestamp": (2, ("", "yyyy-MM-dd HH:mm:ss")),
    "unix_timestamp": (2, ("current_timestamp()", "yyyy-MM-dd HH:mm:ss")),
    "from_unixtime": (2, ("", "yyyy-MM-dd HH:mm:ss")), "percentile_approx": (3, ("", "", "10000")),
    "approx_percentile": (3, ("", "", "10000")), "locate": (3, ("", "", "1")), "position": (3, ("", "", "1")),
    "lag": (3, ("", "1", "NULL")), "lead": (3, ("", "1", "NULL")), "round": (2, ("", "0")),
    "months_between": (3, ("", "", "true")), "sort_array": (2, ("", "true")), "lpad": (3, ("", "", " ")),
    "rpad": (3, ("", "", " ")), "bround": (2, ("", "0")), "array_join": (2, ("", "")),
    "overlay": (4, ("", "", "", "-1")), "string_agg": (2, ("", "NULL")), "listagg": (2, ("", "NULL")),
    "percentile": (3, ("", "", "1")), "str_to_map": (3, ("", ",", ":")), "slice": (3, ("", "", "")),
    "regexp_instr": (3, ("", "", "0")), "mask": (5, ("", "X", "x", "n", "NULL")),
    "make_ym_interval": (2, ("0", "0")), "make_dt_interval": (4, ("0", "0", "0", "0.000000")),
    "make_interval": (7, (*"000000", "0.000000")), "try_make_interval": (7, (*"000000", "0.000000")),
}  # fmt: skip
_SHOWN_NAMES = {
    "power": "POWER", "pow": "pow", "ceil": "CEIL", "ceiling": "ceiling", "floor": "FLOOR", "exp": "EXP",
    "sqrt": "SQRT", "ln": "ln", "log10": "LOG10", "sin": "SIN", "cos": "COS", "tan": "TAN", "acos": "ACOS",
    "asin": "ASIN", "atan": "ATAN", "atan2": "ATAN2", "cbrt": "CBRT", "log2": "LOG2", "log1p": "LOG1P",
    "expm1": "EXPM1", "hypot": "HYPOT", "degrees": "DEGREES", "radians": "RADIANS", "signum": "SIGNUM",
    "sinh": "SINH", "cosh": "COSH", "tanh": "TANH", "rint": "rint", "pi": "PI", "e": "E", "iff": "(IF", "if": "(IF",
    "percent_rank": "PERCENT_RANK", "dense_rank": "DENSE_RANK", "rank": "RANK", "cot": "COT", "log": "LOG",
    "sec": "SEC", "csc": "CSC", "acosh": "ACOSH", "asinh": "ASINH", "atanh": "ATANH", "array_agg": "collect_list",
    "product of": "product", "regexp": "REGEXP", "regexp_like": "REGEXP_LIKE", "to_varchar": "to_char",
}  # fmt: skip
_RANKS = frozenset({"row_number", "rank", "dense_rank", "percent_rank"})
BY_ROWS = _RANKS | {"ntile", "counter_diff"}  # over a window, whose rows they count
_TRIMS = {"trim": "BOTH", "ltrim": "LEADING", "rtrim": "TRAILING"}
CASTS = frozenset(
    {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "date", "timestamp", "binary"}
    | {"string"}
)
# Arguments that are not shown: of these functions only so many are.
_SHOWN_ONLY = {
    "from_json": 1, "to_json": 1, "approx_count_distinct": 1,
    **dict.fromkeys(("first", "last", "first_value", "last_value", "any_value"), 1),
    **dict.fromkeys(_RANKS, 0),
}  # fmt: skip
_OF_UNITS = {
    "datediff": "timestampdiff", "date_diff": "timestampdiff", "dateadd": "timestampadd", "date_add": "timestampadd"
}  # fmt: skip
_BINARY = "binary"
_NO_ITEM = "(namedlambdavariable() IS NULL)"
_SORTED_BY = (
    f"lambdafunction((IF(({_NO_ITEM} AND {_NO_ITEM}), 0, (IF({_NO_ITEM}, 1, (IF({_NO_ITEM}, -1, "
    "(IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0"
    ")))))))))), namedlambdavariable(), namedlambdavariable())"
)


def shown_arguments(name: str, count: int) -> int:
    """How many of the arguments of a call are shown."""
    return min(count, _SHOWN_ONLY.get(name, count))


def shown_call(name: str, texts: list[str], meaning: str | None = None, distinct: str = "") -> str:
    """A call as Spark prints it.

    Args:
        name: The function as written, in lower case.
        texts: Its arguments, as they are printed.
        meaning: What the call is by the types of its arguments, where that has a name of its own.
        distinct: `DISTINCT ` for a call with it.
    """
    if name == "positive":
        return f"(+ {texts[0]})"
    if name in _TRIMS and len(texts) == 2:
        return f"TRIM({_TRIMS[name]} {texts[1]} FROM {texts[0]})"
    if name == "datepart" and len(texts) == 2:
        return f"datepart({texts[0]} FROM {texts[1]})"
    if name in ("isnull", "isnotnull") and len(texts) == 1:
        return f"({texts[0]} IS {'NOT ' if name == 'isnotnull' else ''}NULL)"
    written, texts = _renamed(name, texts, meaning), _filled(name, texts, meaning)
    return f"{written}({distinct}{', '.join(texts)})" + (")" if written.startswith("(") else "")


def _renamed(name: str, texts: list[str], meaning: str | None) -> str:
    if name in ("ceil", "floor", "ceiling") and len(texts) == 2:
        return name
    if len(texts) == 3 and name in _OF_UNITS:
        return _OF_UNITS[name]
    if name == "dateadd" and len(texts) == 2:
        return "date_add"
    return meaning if meaning not in (None, _BINARY) else _SHOWN_NAMES.get(name, name)


def _filled(name: str, texts: list[str], meaning: str | None) -> list[str]:
    """The arguments with those that Spark fills in."""
    count = len(texts)
    if meaning in ("hex", "base64"):
        return texts[:1]
    match name, count:
        case "log", 1:
            return ["E()", *texts]
        case "convert_timezone", 2:
            return ["current_timezone()", *texts]
        case "replace", 2:
            return [*texts, ""]
        case "instr", 3:
            return [*texts, "1"]
        case "array_sort", 1:
            return [*texts, _SORTED_BY]
        case (("aggregate" | "reduce"), 3):
            return [*texts, "lambdafunction(namedlambdavariable(), namedlambdavariable())"]
        case (("lpad" | "rpad"), 2) if meaning == _BINARY:
            return [*texts, "X'00'"]
    most, defaults = _DEFAULTS.get(name, (0, ()))
    return [*texts, *(d for d in defaults[count:most] if d)]
