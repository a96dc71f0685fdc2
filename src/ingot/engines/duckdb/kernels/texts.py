"""Functions over text that DuckDB has not, or computes over bytes where Spark takes letters."""

from __future__ import annotations

import base64
import random
import string

from ingot.engines.duckdb.kernels import Kernel

_SOUNDEX = "01230127022455012623017202"  # of A to Z; 7 marks the letters that do not separate
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE32_ANY_CASE = _BASE32 + _BASE32.lower()
_LETTERS = string.digits + string.ascii_letters
_UNSIGNED_MAX = 2**64 - 1
_CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1", "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le", "utf-16": "utf-16", "utf-32": "utf-32",
}  # fmt: skip
CHARSETS = tuple(_CODECS)


def _levenshtein(left: str, right: str) -> int:
    if len(left) < len(right):
        left, right = right, left
    row = list(range(len(right) + 1))
    for at, letter in enumerate(left, 1):
        diagonal, row[0] = row[0], at
        for column, other in enumerate(right, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (letter != other)),
            )
    return row[-1]


def _java_characters(text: str) -> str:
    """The text with a character for each of Java's, which has two for one beyond the first plane."""
    units = text.encode("utf-16-le")
    return text if len(units) == 2 * len(text) else "".join(map(chr, memoryview(units).cast("H")))


def _jaro_winkler(left: str, right: str) -> float:
    left, right = _java_characters(left), _java_characters(right)
    similarity = _jaro(left, right)
    prefix = 0
    while prefix < min(4, len(left), len(right)) and left[prefix] == right[prefix]:
        prefix += 1
    return similarity + prefix * 0.1 * (1.0 - similarity)


def _jaro(left: str, right: str) -> float:
    if left == right:
        return 1.0
    window = max(max(len(left), len(right)) // 2 - 1, 0)
    is_taken = [False] * len(right)
    from_left: list[str] = []
    for at, letter in enumerate(left):
        for other in range(max(0, at - window), min(len(right), at + window + 1)):
            if not is_taken[other] and right[other] == letter:
                is_taken[other] = True
                from_left.append(letter)
                break
    if not from_left:
        return 0.0
    from_right = [letter for letter, taken in zip(right, is_taken, strict=True) if taken]
    swaps = sum(a != b for a, b in zip(from_left, from_right, strict=True)) / 2
    count = len(from_left)
    return (count / len(left) + count / len(right) + (count - swaps) / count) / 3.0


def _soundex(text: str) -> str:
    first = text[:1].upper()
    if not ("A" <= first <= "Z" and text[0].isascii()):
        return text
    codes, last = first, _SOUNDEX[ord(first) - 65]
    for letter in text[1:].encode():
        upper = letter - 32 if 97 <= letter <= 122 else letter
        if not 65 <= upper <= 90:
            last = "0"
            continue
        code = _SOUNDEX[upper - 65]
        if code == "7":
            continue
        if code not in ("0", last):
            codes += code
            if len(codes) == 4:
                break
        last = code
    return codes.ljust(4, "0")


def _conv(text: str, source: int, target: int, is_ansi: bool) -> str | None:
    """Between number systems, in unsigned 64 bits; a negative target shows a sign."""
    text = text.strip(" ")
    if not (2 <= source <= 36 and 2 <= abs(target) <= 36) or not text:
        return None
    is_negative = text.startswith("-")
    value = 0
    for letter in text[is_negative:].upper():
        digit = _DIGITS.find(letter)
        if not 0 <= digit < source:
            break
        value = value * source + digit
        if value > _UNSIGNED_MAX:
            if is_ansi:
                raise ValueError("ARITHMETIC_OVERFLOW: conv takes numbers of 64 bits")
            value = _UNSIGNED_MAX
            break
    if is_negative and target > 0:
        value = _UNSIGNED_MAX if value >= 2**63 else -value & _UNSIGNED_MAX
    if target < 0 and value >= 2**63:
        value, is_negative = 2**64 - value, True
    shown = ""
    while value:
        value, digit = divmod(value, abs(target))
        shown = _DIGITS[digit] + shown
    return ("-" if is_negative and target < 0 else "") + (shown or "0")


def _encode(text: str, charset: str) -> bytes:
    codec = _codec(charset, "encode")
    try:
        if codec == "utf-16":
            return b"\xfe\xff" + text.encode("utf-16-be") if text else b""
        return text.encode("utf-32-be" if codec == "utf-32" else codec)
    except UnicodeEncodeError as error:
        raise ValueError(f"MALFORMED_CHARACTER_CODING: {charset} has no code for a letter of a text") from error


def _decode(data: bytes, charset: str) -> str:
    codec = _codec(charset, "decode")
    if codec in ("utf-16", "utf-32") and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        codec += "-be"
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise ValueError(f"MALFORMED_CHARACTER_CODING: a value is no {charset}; use try_validate_utf8") from error


def _codec(charset: str, name: str) -> str:
    found = _CODECS.get(charset.lower())
    if found is None:
        raise ValueError(f"INVALID_PARAMETER_VALUE.CHARSET: {name} knows no charset {charset!r}; use 'utf-8'")
    return found


def _from_base32(text: str) -> bytes:
    """As Java's codec, which passes over other letters and ends at a `=`."""
    values = [value for value in map(_BASE32_ANY_CASE.find, text.partition("=")[0]) if value >= 0]
    values = [value % len(_BASE32) for value in values]
    bits = "".join(f"{value:05b}" for value in values)
    found = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
    last = ([0, *values][-2] << 5 | values[-1]) >> 2 & 255 if len(values) % 8 == 1 else None  # five bits are filled up
    return found if last is None else found + bytes([last])


def _instr(text: str, part: str, position: int, occurrence: int) -> int:
    """Where a part begins, counted from 1; from a negative position backwards from the end. They may overlap."""
    if occurrence < 1:
        raise ValueError("INVALID_PARAMETER_VALUE.OCCURRENCE: the occurrence of instr counts from 1")
    if position == 0 or not part:
        return 0 if part else 1
    at = position - 1 if position > 0 else len(text) + position
    found = -1
    for _ in range(occurrence):
        if at < 0:
            return 0
        found = text.find(part, at) if position > 0 else text.rfind(part, 0, at + len(part))
        if found < 0:
            return 0
        at = found + 1 if position > 0 else found - 1
    return found + 1


def _text_or_none(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _validated(data: bytes) -> str:
    found = _text_or_none(data)
    if found is None:
        raise ValueError("INVALID_UTF8_STRING: a value is no UTF-8; use try_validate_utf8")
    return found


def _initcap(text: str) -> str:
    words = text.split(" ")
    return " ".join(word[:1].title() + word.lower()[len(word[:1].lower()) :] for word in words)


KERNELS = {
    "upper": Kernel(str.upper, "VARCHAR", "VARCHAR"),
    "initcap": Kernel(_initcap, "VARCHAR", "VARCHAR"),
    "levenshtein": Kernel(_levenshtein, "VARCHAR, VARCHAR", "INTEGER"),
    "jaro_winkler": Kernel(_jaro_winkler, "VARCHAR, VARCHAR", "DOUBLE"),
    "soundex": Kernel(_soundex, "VARCHAR", "VARCHAR"),
    "conv": Kernel(_conv, "VARCHAR, INTEGER, INTEGER, BOOLEAN", "VARCHAR"),
    "encode": Kernel(_encode, "VARCHAR, VARCHAR", "BLOB"),
    "decode": Kernel(_decode, "BLOB, VARCHAR", "VARCHAR"),
    "instr": Kernel(_instr, "VARCHAR, VARCHAR, INTEGER, INTEGER", "INTEGER"),
    "randstr": Kernel(lambda count: "".join(random.choices(_LETTERS, k=count)), "INTEGER", "VARCHAR", is_volatile=True),
    "utf8_or_null": Kernel(_text_or_none, "BLOB", "VARCHAR"),
    "utf8_validated": Kernel(_validated, "BLOB", "VARCHAR"),
    "utf8_mended": Kernel(lambda data: data.decode(errors="replace"), "BLOB", "VARCHAR"),
    "to_base32": Kernel(lambda data: base64.b32encode(data).decode(), "BLOB", "VARCHAR"),
    "from_base32": Kernel(_from_base32, "VARCHAR", "BLOB"),
}
