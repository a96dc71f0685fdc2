"""Decimal arithmetic whose steps need more than 38 digits, though the result does not."""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable

from ingot.engines.duckdb.kernels import Kernel

_EXACT = decimal.Context(prec=100)
_DIGITS = 38
_OPERATORS: dict[str, Callable[[decimal.Decimal, decimal.Decimal], decimal.Decimal]] = {
    "*": operator.mul,
    "+": operator.add,
    "-": operator.sub,
}


def _computed(left: str, right: str, symbol: str, scale: int) -> decimal.Decimal | None:
    """The result, rounded half up; None beyond 38 digits."""
    with decimal.localcontext(_EXACT):
        exact = _OPERATORS[symbol](decimal.Decimal(left), decimal.Decimal(right))
        rounded = exact.quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_HALF_UP)
    return rounded if len(rounded.as_tuple().digits) <= _DIGITS else None


def _wide(left: str, right: str, symbol: str, scale: int) -> str:
    found = _computed(left, right, symbol, scale)
    if found is None:
        raise ValueError(
            f"ARITHMETIC_OVERFLOW: {left} {symbol} {right} has more than 38 digits; "
            "use try_add, try_subtract or try_multiply to get NULL"
        )
    return f"{found:f}"


def _try_wide(left: str, right: str, symbol: str, scale: int) -> str | None:
    found = _computed(left, right, symbol, scale)
    return None if found is None else f"{found:f}"


_PARAMETERS = "VARCHAR, VARCHAR, VARCHAR, INTEGER"
KERNELS = {
    "wide_decimal": Kernel(_wide, _PARAMETERS, "VARCHAR"),
    "try_wide_decimal": Kernel(_try_wide, _PARAMETERS, "VARCHAR"),
}
