"""Memory does not grow with the size of a file."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from sources.files.conftest import Drops
from sources.files.test_s3 import listing
from sources.misbehaving import Handler, WebServer

MEGABYTES = 400
PIECE = bytes(range(256)) * 4096


@pytest.mark.slow
@pytest.mark.parametrize("url", ["./in", "s3://b/"])
def test_a_large_file_lands_in_little_memory(drops: Drops, web: WebServer, url: str) -> None:
    if url == "./in":
        with (drops.folder / "in" / "a.bin").open("wb") as file:
            for _ in range(MEGABYTES):
                file.write(PIECE)
        storage = "{}"
    else:
        pytest.importorskip("obstore", reason="needs obstore")
        web.on("/b", listing(("a.bin", '"1"', MEGABYTES << 20)))
        web.on("/b/a.bin", sends_pieces)
        storage = f'{{"endpoint": {web.url!r}, "region": "x", "anonymous": True}}'
    script = textwrap.dedent(f"""
        import pathlib, re
        from ingot.errors import Location
        from ingot.lake.landing import Landing
        from ingot.model import SourceSpec
        from ingot.source import LandContext, load_source
        folder = pathlib.Path({str(drops.folder)!r})
        options = {{"url": {url!r}, "storage": {storage}, "parallel": 2}}
        spec = SourceSpec("drops", "files", options, Location(str(folder / "ingot.yml"), 1))
        print(load_source(spec).land(LandContext(Landing(folder / "lake"))).bytes)
        status = pathlib.Path('/proc/self/status').read_text()  # getrusage counts what the parent had, too
        print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) // 1024)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    landed, peak_mb = map(int, done.stdout.split())
    assert landed == MEGABYTES << 20
    assert peak_mb < 150


def sends_pieces(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("ETag", '"1"')
    handler.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
    handler.send_header("Content-Length", str(MEGABYTES << 20))
    handler.end_headers()
    for _ in range(MEGABYTES):
        handler.wfile.write(PIECE)
