"""Fixtures of the source tests: a web server, and a landing zone whose clock and waits are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import Location
from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, LandResult, load_source
from sources.misbehaving import WebServer, serve


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve() as server:
        yield server


@dataclass
class Puller:
    """Lands sources into one lake; remembers how long it had to wait and what progress it was told."""

    lake: Path
    waits: list[float] = field(default_factory=list)
    progress: list[LandProgress] = field(default_factory=list)
    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    @property
    def landing(self) -> Landing:
        return Landing(self.lake)

    def land(self, **options: Any) -> LandResult:
        context = LandContext(self.landing, self.progress.append, lambda: self.now, self.waits.append)
        spec = SourceSpec("olympics", "http", options, Location("ingot.yml", 7))
        return load_source(spec).land(context)

    def files(self) -> dict[str, bytes]:
        folder = self.lake / "_landing" / "olympics"
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}

    def waiting(self) -> list[str]:
        return [p.name for p in (self.lake / "_landing" / ".partial" / "olympics").iterdir()]


@pytest.fixture
def puller(tmp_path: Path) -> Puller:
    return Puller(tmp_path / "lake")
