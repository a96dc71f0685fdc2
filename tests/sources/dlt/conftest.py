"""A project whose source is written for dlt, and a lake that it is landed into."""

from __future__ import annotations

import gzip
import json
import textwrap
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import IngotError, Location
from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, LandResult, load_source


@dataclass
class Shop:
    """The file `shop.py` of a project, and what its source has landed."""

    root: Path
    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    progress: list[LandProgress] = field(default_factory=list)

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    def write(self, code: str, name: str = "shop.py") -> None:
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text("import dlt\n\n" + textwrap.dedent(code))

    def land(self, source: str = "shop.py:shop", **options: Any) -> LandResult:
        self.now += timedelta(hours=1)
        spec = SourceSpec("shop", "dlt", {"source": source, **options}, Location(str(self.root / "ingot.yml"), 4))
        context = LandContext(Landing(self.lake), self.progress.append, lambda: self.now)
        return load_source(spec).land(context)

    def fails(self, source: str = "shop.py:shop", **options: Any) -> IngotError:
        with pytest.raises(IngotError) as caught:
            self.land(source, **options)
        return caught.value

    def names(self, resource: str) -> list[str]:
        folder = self.lake / "_landing" / "shop" / resource
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def rows(self, resource: str) -> list[Any]:
        """The rows of all files of a resource, oldest first."""
        folder = self.lake / "_landing" / "shop" / resource
        texts = (gzip.decompress((folder / name).read_bytes()).decode() for name in self.names(resource))
        return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)
