"""Answers as plain values, so that Spark's rows and an engine's rows compare as text in a file."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any


def plain(value: Any) -> Any:
    """A cell as JSON can hold it; a struct is the list of its values, a map that of its pairs."""
    match value:
        case dict():
            return sorted(([plain(k), plain(v)] for k, v in value.items()), key=repr)
        case list() | tuple():
            return [plain(v) for v in value]
        case datetime.datetime():
            return value.replace(tzinfo=None).isoformat()
        case decimal.Decimal() | datetime.date():
            return str(value)
        case float():
            return "NaN" if math.isnan(value) else round(value, 9)
    return value


def answer(columns: list[tuple[str, str]], rows: list[Any]) -> dict[str, Any]:
    """A result: names and types, and the rows in an order of their own."""
    cells = sorted(([plain(v) for v in row] for row in rows), key=repr)
    return {"columns": [list(c) for c in columns], "rows": cells}
