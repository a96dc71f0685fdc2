"""Members of a zip file, each to be landed as a file of its own; never holds one in memory."""

from __future__ import annotations

import fnmatch
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from ingot.errors import SourceError
from ingot.lake.landing import Partial
from ingot.sources.options import PLAIN_NAME

_CHUNK_BYTES = 1024 * 1024
# What zipfile and the decompressors raise; OSError is bzip2's word for it, and a place before the file's beginning.
_DAMAGED = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, NotImplementedError, UnicodeDecodeError)


def unpack(
    archive: Path, shown: str, patterns: Sequence[str], new_file: Callable[[], Partial]
) -> Iterator[tuple[str, Partial]]:
    """The members that fit one of the patterns, in the order of the archive: name without folders, content.

    Args:
        archive: The zip file.
        shown: What it is called in errors.
        patterns: Of names within the archive, or of their last parts.
        new_file: Makes what a member is written to.

    Raises:
        SourceError: `damaged-archive`: it is no zip file, or broken, or encrypted; `missing-member`: none fits;
            `duplicate-name`: two have one name without their folders, or one has a name that no file can land under.
    """
    taken: set[str] = set()
    try:
        with zipfile.ZipFile(archive) as opened:
            chosen = [info for info in opened.infolist() if not info.is_dir() and _fits(info.filename, patterns)]
            if not chosen:
                names = ", ".join(info.filename for info in opened.infolist()[:5])
                raise SourceError(
                    f"{shown} has no member that fits {' or '.join(patterns)}",
                    hint=f"it has: {names}" if names else "it is empty",
                    code="missing-member",
                )
            for info in chosen:
                name = PurePosixPath(info.filename).name
                if name in taken or not PLAIN_NAME.fullmatch(name):
                    raise SourceError(
                        f"{shown}: a member of the archive cannot land under the name {name!r}",
                        hint="name the members that are wanted: members: [data/*.csv]",
                        code="duplicate-name",
                    )
                taken.add(name)
                yield name, _extracted(opened, info, new_file())
    except _DAMAGED as error:
        raise SourceError(
            f"{shown} cannot be unpacked: {error}", hint="is it a zip file?", code="damaged-archive"
        ) from error
    except RuntimeError as error:  # how zipfile words that a password is needed
        raise SourceError(f"{shown} is encrypted", hint="ask for one that is not", code="damaged-archive") from error


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(n, pattern) for n in (name, PurePosixPath(name).name) for pattern in patterns)


def _extracted(opened: zipfile.ZipFile, info: zipfile.ZipInfo, output: Partial) -> Partial:
    try:
        with opened.open(info) as content:
            while chunk := content.read(_CHUNK_BYTES):
                output.write(chunk)
    except BaseException:
        output.close()
        raise
    return output
