"""Requests with a text in the place of any parameter, as the OpenAPI document of a server tells what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from server.serving import Running


@dataclass(frozen=True)
class Asked:
    """A request without its method and address, where `path`, `query` and `headers` are by parameter."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def with_part(self, place: str, name: str, value: Any) -> Asked:
        return Asked(**{**vars(self), place: {**getattr(self, place), name: value}})


@dataclass(frozen=True)
class Place:
    """A parameter of an endpoint: `GET /tables body.filters[].field`, with a request that has the text there.

    `is_reached` says that the request was good until then, so that the text gets as far as a value may.
    """

    endpoint: str
    name: str
    asked: Asked
    is_reached: bool

    def __str__(self) -> str:
        return f"{self.endpoint} {self.name}"


def places(document: Mapping[str, Any], good: Mapping[str, list[Asked]], text: str) -> Iterator[Place]:
    """Every parameter of every endpoint, with a text in it.

    Args:
        document: The OpenAPI document.
        good: Requests that are answered, by endpoint; what the text is put into.
        text: The text.
    """
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            endpoint = f"{method.upper()} {path.removeprefix('/api/v1')}"
            for asked in good.get(endpoint, [Asked()]):
                for name, attacked, is_reached in _of_operation(operation, document, asked, text):
                    yield Place(endpoint, name, attacked, is_reached)


def send(server: Running, endpoint: str, asked: Asked) -> httpx.Response | None:
    """The answer to a request; None where HTTP has no such request."""
    method, path = endpoint.split(" ")
    path = re.sub(r"{(\w+)}", lambda found: quote(_bytes(asked.path.get(found[1], "zz")), safe=""), path)
    query = "&".join(f"{key}={quote(_bytes(str(value)), safe='')}" for key, value in asked.query.items())
    headers = [(key.encode(), _bytes(value)) for key, value in asked.headers.items()]
    content = None
    if asked.body is not None:
        headers.append((b"Content-Type", b"application/json"))
        content = json.dumps(asked.body).encode()  # as ASCII: halves of characters are sent too
    url = f"/api/v1{path}" + (f"?{query}" if query else "")
    try:
        return server.client.request(method, url, headers=headers, content=content)
    except httpx.LocalProtocolError:  # a header of more than one line
        return None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _of_operation(
    operation: Mapping[str, Any], document: Mapping[str, Any], asked: Asked, text: str
) -> Iterator[tuple[str, Asked, bool]]:
    for parameter in operation.get("parameters", []):
        name, place = parameter["name"], {"header": "headers"}.get(parameter["in"], parameter["in"])
        yield f"{place}.{name}", asked.with_part(place, name, text), name in getattr(asked, place)
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for name, body, is_reached in _of_value(schema, document, asked.body, text):
            yield f"body{name}", Asked(**{**vars(asked), "body": body}), is_reached


def _of_value(
    schema: Mapping[str, Any], document: Mapping[str, Any], value: Any, text: str
) -> Iterator[tuple[str, Any, bool]]:
    """The places within a value, each with the value that has the text there, and whether there was one before."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    if len(kinds) > 1 or kinds[0] is not schema:
        fitting = [kind for kind in kinds if _fits(kind, value)] or kinds
        for kind in fitting:
            yield from _of_value(kind, document, value, text)
    elif schema.get("type") == "array":
        first = value[0] if value else None
        for name, changed, is_reached in _of_value(schema["items"], document, first, text):
            yield f"[]{name}", [changed, *(value or [])[1:]], is_reached
    elif schema.get("type") == "object":
        yield from _of_object(schema, document, value or {}, text)
    else:
        yield "", text, value is not None


def _of_object(
    schema: Mapping[str, Any], document: Mapping[str, Any], value: Mapping[str, Any], text: str
) -> Iterator[tuple[str, Any, bool]]:
    for key, part in schema.get("properties", {}).items():
        for name, changed, is_reached in _of_value(part, document, value.get(key), text):
            yield f".{key}{name}", {**value, key: changed}, is_reached
    if isinstance(schema.get("additionalProperties"), dict):
        key, first = next(iter(value.items()), (None, None))
        yield ".{key}", {text: first}, key is not None
        for name, changed, is_reached in _of_value(schema["additionalProperties"], document, first, text):
            yield f".{{value}}{name}", {**value, key or "x": changed}, is_reached


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    kind = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return "$ref" in schema or schema.get("type") == kind.get(type(value))
