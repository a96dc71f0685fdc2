"""DuckDB macros for Spark's `hash` (Murmur3, 32 bits) and `xxhash64`, for values of every width and for bytes.

States and words are UBIGINT. Owns the arithmetic, whose shifts and sums must not overflow, for DuckDB raises there.
Which macro a value takes is decided in `hashes`.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

_LOW = 2**32 - 1
_P1, _P2, _P3, _P4, _P5 = (
    11400714785074694791,
    14029467366897019727,
    1609587929392839161,
    9650029242287828579,
    2870177450012600261,
)


def _product(left: str, right: str, plus: int = 0) -> str:
    """`left * right + plus` in 64 bits."""
    added = f" + {plus}::UHUGEINT" if plus else ""
    return f"CAST(({left}::UHUGEINT * {right}::UHUGEINT{added}) & {2**64 - 1}::UHUGEINT AS UBIGINT)"


def _sum(left: str, right: str | int) -> str:
    return f"CAST(({left}::UHUGEINT + {right}::UHUGEINT) & {2**64 - 1}::UHUGEINT AS UBIGINT)"


def _turned(value: str, bits: int) -> str:
    """A name, rotated to the left in 64 bits."""
    return f"((({value} & {2 ** (64 - bits) - 1}::UBIGINT) << {bits}) | ({value} >> {64 - bits}))"


def _round(state: str, word: str) -> str:
    """One lane of xxHash: `rotl(state + word * P2, 31) * P1`."""
    return f"invoke(lambda r: {_product(_turned('r', 31), str(_P1))}, {_sum(state, _product(word, str(_P2)))})"


def _merged(state: str, lane: str) -> str:
    return _product(f"xor({state}, ingot_xx_round(0::UBIGINT, {lane}))", str(_P1), _P4)


def _lane(number: int, start: str) -> str:
    words = f"list_transform(range(0, octet_length(b) // 32), lambda i: ingot_word64(b, 32 * i + {8 * number}))"
    return f"list_reduce({words}, lambda g, w: ingot_xx_round(g, w), {start})"


def _reduced(words: str, step: str, start: str) -> str:
    """A list of words folded into a state; the state itself for no words."""
    return f"list_reduce({words}, lambda g, w: {step}, {start})"


_BYTES_SWAPPED = " | ".join(f"(((x >> {8 * (7 - at)}) & 255) << {8 * at})" for at in range(8))

MACROS: dict[str, str] = {
    "ingot_signed32(h)": f"CAST(CASE WHEN h > {2**31 - 1} THEN CAST(h AS BIGINT) - {2**32} ELSE CAST(h AS BIGINT) END AS INTEGER)",
    "ingot_signed64(h)": "CAST(CAST(h AS BIT) AS BIGINT)",
    "ingot_bits32(v)": f"CAST(CAST(v AS BIGINT) & {_LOW} AS UBIGINT)",
    "ingot_bits64(v)": "CAST(CAST(CAST(v AS BIGINT) AS BIT) AS UBIGINT)",
    "ingot_float_bits(v)": f"CASE WHEN isnan(v) THEN {0x7FC00000}::UBIGINT WHEN v = 0 THEN 0::UBIGINT ELSE CAST(CAST(CAST(v AS BIT) AS UINTEGER) AS UBIGINT) END",
    "ingot_double_bits(v)": f"CASE WHEN isnan(v) THEN {0x7FF8000000000000}::UBIGINT WHEN v = 0 THEN 0::UBIGINT ELSE CAST(CAST(v AS BIT) AS UBIGINT) END",
    # The bytes of a Java BigInteger: two's complement, as few as hold the sign.
    "ingot_integer_bytes(v)": """invoke(lambda n: array_slice(CAST(CAST(v AS BIT) AS BLOB), 17 - n, 16),
        length(ltrim(CAST(CAST(CASE WHEN v < 0 THEN -v - 1 ELSE v END AS BIT) AS VARCHAR), '0')) // 8 + 1)""",
    "ingot_word32(b, p)": """invoke(lambda x: ((x & 255) << 24) | ((x & 65280) << 8) | ((x >> 8) & 65280) | (x >> 24),
        CAST(CAST(CAST(array_slice(b, p + 1, p + 4) AS BIT) AS UINTEGER) AS UBIGINT))""",
    "ingot_word64(b, p)": f"""invoke(lambda x: {_BYTES_SWAPPED},
        CAST(CAST(array_slice(b, p + 1, p + 8) AS BIT) AS UBIGINT))""",
    "ingot_byte(b, p)": "CAST(CAST(CAST(array_slice(b, p + 1, p + 1) AS BIT) AS UTINYINT) AS UBIGINT)",
    # --- Murmur3, as Spark's Murmur3_x86_32: the bytes after the last word are mixed one by one, signed ---------------
    "ingot_murmur_word(h, k)": f"""invoke(lambda m: (((((m << 13) & {_LOW}) | (m >> 19)) * 5::UBIGINT) + {0xE6546B64}::UBIGINT) & {_LOW},
        xor(h, invoke(lambda q: ((((q << 15) & {_LOW}) | (q >> 17)) * {0x1B873593}::UBIGINT) & {_LOW}, (k * {0xCC9E2D51}::UBIGINT) & {_LOW})))""",
    "ingot_murmur_end(h, n)": f"""invoke(lambda c: xor(c, c >> 16), invoke(lambda b: (xor(b, b >> 13) * {0xC2B2AE35}::UBIGINT) & {_LOW},
        invoke(lambda a: (xor(a, a >> 16) * {0x85EBCA6B}::UBIGINT) & {_LOW}, xor(h, CAST(n AS UBIGINT)))))""",
    "ingot_murmur_int(v, h)": "ingot_murmur_end(ingot_murmur_word(h, v), 4)",
    "ingot_murmur_long(v, h)": f"invoke(lambda l: ingot_murmur_end(ingot_murmur_word(ingot_murmur_word(h, l & {_LOW}), l >> 32), 8), v)",
    "ingot_murmur_bytes(v, h)": f"""invoke(lambda b, n: ingot_murmur_end(list_reduce(list_concat(
        list_transform(range(0, n // 4), lambda i: ingot_word32(b, 4 * i)),
        list_transform(range(n - n % 4, n), lambda i: invoke(lambda s: CASE WHEN s > 127 THEN s + {2**32 - 256}::UBIGINT ELSE s END, ingot_byte(b, i)))),
        lambda g, w: ingot_murmur_word(g, w), h), n), v, octet_length(v))""",
    # --- xxHash64, as Spark's XXH64 -------------------------------------------------------------------------------
    "ingot_xx_round(h, w)": _round("h", "w"),
    "ingot_xx_end(h)": f"""invoke(lambda c: xor(c, c >> 32), invoke(lambda b: {_product("xor(b, b >> 29)", str(_P3))},
        invoke(lambda a: {_product("xor(a, a >> 33)", str(_P2))}, h)))""",
    "ingot_xx_word64(h, w)": f"invoke(lambda t: {_product(_turned('t', 27), str(_P1), _P4)}, xor(h, ingot_xx_round(0::UBIGINT, w)))",
    "ingot_xx_word32(h, w)": f"invoke(lambda t: {_product(_turned('t', 23), str(_P2), _P3)}, xor(h, {_product('w', str(_P1))}))",
    "ingot_xx_byte(h, w)": f"invoke(lambda t: {_product(_turned('t', 11), str(_P1))}, xor(h, {_product('w', str(_P5))}))",
    "ingot_xx_int(v, h)": f"ingot_xx_end(ingot_xx_word32({_sum('h', (_P5 + 4) % 2**64)}, v))",
    "ingot_xx_long(v, h)": f"ingot_xx_end(ingot_xx_word64({_sum('h', (_P5 + 8) % 2**64)}, v))",
    "ingot_xx_lanes(b, h)": f"""invoke(lambda v1, v2, v3, v4: {_merged(_merged(_merged(_merged("ingot_xx_start(v1, v2, v3, v4)", "v1"), "v2"), "v3"), "v4")},
        {_lane(0, _sum("h", (_P1 + _P2) % 2**64))}, {_lane(1, _sum("h", _P2))}, {_lane(2, "h")}, {_lane(3, _sum("h", 2**64 - _P1))})""",
    "ingot_xx_start(v1, v2, v3, v4)": f"CAST(({_turned('v1', 1)}::UHUGEINT + {_turned('v2', 7)}::UHUGEINT + {_turned('v3', 12)}::UHUGEINT + {_turned('v4', 18)}::UHUGEINT) & {2**64 - 1}::UHUGEINT AS UBIGINT)",
    "ingot_xx_bytes(v, s)": f"""invoke(lambda b, n: ingot_xx_end({
        _reduced(
            "list_transform(range(n - n % 4, n), lambda i: ingot_byte(b, i))",
            "ingot_xx_byte(g, w)",
            _reduced(
                "list_transform(range(n - n % 8, n - n % 8 + n % 8 // 4 * 4, 4), lambda i: ingot_word32(b, i))",
                "ingot_xx_word32(g, w)",
                _reduced(
                    "list_transform(range(n - n % 32, n - n % 8, 8), lambda i: ingot_word64(b, i))",
                    "ingot_xx_word64(g, w)",
                    f"CAST((CAST(CASE WHEN n >= 32 THEN ingot_xx_lanes(b, s) ELSE {_sum('s', _P5)} END AS UHUGEINT) + n::UHUGEINT) & {2**64 - 1}::UHUGEINT AS UBIGINT)",
                ),
            ),
        )
    }), v, octet_length(v))""",
}
