"""Fixtures of the tests of files: object stores, and a landing zone that files land in."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import Location
from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, LandResult, load_source
from sources.files.servers import (
    ACCOUNT,
    ACCOUNT_KEY,
    azurite,
    azurite_program,
    make_azure_container,
    make_s3_bucket,
    moto,
)

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC).timestamp()


@dataclass
class Drops:
    """A folder of files beside ingot.yml, and the lake that they land in, a day after the other."""

    folder: Path
    waits: list[float] = field(default_factory=list)
    progress: list[LandProgress] = field(default_factory=list)
    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def landing(self) -> Landing:
        return Landing(self.lake)

    def put(self, path: str, content: bytes, modified: float = LONG_AGO) -> Path:
        """Write a file below `in`, as if a while ago."""
        file = self.folder / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (modified, modified))
        return file

    def land(self, url: str = "./in", **options: Any) -> LandResult:
        self.now += timedelta(days=1)
        context = LandContext(self.landing, self.progress.append, lambda: self.now, self.waits.append)
        spec = SourceSpec("drops", "files", {"url": url, **options}, Location(str(self.folder / "ingot.yml"), 7))
        return load_source(spec).land(context)

    def files(self) -> dict[str, bytes]:
        """What can be seen in the landing zone."""
        root = self.lake / "_landing" / "drops"
        return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

    def waiting(self) -> list[str]:
        return [path.name for path in (self.lake / "_landing" / ".partial" / "drops").iterdir()]


@pytest.fixture
def drops(tmp_path: Path) -> Drops:
    (tmp_path / "in").mkdir()
    return Drops(tmp_path)


@dataclass
class Remote:
    """A bucket or container of a server for the tests."""

    url: str
    storage: dict[str, Any]
    store: Any

    def put(self, path: str, content: bytes) -> None:
        self.store.put(path, content)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    pytest.importorskip("obstore", reason="needs obstore")
    pytest.importorskip("moto", reason="needs moto")
    pytest.importorskip("flask_cors", reason="needs flask and flask-cors")
    with moto() as url:
        yield url


@pytest.fixture
def s3(s3_server: str) -> Remote:
    """A new bucket."""
    from obstore.store import S3Store

    bucket = f"drops-{uuid.uuid4().hex[:12]}"
    make_s3_bucket(s3_server, bucket)
    storage = {"endpoint": s3_server, "region": "eu-central-1", "access_key_id": "AKIA", "secret_access_key": "hidden"}
    return Remote(f"s3://{bucket}/", storage, S3Store(bucket, client_options={"allow_http": True}, **storage))


@pytest.fixture(scope="session")
def azure_server() -> Iterator[str]:
    pytest.importorskip("obstore", reason="needs obstore")
    program = azurite_program()
    if program is None:
        pytest.skip("needs Azurite: npm install --prefix .venv/azurite azurite, or INGOT_AZURITE=folder")
    with azurite(program) as url:
        yield url


@pytest.fixture
def azure(azure_server: str) -> Remote:
    """A new container."""
    from obstore.store import AzureStore

    container = f"drops-{uuid.uuid4().hex[:12]}"
    make_azure_container(azure_server, container)
    storage = {"endpoint": azure_server, "account": ACCOUNT, "account_key": ACCOUNT_KEY}
    store = AzureStore(
        container,
        account_name=ACCOUNT,
        account_key=ACCOUNT_KEY,
        endpoint=azure_server,
        client_options={"allow_http": True},
    )
    return Remote(f"az://{container}/", storage, store)
