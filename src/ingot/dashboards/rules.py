"""Conditional formatting: which cells of a table or matrix are shown how. Read and checked here; pages apply it."""

from __future__ import annotations

import re
from typing import Any

from ingot.errors import DashboardError, near_hint
from ingot.project.settings import Setting

_KEYS = ("bars", "scale", "when")
_LOOKS = ("positive", "negative", "warning", "accent", "muted", "strong")
_COLORS = ("low", "middle", "high", *_LOOKS)
_CONDITION = re.compile(r"(<=|>=|<|>|=|!=)\s*(-?\d+(?:\.\d+)?)")


def read_rules(entry: Setting | None, names: list[str]) -> dict[str, Any]:
    """Rules by member: `{bars: true}`, `{scale: [low, high]}`, `{when: {"< 0": negative}}`.

    Raises:
        DashboardError: `invalid-rule`.
    """
    if entry is None:
        return {}
    return {name: _rule(rule) for name, rule in entry.mapping(names).items()}


def _rule(entry: Setting) -> dict[str, Any]:
    known = entry.mapping(_KEYS)
    rule: dict[str, Any] = {}
    if "bars" in known:
        if not isinstance(known["bars"].value, bool):
            raise known["bars"].wrong("true or false")
        rule["bars"] = known["bars"].value
    if "scale" in known:
        rule["scale"] = [_one_of(item, _COLORS) for item in known["scale"].items()]
        if len(rule["scale"]) not in (2, 3):
            raise known["scale"].wrong("two or three of " + ", ".join(_COLORS))
    if "when" in known:
        rule["when"] = [
            {**_condition(text, look), "look": _one_of(look, _LOOKS)} for text, look in known["when"].mapping().items()
        ]
    return rule


def _condition(text: str, entry: Setting) -> dict[str, Any]:
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise DashboardError(
            f"{text!r} is no condition",
            location=entry.location,
            hint='a comparison with a number: "< 0"',
            code="invalid-rule",
        )
    return {"operator": found[1], "value": float(found[2])}


def _one_of(entry: Setting, choices: tuple[str, ...]) -> str:
    text = entry.string()
    if text not in choices:
        raise DashboardError(
            f"'{text}' is no look",
            location=entry.location,
            hint=near_hint(text, choices, f"one of {', '.join(choices)}"),
            code="invalid-rule",
        )
    return text
