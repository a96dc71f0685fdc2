"""What is landed: a web server with one large file and pages of an API, and a PostgreSQL with one table.

python servers.py FILE PAGES LATENCY_MS    # prints the port, serves until it is killed
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

RECORDS = 100  # of a page
BLOCK_BYTES = 1_000_000
_TABLE = """
CREATE UNLOGGED TABLE {name} (
    id bigint PRIMARY KEY, customer int, status text, price numeric(12,2),
    discount double precision, shipped date, modified timestamptz NOT NULL, note varchar(40))"""
_FILL = """
INSERT INTO {name}
SELECT i, i % 100000, (ARRAY['new', 'paid', 'sent', 'gone'])[1 + i % 4], (i % 1000000) / 100.0, i / 7.0,
       date '2020-01-01' + (i % 1000)::int, timestamptz '2024-01-01' + i * interval '1 second', md5(i::text)
FROM generate_series(1, {rows}) i"""


def make_file(path: Path, size: int) -> None:
    """A file of noise, in whole blocks."""
    block = os.urandom(BLOCK_BYTES)
    with path.open("wb") as file:
        for _ in range(max(1, size // BLOCK_BYTES)):
            file.write(block)


@contextmanager
def database(sizes: dict[str, int]) -> Iterator[tuple[int, str, str]]:
    """A PostgreSQL of its own with tables of so many rows: its port, user and password.

    Raises:
        FileNotFoundError: there are no programs of PostgreSQL.
    """
    sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tests"))
    from sources.database.servers import PASSWORD, USER, postgresql, postgresql_connection, postgresql_programs

    programs = postgresql_programs()
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ingot-db-"))
    folder.chmod(0o755)
    try:
        with postgresql(folder / "pg", programs) as server:
            with postgresql_connection(server.port) as cursor:
                for name, rows in sizes.items():
                    cursor.execute(_TABLE.format(name=name))
                    cursor.execute(_FILL.format(name=name, rows=rows))
                    cursor.execute(f"VACUUM ANALYZE {name}")
            yield server.port, USER, PASSWORD
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- the web ------------------------------------------------------------------------------------------------------


def _page(number: int, pages: int) -> bytes:
    items = [
        {
            "id": place,
            "name": f"customer {place}",
            "price": 12.5 + place,
            "at": "2024-01-01T00:00:00Z",
            "tags": ["a", "b"],
        }
        for place in range(number * RECORDS, (number + 1) * RECORDS)
    ]
    return json.dumps({"total": pages * RECORDS, "items": items}).encode()


def serve(file: Path, pages: int, latency_s: float) -> None:
    """Answer `/file` with the file, and `/items/<how many pages there are>?offset=…` with a page after a while."""
    bodies = [_page(number, pages) for number in range(pages)]

    class Web(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path.startswith("/file"):
                self._head("text/csv", file.stat().st_size)
                with file.open("rb") as opened:
                    self.connection.sendfile(opened)
                return
            asked = urlsplit(self.path)
            time.sleep(latency_s)
            self._page(int(asked.path.rpartition("/")[2]), int(parse_qs(asked.query)["offset"][0]) // RECORDS)

        def _page(self, wanted: int, number: int) -> None:
            content = bodies[number].replace(b'"total": %d' % (pages * RECORDS), b'"total": %d' % (wanted * RECORDS))
            self._head("application/json", len(content), content)

        def _head(self, kind: str, length: int, content: bytes = b"") -> None:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
            self.wfile.write(head.encode() + content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1000)
