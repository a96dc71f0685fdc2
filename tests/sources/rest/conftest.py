"""Fixtures of the tests of `rest`: an API on this machine, and a lake that it is landed into."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ingot.errors import IngotError, Location
from ingot.lake.landing import Landing
from ingot.lake.landing_record import LandingRecord
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, LandResult, load_source
from sources.misbehaving import Answer, Handler, WebServer, reply, serve

Query = dict[str, str]


def answer_of(body: Any, **headers: str) -> Answer:
    """An answer with a body: bytes as they are, all else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return reply(200, content, **{"content_type": "application/json", **headers})


def computed(answer: Callable[[Query], Any]) -> Answer:
    """An answer that depends on the query: an `Answer`, or what `answer_of` takes."""

    def respond(handler: Handler) -> None:
        found = answer(dict(parse_qsl(urlsplit(handler.path).query)))
        (found if callable(found) else answer_of(found))(handler)

    return respond


@dataclass
class Shop:
    """A source of kind `rest` whose API is on this machine."""

    web: WebServer
    lake: Path
    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    waits: list[float] = field(default_factory=list)
    progress: list[LandProgress] = field(default_factory=list)

    def on(self, path: str, answer: Any, *more: Any) -> None:
        """Let a path answer: with a function of the query, an `Answer`, or a body."""
        self.web.on(path, *(given if callable(given) else answer_of(given) for given in (answer, *more)))

    def spec(self, **options: Any) -> SourceSpec:
        return SourceSpec("shop", "rest", {"url": self.web.url, **options}, Location("ingot.yml", 7))

    def land(self, resources: dict[str, Any], **options: Any) -> LandResult:
        self.now += timedelta(hours=1)
        context = LandContext(Landing(self.lake), self.progress.append, lambda: self.now, self.waits.append)
        return load_source(self.spec(resources=resources, **options)).land(context)

    def fails(self, resources: dict[str, Any], **options: Any) -> IngotError:
        with pytest.raises(IngotError) as caught:
            self.land(resources, **options)
        return caught.value

    def records(self, resource: str) -> list[LandingRecord]:
        return [record for record in Landing(self.lake).records("shop") if record.resource == resource]

    def texts(self, resource: str) -> list[str]:
        """The content of each landed file, in the order in which they were landed."""
        folder = self.lake / "_landing" / "shop"
        return [gzip.decompress((folder / record.name).read_bytes()).decode() for record in self.records(resource)]

    def rows(self, resource: str) -> list[Any]:
        return [json.loads(line) for text in self.texts(resource) for line in text.splitlines()]

    def ids(self, resource: str) -> list[Any]:
        return [row["id"] for row in self.rows(resource)]


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve("HTTP/1.1") as server:
        yield server


@pytest.fixture
def shop(web: WebServer, tmp_path: Path) -> Shop:
    return Shop(web, tmp_path / "lake")


def rows(first: int, last: int) -> list[dict[str, int]]:
    """Records with the ids from first to last."""
    return [{"id": number} for number in range(first, last + 1)]
