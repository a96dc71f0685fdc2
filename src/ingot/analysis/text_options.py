"""Boolean options of what reads text formats: of file readers and of functions such as `from_json`.

Owns what counts as true, false or a mistake. Knows no option by name.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingot.errors import AnalysisError


def flag(options: Mapping[str, str], name: str, default: bool = False) -> bool:
    """A boolean option.

    Raises:
        AnalysisError: `invalid-option`.
    """
    value = options.get(name)
    if value is None:
        return default
    if str(value).lower() not in ("true", "false"):
        raise AnalysisError(f"option {name!r} is {value!r}", hint="use true or false", code="invalid-option")
    return str(value).lower() == "true"
