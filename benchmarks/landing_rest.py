"""How much landing an API costs beyond asking for its pages: `python benchmarks/landing_rest.py [PAGES]`.

A server in a process of its own answers with pages of 100 records, at once or after 20 ms. The same requests are made
with the standard library's client on one connection, with urllib3 and httpx where they are installed, and by a source
of kind `rest`, which also cuts out the records, compresses them, and makes each page durable. Medians of three.
"""

from __future__ import annotations

import http.client
import http.server
import importlib.util
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.source import LandContext, load_source

RECORDS = 100


def body(page: int, pages: int) -> bytes:
    first = page * RECORDS
    items = [
        {
            "id": number,
            "name": f"customer {number}",
            "price": 12.5 + number,
            "at": "2024-01-01T00:00:00Z",
            "tags": ["a", "b"],
        }
        for number in range(first, first + RECORDS)
    ]
    return json.dumps({"total": pages * RECORDS, "items": items}).encode()


def serve(port: multiprocessing.Queue, pages: int, delay_s: float) -> None:
    bodies = [body(page, pages) for page in range(pages)]

    class Api(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            offset = int(parse_qs(urlsplit(self.path).query)["offset"][0])
            time.sleep(delay_s)
            content = bodies[offset // RECORDS]
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            self.wfile.write(head.encode() + content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        port.put(server.server_address[1])
        server.serve_forever()


def with_http_client(port: int, pages: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for page in range(pages):
        connection.request("GET", f"/items?offset={page * RECORDS}")
        connection.getresponse().read()


def with_urllib3(port: int, pages: int) -> None:
    import urllib3  # pyright: ignore[reportMissingImports]

    pool = urllib3.PoolManager()
    for page in range(pages):
        assert pool.request("GET", f"http://127.0.0.1:{port}/items?offset={page * RECORDS}").data


def with_httpx(port: int, pages: int) -> None:
    import httpx  # pyright: ignore[reportMissingImports]

    with httpx.Client() as client:
        for page in range(pages):
            assert client.get(f"http://127.0.0.1:{port}/items?offset={page * RECORDS}").content


def with_ingot(port: int, pages: int, parallel: int) -> None:
    paging = {"kind": "offset", "total": "total"}
    items = {"path": "/items", "records": "items", "paging": paging}
    options = {"url": f"http://127.0.0.1:{port}", "parallel": parallel, "resources": {"items": items}}
    with tempfile.TemporaryDirectory() as lake:
        landed = load_source(SourceSpec("api", "rest", options)).land(LandContext(Landing(Path(lake)))).landed
    assert len(landed) == pages


def median_s(act: Callable[[], None]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for delay_ms in (0, 20):
        queue: multiprocessing.Queue = multiprocessing.Queue()
        server = multiprocessing.Process(target=serve, args=(queue, pages, delay_ms / 1000), daemon=True)
        server.start()
        port = queue.get()
        ways: dict[str, Callable[[], None]] = {"http.client": lambda port=port: with_http_client(port, pages)}
        if importlib.util.find_spec("urllib3"):
            ways["urllib3"] = lambda port=port: with_urllib3(port, pages)
        if importlib.util.find_spec("httpx"):
            ways["httpx"] = lambda port=port: with_httpx(port, pages)
        ways["ingot, one request at a time"] = lambda port=port: with_ingot(port, pages, 1)
        ways["ingot, four at once"] = lambda port=port: with_ingot(port, pages, 4)
        print(f"{pages} pages of {len(body(0, pages)) / 1024:.0f} KiB, the server takes {delay_ms} ms for each")
        for name, act in ways.items():
            print(f"  {name:32} {median_s(act) / pages * 1000:7.2f} ms a page")
        server.kill()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
