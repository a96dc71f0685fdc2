"""The JSON body of a resource that is read by POST: what the entry gives, with the parameters of each page in it.

Owns where parameters stand in a body and which of them are numbers. Sends nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ingot.sources.options import Options

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WHOLE = re.compile(r"-?(?:0|[1-9]\d*)")


def check_body(options: Options, body: Any, parameters: Mapping[str, str]) -> None:
    """Refuse a body that is no JSON object, and a parameter that would replace something else in it."""
    if not isinstance(body, Mapping):
        hint = "body: {filter: {status: open}}"
        raise options.error("'body' must be a mapping: it is sent as JSON", hint=hint, code="wrong-type")
    for parameter, what in parameters.items():
        place: Any = body
        *above, last = parameter.split(".")
        for key in above:
            place = place.get(key, {}) if isinstance(place, Mapping) else None
        if not isinstance(place, Mapping) or isinstance(place.get(last), Mapping | list):
            raise options.error(
                f"{what} goes into the body at {parameter!r}, where something else stands",
                hint="name it by its path within `body`: parameter: page.after",
            )


def body_of(body: Mapping[str, Any], parameters: Mapping[str, Any], fields: Mapping[str, str]) -> bytes:
    """The body of one request.

    Args:
        body: What the entry gives; a text that is one placeholder becomes the value itself.
        parameters: By their paths.
        fields: The values of `for_each`, as JSON texts.
    """
    filled = _filled(body, fields)
    for parameter, value in parameters.items():
        place = filled
        *above, last = parameter.split(".")
        for key in above:
            place = place.setdefault(key, {})
        place[last] = value
    return json.dumps(filled, ensure_ascii=False).encode()


def as_number(text: str) -> int | float | str:
    """A value of a cursor whose first one is a number; a text where no number of JSON is exactly that."""
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return float(text) if repr(float(text)) == text else text
    except ValueError:
        return text


def placeholders(body: Any) -> set[str]:
    """The names that the body takes from `for_each`, if it gives them."""
    if isinstance(body, Mapping):
        return {name for value in body.values() for name in placeholders(value)}
    if isinstance(body, list | tuple):
        return {name for value in body for name in placeholders(value)}
    return set(_PLACEHOLDER.findall(body)) if isinstance(body, str) else set()


def _filled(value: Any, fields: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _filled(item, fields) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item, fields) for item in value]
    if not isinstance(value, str) or not fields:
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole is not None and whole[1] in fields:
        return json.loads(fields[whole[1]])
    return _PLACEHOLDER.sub(lambda found: _text(fields[found[1]]) if found[1] in fields else found[0], value)


def _text(field: str) -> str:
    return json.loads(field) if field.startswith('"') else field
