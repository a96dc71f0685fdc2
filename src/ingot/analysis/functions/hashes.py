"""Digests and hash functions."""

from __future__ import annotations

SCALARS = """
md5 (binary) -> string
sha1, sha (binary) -> string
sha2 (binary, int) -> string
crc32 (binary) -> bigint
hmac (binary, binary, string?) -> binary
hash (any+) -> int
xxhash64 (any+) -> bigint
"""
