"""Digests. Spark's `hash` and `xxhash64` are other functions than DuckDB's and refused."""

from __future__ import annotations

from ingot.engines.duckdb.lowering.call import Call, Lowering


def _sha2(call: Call) -> str:
    bits = call.number(1)
    if bits in (0, 256):
        return f"sha256({call.sql[0]})"
    if bits in (224, 384, 512):
        raise call.refuse(f"sha2 with {bits} bits is not supported", "use sha2(…, 256)")
    return "CAST(NULL AS VARCHAR)"


def _other(call: Call) -> str:
    raise call.refuse(f"{call.name} is not supported: DuckDB has no such hash function", "use md5 or sha2")


LOWERINGS: dict[str, Lowering] = {
    "md5": "md5({0})",
    "sha1": "sha1({0})",
    "sha2": _sha2,
    "crc32": _other,
    "hash": _other,
    "xxhash64": _other,
}
