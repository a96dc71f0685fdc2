"""The content of a file as bytes: facts as JSON, and behind them the columns of the cubes as a browser holds numbers.

The first four bytes say how long the JSON is; columns begin at the next multiple of four behind it, each at one of its
own. All of it is one gzip stream, as text in base64.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
from array import array
from typing import Any

from ingot.dashboards.export.content import Content

_WORD = 4


def packed(content: Content, world: Any) -> str:
    """The content as text that a page unpacks.

    Args:
        content: What the file holds.
        world: The outlines of countries, if a map is among the visuals.
    """
    return base64.b64encode(gzip.compress(as_bytes(content, world), 9, mtime=0)).decode()


def as_bytes(content: Content, world: Any) -> bytes:
    """The content, not compressed."""
    columns: list[bytes] = []
    at = 0
    cubes = []
    for cube in content.cubes.packed:
        facts: list[dict[str, Any]] = []
        for column, codes in zip((*cube.keys, *cube.sums), cube.blobs, strict=True):
            facts.append({**column, "at": at, "width": codes.itemsize})
            columns.append(_padded(_little_endian(codes)))
            at += len(columns[-1])
        keys = facts[: len(cube.keys)]
        cubes.append({"rows": cube.rows, "keys": keys, "sums": facts[len(keys) :], "measures": cube.measures})
    facts_json = {**content.facts, "cubes": cubes, "world": world}
    head = json.dumps(facts_json, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return b"".join([len(head).to_bytes(_WORD, "little"), _padded(head), *columns])


def _little_endian(codes: array[int]) -> bytes:
    if sys.byteorder == "little":
        return codes.tobytes()
    turned = array(codes.typecode, codes)
    turned.byteswap()
    return turned.tobytes()


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % _WORD)
