"""Checksums and digests that DuckDB has not."""

from __future__ import annotations

import hashlib
import hmac
import zlib

from ingot.engines.duckdb.kernels import Kernel

_HMAC = {
    "MD5": "md5", "SHA1": "sha1", "SHA-1": "sha1", "SHA224": "sha224", "SHA-224": "sha224", "SHA256": "sha256",
    "SHA-256": "sha256", "SHA384": "sha384", "SHA-384": "sha384", "SHA512": "sha512", "SHA-512": "sha512",
}  # fmt: skip


def _sha2(value: bytes, bits: int) -> str | None:
    match bits:
        case 0 | 256:
            return hashlib.sha256(value).hexdigest()
        case 224:
            return hashlib.sha224(value).hexdigest()
        case 384:
            return hashlib.sha384(value).hexdigest()
        case 512:
            return hashlib.sha512(value).hexdigest()
    return None


def _hmac(key: bytes, message: bytes, algorithm: str) -> bytes:
    name = _HMAC.get(algorithm.upper())
    if name is None:
        raise ValueError(f"INVALID_PARAMETER_VALUE: hmac knows no algorithm {algorithm!r}; use 'SHA-256'")
    if not key:
        raise ValueError("INVALID_PARAMETER_VALUE: hmac takes no empty key")
    return hmac.digest(key, message, name)


KERNELS = {
    "crc32": Kernel(zlib.crc32, "BLOB", "BIGINT"),
    "sha2": Kernel(_sha2, "BLOB, INTEGER", "VARCHAR"),
    "hmac": Kernel(_hmac, "BLOB, BLOB, VARCHAR", "BLOB"),
}
