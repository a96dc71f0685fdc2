"""What an entry of kind `files` asks for.

Owns the meaning of the entry's options. Never connects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingot.model import SourceSpec
from ingot.sources.files.address import LOCAL, Address, read_address
from ingot.sources.files.pattern import Pattern
from ingot.sources.files.storage import read_storage
from ingot.sources.options import Options, options_of, project_folder

_KEYS = (
    "url", "pattern", "members", "storage", "modified_after", "settled", "timeout", "retries", "parallel",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """An entry of kind `files`, checked.

    Attributes:
        patterns: As they were written, for messages.
        members: Of the files, which are zip files then: patterns of what lands in place of them.
        storage: Settings of the object store, under its library's names.
        modified_after: Files that are not younger are left out.
        settled_s: How long a local file must not have been written to.
    """

    address: Address
    pattern: Pattern
    patterns: tuple[str, ...]
    members: tuple[str, ...]
    storage: Mapping[str, str | bool] = field(repr=False)
    modified_after: datetime | None
    settled_s: float
    timeout_s: float
    retries: int
    parallel: int


def read_entry(spec: SourceSpec) -> Entry:
    """The entry's options.

    Raises:
        ProjectError: an option is missing, unknown, or has a wrong type.
    """
    options, root = options_of(spec, _KEYS), project_folder(spec)
    address = read_address(options, root)
    patterns = options.one_or_more("pattern") or ("**",)
    _check_patterns(options, patterns)
    if address.kind != LOCAL and "settled" in spec.options:
        raise options.error("'settled' is for local folders", hint="leave it out: objects get visible whole")
    return Entry(
        address=address,
        pattern=Pattern(patterns),
        patterns=patterns,
        members=options.one_or_more("members"),
        storage=read_storage(spec, address, root),
        modified_after=_instant(options, options.text("modified_after")),
        settled_s=0.0 if spec.options.get("settled") in (0, "0", "0s") else options.seconds("settled", 2.0),
        timeout_s=options.seconds("timeout", 60.0),
        retries=options.whole_number("retries", 4, 0, 20),
        parallel=options.whole_number("parallel", 4, 1, 32),
    )


def _check_patterns(options: Options, patterns: tuple[str, ...]) -> None:
    for text in patterns:
        path = text.removeprefix("!")
        if path.startswith("/") or not path.strip("/") or any(part in (".", "..") for part in path.split("/")):
            raise options.error(
                f"'pattern' must be a path below 'url', not {text!r}", hint='pattern: "**/*.csv"', code="invalid-source"
            )
    if all(text.startswith("!") for text in patterns):
        raise options.error("'pattern' takes all files away", hint='pattern: ["**", "!old/**"]')


def _instant(options: Options, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise options.error(
            f"'modified_after' is no instant: {text!r}",
            hint="modified_after: 2024-01-31, or 2024-01-31T06:00:00+01:00; without a zone it is UTC",
            code="wrong-type",
        ) from None
    return instant.replace(tzinfo=instant.tzinfo or UTC)
