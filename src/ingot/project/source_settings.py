"""Entries of `sources`: what all kinds of sources have in common, and the order in which they land.

Owns `kind`, `depends_on`, `when`, `landed` and `continue_on_error`; all other keys are the kind's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from ingot.durations import parse_duration
from ingot.errors import ProjectError, UnsupportedError, nearest
from ingot.model import Condition, Retention, SourceSpec
from ingot.project.paths import absolute, is_remote
from ingot.project.settings import Setting
from ingot.project.texts import Texts

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RETENTION_MAX = timedelta(days=36_525)


def read_source(texts: Texts, name: str, entry: Setting) -> SourceSpec:
    """One entry of `sources`.

    Raises:
        ProjectError: `missing-key`, `undefined-parameter`; what does not fit.
    """
    options: dict[str, Any] = dict(entry.mapping())
    if "kind" not in options:
        raise ProjectError(
            f"the source '{name}' has no `kind`",
            location=entry.location,
            hint="kind: http",
            code="missing-key",
        )
    kind = texts.required(options.pop("kind"))
    depends_on = texts.one_or_more(options.pop("depends_on", None))
    when = _condition(texts, options.pop("when", None))
    landed = _retention(texts, options.pop("landed", None))
    goes_on = texts.truth(options.pop("continue_on_error", None))
    plain = {key: value.plain(texts.fill_but_secrets) for key, value in options.items()}
    return SourceSpec(name, kind, plain, entry.location, depends_on, when, landed, goes_on, entry.key_locations)


def _condition(texts: Texts, entry: Setting | None) -> Condition:
    """`when` of a source."""
    if entry is None:
        return Condition()
    known = entry.mapping(("weekday", "configuration"))
    days = texts.one_or_more(known.get("weekday"))
    wrong = [day for day in days if _weekday(day) is None]
    if wrong:
        raise known["weekday"].wrong(f"days such as monday or [mon, 7], not {wrong[0]!r}")
    values = known["configuration"].mapping() if "configuration" in known else {}
    for key, value in values.items():
        if key not in texts.values:
            guess = nearest(key, list(texts.values))
            raise ProjectError(
                f"`when` asks for the value of '{key}', which the configuration does not have",
                location=value.location,
                hint=f"did you mean '{guess}'?" if guess else f"add it to `configuration`, or: --set {key}=…",
                code="undefined-parameter",
            )
    return Condition(
        tuple(number for day in days if (number := _weekday(day)) is not None),
        {key: texts.one_or_more(value) for key, value in values.items()},
    )


def _retention(texts: Texts, entry: Setting | None) -> Retention | None:
    """`landed` of a source."""
    if entry is None:
        return None
    if entry.text is not None:
        raise entry.wrong("{keep: 30d}, or {archive: ./archive, after: 7d}")
    known = entry.mapping(("keep", "archive", "after"))
    if ("keep" in known) == ("archive" in known) or ("after" in known and "archive" not in known):
        raise ProjectError(
            f"'{entry.path}' says neither `keep` nor `archive`, or too much",
            location=entry.location,
            hint="{keep: 30d} removes files after that time, {archive: ./archive, after: 7d} moves them",
        )
    if "keep" in known:
        return None if texts.required(known["keep"]) == "forever" else Retention(_duration(texts, known["keep"]))
    after = _duration(texts, known["after"]) if "after" in known else timedelta()
    return Retention(after, _archive(texts, known["archive"]))


def _archive(texts: Texts, entry: Setting) -> Path:
    """A folder of this machine, outside of the landing zone: what lies there would be read again."""
    text = texts.required(entry)
    if is_remote(text):
        raise UnsupportedError(
            f"the archive '{text}' is not a local folder",
            location=entry.location,
            hint="archive: ./archive",
            code="remote-archive",
        )
    folder = absolute(texts.root, text)
    if folder.resolve().is_relative_to(Path(texts.values["landing"]).resolve()):
        raise ProjectError(
            f"the archive '{text}' lies within the landing zone",
            location=entry.location,
            hint="archive: ./archive",
        )
    return folder


def _duration(texts: Texts, entry: Setting) -> timedelta:
    wanted = "a duration such as 12h, 30d or 8w"
    try:
        duration = parse_duration(texts.required(entry))
    except ProjectError as error:
        raise entry.wrong(wanted) from error
    if duration > _RETENTION_MAX:
        raise entry.wrong(f"{wanted}, of 100 years at most")
    return duration


def _weekday(text: str) -> int | None:
    """The number of a day, 1 for Monday, from its number or from its name or the first three letters of it."""
    folded = text.strip().lower()
    if folded in ("1", "2", "3", "4", "5", "6", "7"):
        return int(folded)
    return next((n for n, day in enumerate(_DAYS, 1) if folded in (day, day[:3])), None)


def in_order(specs: Sequence[SourceSpec]) -> tuple[SourceSpec, ...]:
    """The sources, each after those that it depends on; otherwise as they were written.

    Raises:
        ProjectError: `unknown-source`, `circular`.
    """
    by_name = {spec.name: spec for spec in specs}
    done: dict[str, SourceSpec] = {}

    def add(spec: SourceSpec, above: tuple[str, ...]) -> None:
        if spec.name in above:
            circle = " → ".join((*above[above.index(spec.name) :], spec.name))
            raise ProjectError(
                f"sources depend on each other: {circle}",
                location=spec.location,
                hint="take one `depends_on` away",
                code="circular",
            )
        for name in spec.depends_on:
            if name not in by_name:
                guess = nearest(name, list(by_name))
                raise ProjectError(
                    f"the source '{spec.name}' depends on '{name}', which is no source",
                    location=spec.location,
                    hint=f"did you mean '{guess}'?" if guess else f"sources: {', '.join(by_name)}",
                    code="unknown-source",
                )
            add(by_name[name], (*above, spec.name))
        done.setdefault(spec.name, spec)

    for spec in specs:
        add(spec, ())
    return tuple(done.values())
