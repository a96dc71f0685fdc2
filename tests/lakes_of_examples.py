"""The examples with lakes of their own: copies whose sources are small and stand on servers of this machine."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import ingot
from sources_of_examples import make_source_of

EXAMPLES = Path(__file__).parent.parent / "examples"
_MADE = ("lake", "internet", "drop", "web", "changes", "database", "__pycache__")


def with_lake(name: str, folder: Path) -> Path:
    """A copy of an example below a folder, after updates that filled all of its tables."""
    root = Path(shutil.copytree(EXAMPLES / name, folder / name, ignore=shutil.ignore_patterns(*_MADE)))
    _FILLED[name](root)
    return root


def _tokyo_olympics(root: Path) -> None:
    make_source = make_source_of(root)
    make_source.make_source(root / "web")
    with _serving(make_source.server(root / "web")) as url:
        _run(root, url)


def _netflix(root: Path) -> None:
    make_source = make_source_of(root)
    drop, web = root / "drop", root / "web"
    drop.mkdir()
    web.mkdir()
    for delivery in make_source.deliveries(300):
        make_source.deliver(delivery, drop, web)
    with _serving(make_source.server(web)) as url:
        _run(root, url)


def _ecommerce(root: Path) -> None:
    make_source = make_source_of(root)
    server = make_source.server({})
    with _serving(server) as url:
        for day in make_source.days(carts=70):
            server.data = day
            _run(root, url)


def _adventure_works(root: Path) -> None:
    sys.path.insert(0, str(root))  # its programs import each other
    try:
        generate = import_module("generate")
        for number, day in enumerate(generate.days(customers=60, products=15, actions=90), 1):
            for table in generate.LAYOUTS:
                events = [event for event in day.delivered if event.table == table]
                generate.write_file(root / "changes", table, str(number), events)
    finally:
        sys.path.remove(str(root))
        for name in ("generate", "layouts", "shop"):
            sys.modules.pop(name, None)
    _run(root)


_FILLED: dict[str, Callable[[Path], None]] = {
    "tokyo_olympics": _tokyo_olympics,
    "netflix": _netflix,
    "ecommerce": _ecommerce,
    "adventure_works": _adventure_works,
}


@contextmanager
def _serving(server: Any) -> Iterator[str]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _run(root: Path, source_url: str | None = None) -> None:
    with ingot.connect(root, configuration={"source_url": source_url} if source_url else {}) as lake:
        outcome = lake.run()
    assert outcome.is_success, (outcome.failures, outcome.errors)
