"""The entry of a source of kind `rest`: its options, read and checked, as plain values.

Owns the words of ingot.yml. Touches no network.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from ingot.errors import nearest
from ingot.model import SourceSpec
from ingot.sources.auth import Fixed, TokenGrant
from ingot.sources.auth_options import read_auth
from ingot.sources.options import Options
from ingot.sources.parts import base_url, check_header, part_of
from ingot.sources.rest.body import check_body, placeholders
from ingot.sources.rest.cursor import Incremental
from ingot.sources.rest.paging import Cursor, Paging
from ingot.sources.rest.paging_options import read_paging

_KEYS = ("url", "auth", "headers", "query", "rate", "timeout", "retries", "parallel", "paging", "resources")
_RESOURCE_KEYS = (
    "path", "records", "query", "headers", "body", "paging", "incremental", "for_each", "keep", "pages_max",
    "resume_within",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][\w-]*")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|m|h)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600}
_PAGES_MAX = 100_000
_PATH_SAFE = "%/:=&;+@,!$'()*~{}"
_DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class Parent:
    """The resource that a child is read for: one list of pages for each of its records, or (`only_changed`) for those
    that are new or differ from what they were when the child was read last."""

    resource: str
    fields: Mapping[str, str]
    only_changed: bool = False


@dataclass(frozen=True)
class Resource:
    """One endpoint.

    Attributes:
        url: Its address; a template where it has `parent` or `items`.
        records: The path of the records; `is_optional` when a page may lack it.
        items: The values of `for_each`, when they are listed.
        keeps_pages: Land pages as they came, not their records.
        repeats: Pages that are alike are no sign of a server that turns in circles.
        body: What is sent as JSON, by POST; None: it is read by GET.
        identity: Tells whether a cursor belongs to this definition.
        shape: Tells whether a position belongs to this definition.
    """

    name: str
    url: str
    records: str | None
    is_optional: bool
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    paging: Paging
    repeats: bool
    incremental: Incremental | None
    parent: Parent | None
    items: tuple[Mapping[str, str], ...] | None
    keeps_pages: bool
    pages_max: int
    resume_within_s: float
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    identity: str = ""
    shape: str = ""

    @property
    def is_for_each(self) -> bool:
        """Whether it is a list of records for each of several entries."""
        return self.parent is not None or self.items is not None


@dataclass(frozen=True)
class Entry:
    """All of a source. `auth` is made once for each landing by calling it."""

    auth: Fixed | TokenGrant
    interval_s: float
    timeout_s: float
    retries: int
    parallel: int
    resources: tuple[Resource, ...]


def read_entry(spec: SourceSpec) -> Entry:
    """The entry, checked; resources in an order in which parents come first.

    Raises:
        ProjectError: an option is wrong.
    """
    options = Options(spec, _KEYS)
    if not _NAME.fullmatch(spec.name):
        raise options.error("its name must be fit for a folder: letters, digits, `-` and `_`")
    url = base_url(options, options.required_text("url", "https://api.example.org/v1"))
    named = spec.options.get("resources")
    if not isinstance(named, Mapping) or not named:
        raise options.error("'resources' is missing", hint="resources: {products: /products}", code="missing-key")
    resources = {str(name): _resource(spec, url, str(name), value) for name, value in named.items()}
    return Entry(
        auth=read_auth(spec),
        interval_s=_interval_s(options, spec.options.get("rate")),
        timeout_s=options.seconds("timeout", 60.0),
        retries=options.whole_number("retries", 4, 0, 20),
        parallel=options.whole_number("parallel", 4, 1, 32),
        resources=tuple(_parents_first(options, resources)),
    )


def _interval_s(options: Options, rate: Any) -> float:
    if rate is None:
        return 0.0
    found = _RATE.fullmatch(str(rate).strip())
    if found is None or float(found[1]) <= 0:
        raise options.error(f"'rate' must be requests by second, minute or hour, not {rate!r}", hint="rate: 5/s")
    return _UNIT_S[found[2]] / float(found[1])


# --- resources ---


def _resource(spec: SourceSpec, base: str, name: str, value: Any) -> Resource:
    within = f"resource {name!r}"
    given: Mapping[str, Any] = {"path": value} if isinstance(value, str) else value
    options = part_of(spec, given, _RESOURCE_KEYS, within)
    if not _NAME.fullmatch(name):
        raise options.error("its name must be fit for a folder: letters, digits, `-` and `_`")
    path = options.required_text("path", f"/{name}")
    top = Options(replace(spec, options={k: v for k, v in spec.options.items() if k in ("headers", "query")}), _KEYS)
    headers = {**top.texts("headers"), **options.texts("headers")}
    for header, item in headers.items():
        check_header(options, header, item)
    query = {**top.texts("query"), **options.texts("query")}
    records = options.text("records")
    keep = options.text("keep") or "records"
    if keep not in ("records", "page"):
        raise options.error(f"'keep' must be records or page, not {keep!r}")
    paging, repeats = read_paging(spec, given.get("paging", spec.options.get("paging")), f"{within}: paging")
    incremental = _incremental(spec, given.get("incremental"), f"{within}: incremental")
    parent, items = _for_each(options, given.get("for_each"))
    if incremental is not None and (parent or items):
        raise options.error(
            "`incremental` and `for_each` do not go together: a new entry would never be read from its start",
            hint="make the parent incremental instead: its new and changed records alone are read for",
        )
    if keep == "page" and (parent or items):
        raise options.error(
            "`keep: page` does not go with `for_each`: nobody could tell whose page it is",
            hint="leave `keep` out: each record gets the values under _for_each",
        )
    resource = Resource(
        name, _joined(options, base, path), records.removesuffix("?") if records else None,
        bool(records) and records.endswith("?"), query, headers, paging, repeats, incremental, parent, items,
        keep == "page", options.whole_number("pages_max", _PAGES_MAX, 1, 10_000_000),
        _days_or_less(options, "resume_within", given.get("resume_within", "1d")), given.get("body"),
    )  # fmt: skip
    if resource.body is not None:
        check_body(options, resource.body, _parameters(resource))
    _check_placeholders(options, resource, path)
    return _identified(resource, path)


def _parameters(resource: Resource) -> dict[str, str]:
    """What is asked with beside `query`, with what it is for."""
    paging = resource.paging
    names = {*paging.query(paging.first()), *([paging.parameter] if isinstance(paging, Cursor) else [])}
    found = dict.fromkeys(names, "a parameter of `paging`")
    if resource.incremental is not None:
        found[resource.incremental.parameter] = "the parameter of `incremental`"
    return found


def _identified(resource: Resource, path: str) -> Resource:
    cursor = resource.incremental
    own = [path, cursor and [cursor.cursor, cursor.parameter, cursor.start]]
    facts = [resource.url, resource.records, resource.keeps_pages, dict(resource.query), repr(resource.paging)]
    facts += [] if resource.body is None else [resource.body]
    facts += ["changed"] if resource.parent is not None and resource.parent.only_changed else []
    more = [resource.parent and [resource.parent.resource, dict(resource.parent.fields)], resource.items]
    return replace(resource, identity=_digest(own), shape=_digest([facts, [*map(str, more)], own]))


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _joined(options: Options, base: str, path: str) -> str:
    if "?" in path or "#" in path or "://" in path:
        raise options.error(
            "'path' must be a path below `url`", hint="give parameters under `query`", code="invalid-url"
        )
    below = path.strip().lstrip("/")
    return f"{base}/{quote(below, safe=_PATH_SAFE)}" if below else base


def _check_placeholders(options: Options, resource: Resource, path: str) -> None:
    given = set(resource.parent.fields if resource.parent else resource.items[0] if resource.items else ())
    wanted = set(_PLACEHOLDER.findall(path))
    for name in sorted(wanted - given):
        guess = nearest(name, list(given))
        raise options.error(
            f"'path' has the placeholder {{{name}}}, which for_each does not give",
            hint=f"did you mean {{{guess}}}?" if guess else f"for_each: {{resource: …, fields: {{{name}: id}}}}",
            code="unknown-placeholder",
        )
    used = wanted | {name for value in resource.query.values() for name in _PLACEHOLDER.findall(value)}
    if given and not given & (used | placeholders(resource.body)):
        hint = "path: /users/{id}/posts"
        raise options.error("`for_each` gives nothing that `path`, `query` or `body` uses", hint=hint)


def _for_each(options: Options, value: Any) -> tuple[Parent | None, tuple[Mapping[str, str], ...] | None]:
    if value is None:
        return None, None
    if not isinstance(value, Mapping):
        return None, tuple(options.rows("for_each"))
    fields, resource = value.get("fields"), value.get("resource")
    unknown = sorted(set(value) - {"resource", "fields", "changed"})
    if unknown:
        raise options.error(
            f"unknown key {unknown[0]!r} in for_each", hint="known: resource, fields, changed", code="unknown-key"
        )
    only_changed = value.get("changed", False)
    if not isinstance(only_changed, bool):
        raise options.error("'for_each.changed' must be true or false", code="wrong-type")
    if not isinstance(resource, str) or not isinstance(fields, Mapping) or not fields:
        hint = "for_each: {resource: users, fields: {id: id}}"
        raise options.error("'for_each' must name a resource and fields of its records", hint=hint, code="missing-key")
    return Parent(resource, {str(name): str(path) for name, path in fields.items()}, only_changed), None


def _parents_first(options: Options, resources: dict[str, Resource]) -> list[Resource]:
    ordered: dict[str, Resource] = {}

    def add(name: str, below: tuple[str, ...]) -> None:
        if name in ordered:
            return
        parent = resources[name].parent
        if parent is not None:
            if parent.resource not in resources:
                guess = nearest(parent.resource, list(resources))
                raise options.error(
                    f"resource {name!r}: for_each names the resource {parent.resource!r}, which is not there",
                    hint=f"did you mean {guess!r}?" if guess else f"resources: {', '.join(resources)}",
                )
            if parent.resource in (*below, name):
                raise options.error(f"resource {name!r}: for_each leads back to itself")
            if resources[parent.resource].keeps_pages:
                raise options.error(
                    f"resource {name!r}: its parent {parent.resource!r} keeps pages, and for_each reads records",
                    hint=f"take `keep: page` from {parent.resource!r}",
                )
            add(parent.resource, (*below, name))
        ordered[name] = resources[name]

    for name in resources:
        add(name, ())
    return list(ordered.values())


# --- incremental ---


def _incremental(spec: SourceSpec, value: Any, within: str) -> Incremental | None:
    if value is None:
        return None
    options = part_of(spec, value, ("cursor", "parameter", "start", "lookback"), within)
    cursor = options.required_text("cursor", "updated_at")
    parameter = options.required_text("parameter", "since")
    start = value.get("start")
    lookback = value.get("lookback")
    if start is not None and (isinstance(start, bool) or not isinstance(start, str | int | float)):
        raise options.error("'start' must be a text or a number", hint='start: "2024-01-01"', code="wrong-type")
    is_number = isinstance(start, int | float)
    incremental = Incremental(cursor, parameter, None if start is None else str(start), is_number=is_number)
    if isinstance(lookback, int | float) and not isinstance(lookback, bool):
        return replace(incremental, lookback=Decimal(str(lookback)))
    if lookback is None:
        return incremental
    return replace(incremental, lookback_s=_days_or_less(options, "lookback", lookback))


def _days_or_less(options: Options, key: str, value: Any) -> float:
    """A duration in seconds, which may also be in days."""
    found = re.fullmatch(r"(\d{1,4})\s*d", str(value).strip())
    return float(found[1]) * _DAY_S if found else options.seconds(key, 0.0)
