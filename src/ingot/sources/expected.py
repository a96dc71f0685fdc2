"""What a file must be so that it is landed: its type, its size, its checksum."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from dataclasses import dataclass

from ingot.errors import SourceError
from ingot.lake.landing import Partial
from ingot.sources.options import Options
from ingot.sources.transfer import Answer, Request

_CHECKSUM = re.compile(r"(?:(sha256|sha512|sha1|md5):)?([0-9a-fA-F]+)")
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?", re.IGNORECASE)


@dataclass(frozen=True)
class Expected:
    """What is asked of one file.

    Attributes:
        content_types: Patterns of which the type that the server gives must fit one; any if empty.
        bytes_min: The least size, `bytes_max` the greatest.
        checksum: Name of the digest and its hexadecimal value.
    """

    content_types: tuple[str, ...] = ()
    bytes_min: int = 0
    bytes_max: int | None = None
    checksum: tuple[str, str] | None = None

    def check_size(self, request: Request, size: int) -> None:
        """Refuse a file that is larger than allowed, as soon as that is known.

        Raises:
            SourceError: `unexpected-size`.
        """
        if self.bytes_max is not None and size > self.bytes_max:
            raise self._wrong_size(request, f"more than {self.bytes_max:,} bytes")

    def check(self, request: Request, answer: Answer, file: Partial) -> None:
        """Refuse a file that has come whole and is not what it should be.

        Raises:
            SourceError: `unexpected-size`, `unexpected-type`, `wrong-checksum`.
        """
        if file.bytes < self.bytes_min:
            raise self._wrong_size(request, f"{file.bytes:,} bytes, at least {self.bytes_min:,} are expected")
        self.check_size(request, file.bytes)
        kind = answer.content_type or "none"
        if self.content_types and not any(fnmatch.fnmatchcase(kind.lower(), p.lower()) for p in self.content_types):
            raise SourceError(
                f"{request.shown_url} answered with content of type {kind}, not {' or '.join(self.content_types)}",
                hint="open the URL in a browser: it may show an error, or ask to log in",
                code="unexpected-type",
            )
        if self.checksum is not None:
            self._check_digest(request, file, *self.checksum)

    def _check_digest(self, request: Request, file: Partial, kind: str, wanted: str) -> None:
        file.flush()
        with file.path.open("rb") as content:
            found = file.sha256 if kind == "sha256" else hashlib.file_digest(content, kind).hexdigest()
        if found != wanted.lower():
            raise SourceError(
                f"{request.target} from {request.shown_url} has the {kind} {found}, not {wanted.lower()}",
                hint="the file was damaged or replaced; if the new one is right, correct `checksum`",
                code="wrong-checksum",
            )

    def _wrong_size(self, request: Request, what: str) -> SourceError:
        return SourceError(
            f"{request.target} from {request.shown_url} has {what}",
            hint="look at what the URL gives; if it is right, correct `expect`",
            code="unexpected-size",
        )


def read_expected(options: Options, checksum: str | None, part: Options | None) -> Expected:
    """What `expect` and `checksum` of an entry say.

    Args:
        options: The entry, for its errors.
        checksum: The checksum of one file, filled in.
        part: The options within `expect`.
    """
    digest = _digest(options, checksum)
    if part is None:
        return Expected(checksum=digest)
    types = tuple(text.strip() for text in (part.text("content_type") or "").split(",") if text.strip())
    smallest, largest = part.plain("min_size"), part.plain("max_size")
    return Expected(
        types,
        0 if smallest is None else _bytes(part, "min_size", smallest),
        None if largest is None else _bytes(part, "max_size", largest),
        digest,
    )


def _digest(options: Options, text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    found = _CHECKSUM.fullmatch(text.strip())
    kind = (found[1] or "sha256") if found else ""
    if found is None or len(found[2]) != _DIGITS[kind]:
        raise options.error(
            f"{text!r} is no checksum",
            hint="checksum: sha256:<64 hexadecimal digits>; sha512, sha1 and md5 are known too",
            code="wrong-type",
        )
    return kind, found[2]


def _bytes(options: Options, key: str, text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise options.error(f"{key!r} must be a size such as 10MB, not {text!r}", code="wrong-type")
    unit = (found[2] or "").lower()
    factor = 1 if not unit else (1024 if unit.endswith("i") else 1000) ** ("kmgt".index(unit[0]) + 1)
    return int(float(found[1]) * factor)
