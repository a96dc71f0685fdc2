"""Source kind `http`: one file or a templated list of files, by GET, into the landing zone.

Owns the meaning of the entry in `ingot.yml` and which files to ask for. Never parses a file; how bytes
travel is `transfer`, what a file must be `expected`, how files get visible is `ingot.lake.landing`.

    sources:
      olympics:
        kind: http
        url: ${source_url}/{file}        # http or https; the proxies of the environment are used
        for_each: [{file: Athletes.csv}, {file: Medals.csv}]     # optional: one file for each entry
        name: "{file}"                   # of the landed file; default: the last part of the URL's path
        auth: {kind: bearer, token: "${secret:olympics}"}        # or api_key, basic
        headers: {X-Client: ingot}       # sent to this host alone, never shown
        query: {year: 2020}              # added to the URL, encoded; values are never shown
        members: ["*.csv"]               # of a zip file: each is landed as a file of its own
        checksum: "sha256:{sha256}"      # what the file must have
        expect: {content_type: "text/*", min_size: 1kB, max_size: 1GB}
        wait_until_exists: {poll: 10s, timeout: 12h}             # while the server says that there is no such file
        timeout: 60s                     # without any byte from the server
        retries: 4                       # of transient failures: 0.5, 1, 2, 4 s apart, or as the server asks
        parallel: 4                      # transfers at once
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from queue import SimpleQueue
from threading import Event
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from ingot.errors import IngotError
from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.model import SourceSpec
from ingot.secrets import redacted
from ingot.source import LandContext, LandProgress, LandResult, failure_of
from ingot.sources.archives import unpack
from ingot.sources.auth import Fixed
from ingot.sources.auth_options import read_auth
from ingot.sources.awaiting import next_of
from ingot.sources.expected import Expected, read_expected
from ingot.sources.options import PLAIN_NAME, Options, options_of
from ingot.sources.parts import check_header, part_of
from ingot.sources.transfer import Answer, MissingFileError, Request, fetch
from ingot.sources.watched import Watched, Writable, sent_secrets

_KEYS = (
    "url", "for_each", "name", "auth", "headers", "query", "members", "checksum", "expect", "wait_until_exists",
    "timeout", "retries", "parallel",
)  # fmt: skip
_URL_SAFE = "%/:?=&;#+@,!$'()*~[]"
_NAME_BYTES_MAX = 200


class Source:
    """Files at URLs. Each is landed when its content differs from what was landed last under the same
    name."""

    def __init__(self, spec: SourceSpec) -> None:
        options = options_of(spec, _KEYS)
        self._spec = spec
        self._retries = options.whole_number("retries", 4, 0, 20)
        self._parallel = options.whole_number("parallel", 4, 1, 32)
        self._members = options.one_or_more("members")
        self._wait = _waiting(spec)
        self.files = tuple(_wanted_files(spec, options))
        self.requests = tuple(file.request for file in self.files)
        self._list_digest = self._digest_of_list() if self._members else None

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. Files are independent: one that fails does not keep the others from landing."""
        stop = Event()
        reports: SimpleQueue[LandProgress | None] = SimpleQueue()  # None: one file is through
        with context.landing.open(self._spec.name) as files:
            replaced = self._replaced(files) if self._members else {}
            pool = ThreadPoolExecutor(self._parallel, thread_name_prefix=f"http-{self._spec.name}")
            try:
                futures = [
                    pool.submit(self._land_one, file, files, replaced, context, reports, stop) for file in self.files
                ]
                for future in futures:
                    future.add_done_callback(lambda _: reports.put(None))
                _pass_on(reports, context, len(futures))
            finally:
                # On an interrupt: transfers under way end at their next chunk, others do not begin.
                stop.set()
                pool.shutdown(cancel_futures=True)
        return self._result(futures)

    def _land_one(
        self,
        file: _WantedFile,
        files: SourceLanding,
        replaced: dict[str, set[str]],
        context: LandContext,
        reports: SimpleQueue[LandProgress | None],
        stop: Event,
    ) -> list[LandingRecord]:
        """Land one file, or the members of one; nothing when it has not changed."""
        request = file.request
        digest = self._digest(file)
        latest = files.latest_from(digest) if self._members else files.latest(request.target)
        partial = files.partial()

        def show(received: int, total: int | None) -> None:
            file.expected.check_size(request, total or received)
            reports.put(LandProgress(self._spec.name, request.target, received, total))

        try:
            output = Watched(partial, file.secrets, request.shown_url)
            answer = self._fetched(_conditional(request, digest, latest), output, context, show, stop)
            if answer is None:
                self._confirm_list(files, digest)
                return []
            file.expected.check(request, answer, partial)
            origin = Origin(
                request.target,
                request.shown_url,
                digest,
                answer.etag,
                answer.last_modified,
                list_sha256=self._list_digest,
            )
            if self._members:
                return self._land_members(partial, origin, files, replaced, context)
            record = files.land(partial, request.target, now=context.now(), **_facts(origin))
            if record is None and latest is not None:
                _confirm(files, [latest], origin)
            return [] if record is None else [record]
        finally:
            partial.close()

    def _digest(self, file: _WantedFile) -> str:
        """Tells whether the same was asked for before: of an archive the same members, with the same checksum."""
        more = [*self._members, *(file.expected.checksum or ())]
        if not more:
            return file.request.url_sha256
        return hashlib.sha256(json.dumps([file.request.url, *more]).encode()).hexdigest()

    def _digest_of_list(self) -> str:
        """Tells whether the same archives were asked for before."""
        digests = sorted(self._digest(file) for file in self.files)
        return hashlib.sha256("".join(digests).encode()).hexdigest()

    def _fetched(
        self,
        request: Request,
        output: Writable,
        context: LandContext,
        show: Callable[[int, int | None], None],
        stop: Event,
    ) -> Answer | None:
        """Get the file; while there is none, look again for as long as the entry says."""
        wait, waited_s = context.wait or stop.wait, 0.0
        while True:
            try:
                return fetch(request, output, retries=self._retries, wait=wait, progress=show, stop=stop)
            except MissingFileError as error:
                if self._wait is None or stop.is_set():
                    raise
                if waited_s >= self._wait.timeout_s:
                    error.add_note(f"it was waited for, {waited_s:g} s long")
                    raise
                wait(self._wait.poll_s)
                waited_s += self._wait.poll_s
                output.restart()

    def _land_members(
        self,
        archive: Partial,
        origin: Origin,
        files: SourceLanding,
        replaced: dict[str, set[str]],
        context: LandContext,
    ) -> list[LandingRecord]:
        """Land the members of a zip file together; those that are as they were are left out."""
        archive.flush()
        landed = _landed_members(files, origin.url_sha256, replaced)
        new: list[tuple[Partial, Origin]] = []
        same: list[LandingRecord] = []
        try:
            for name, member in unpack(archive.path, origin.target, self._members, files.partial):
                new.append((member, replace(origin, target=name)))
                before = next((r for r in landed.get(name, ()) if r.sha256 == member.sha256), None)
                if before is not None:
                    new.pop()
                    same.append(before)
                    member.close()
            made = files.land_together(new, context.now()) if new else []
            _confirm(files, same, origin)  # after what is new: a server may say from now on that nothing has changed
            return made
        finally:
            for member, _ in new:
                member.close()

    def _replaced(self, files: SourceLanding) -> dict[str, set[str]]:
        """The addresses in whose place others of the entry have come, by the members that landed from them: of those
        that it no longer names the ones that it named last, together."""
        asked = {self._digest(file) for file in self.files}
        gone: dict[str, dict[str, str | None]] = {}
        for record in files.records:
            if record.url_sha256 not in asked:
                lists = gone.setdefault(record.target, {})
                lists.pop(record.url_sha256, None)
                lists[record.url_sha256] = record.list_sha256
        last = {name: list(lists.values())[-1] for name, lists in gone.items()}
        return {name: {at for at, of_list in lists.items() if of_list == last[name]} for name, lists in gone.items()}

    def _confirm_list(self, files: SourceLanding, digest: str) -> None:
        """Keep that members of an archive that has not changed are of this list."""
        members = [record for record, *_ in _landed_members(files, digest, {}).values()] if self._members else []
        if any(record.list_sha256 != self._list_digest for record in members):
            files.confirm([replace(record, list_sha256=self._list_digest) for record in members])

    def _result(self, futures: list[Future[list[LandingRecord]]]) -> LandResult:
        """Sum up, or raise the first failure with the others as notes."""
        failed: dict[str, IngotError] = {}
        for file, future in zip(self.files, futures, strict=True):
            error = future.exception()
            if isinstance(error, IngotError):
                failed["" if self._members else file.request.target] = error
            elif error is not None:
                raise error
        if failed:
            raise failure_of(failed).at(self._spec.location)
        results = [future.result() for future in futures]
        landed = [record for records in results for record in records]
        return LandResult(
            source=self._spec.name,
            landed=tuple(record.name for record in landed),
            unchanged=sum(not records for records in results),
            bytes=sum(record.bytes for record in landed),
        )


@dataclass(frozen=True)
class _WantedFile:
    """One file that the entry asks for, what it must be, and what it must not hold."""

    request: Request
    expected: Expected
    secrets: frozenset[bytes] = field(repr=False)


@dataclass(frozen=True)
class _Waiting:
    """How long to wait for a file that is not there, and how often to look."""

    poll_s: float
    timeout_s: float


def _facts(origin: Origin) -> dict[str, Any]:
    """What a record says besides the target."""
    return {
        "url": origin.url,
        "url_sha256": origin.url_sha256,
        "etag": origin.etag,
        "last_modified": origin.last_modified,
        "list_sha256": origin.list_sha256,
    }


def _confirm(files: SourceLanding, records: Sequence[LandingRecord], origin: Origin) -> None:
    """Keep what the server now says of files that have not changed, so that next time it can say so itself."""
    if any(_facts(record) != _facts(origin) for record in records):
        files.confirm([replace(record, **_facts(origin)) for record in records])


def _landed_members(files: SourceLanding, digest: str, replaced: dict[str, set[str]]) -> dict[str, list[LandingRecord]]:
    """What landed last of each member of an archive, by its name.

    Archives of one list may have members of the same name: those of the others do not count. What landed from an
    address that was replaced does, as long as nothing has landed from this one.
    """
    newest: dict[str, dict[str, LandingRecord]] = {}
    for record in files.records:
        if record.url_sha256 == digest or record.url_sha256 in replaced.get(record.target, ()):
            newest.setdefault(record.target, {})[record.url_sha256] = record
    return {
        name: [by_address[digest]] if digest in by_address else list(by_address.values())
        for name, by_address in newest.items()
    }


def _pass_on(reports: SimpleQueue[LandProgress | None], context: LandContext, unfinished: int) -> None:
    """Report progress on this thread, so that no listener need be thread-safe, until all files are through."""
    while unfinished:
        report = next_of(reports)
        if report is None:
            unfinished -= 1
        else:
            context.progress(report)


def _conditional(request: Request, digest: str, latest: LandingRecord | None) -> Request:
    """Ask only for a file that differs from the one landed last, if that came from the same address."""
    if latest is None or latest.url_sha256 != digest:
        return request
    conditions = {"If-None-Match": latest.etag, "If-Modified-Since": latest.last_modified}
    return replace(request, conditions={name: value for name, value in conditions.items() if value})


def _waiting(spec: SourceSpec) -> _Waiting | None:
    value = spec.options.get("wait_until_exists")
    if value is None or value is False:
        return None
    part = part_of(spec, {} if value is True else value, ("poll", "timeout"), "wait_until_exists")
    return _Waiting(part.seconds("poll", 10.0), part.seconds("timeout", 12 * 3600.0))


def _auth(spec: SourceSpec, options: Options) -> Fixed:
    auth = read_auth(spec)
    if not isinstance(auth, Fixed):
        raise options.error(
            "'auth' of kind oauth2 goes with `kind: rest`", hint="kind: rest, with keep: page", code="invalid-source"
        )
    return auth


def _wanted_files(spec: SourceSpec, options: Options) -> Iterator[_WantedFile]:
    """The files that the entry asks for, each with a name of its own."""
    url = options.required_text("url", "https://example.org/data.csv")
    name, checksum = options.text("name"), options.text("checksum")
    auth = _auth(spec, options)
    headers, query = options.texts("headers") | auth.headers(), options.texts("query") | auth.query()
    timeout_s = options.seconds("timeout", 60.0)
    asked = spec.options.get("expect")
    expect = None if asked is None else part_of(spec, asked, ("content_type", "min_size", "max_size"), "expect")
    targets: set[str] = set()
    for values in options.rows("for_each"):
        filled_query = {key: options.fill_known(item, values) for key, item in query.items()}
        address = _address(options, options.fill("url", url, values), filled_query)
        target = _target(options, address, None if name is None else options.fill("name", name, values))
        if target.lower() in targets:
            raise options.error(
                f"two files would land under the name {target!r}",
                hint="give each a name of its own, such as name: '{file}'",
                code="duplicate-name",
            )
        targets.add(target.lower())
        filled_headers = {key: options.fill_known(item, values) for key, item in headers.items()}
        for key, item in filled_headers.items():
            check_header(options, key, item)
        digest = None if checksum is None else options.fill("checksum", checksum, values)
        request = Request(target, address, filled_headers, timeout_s=timeout_s)
        secrets = sent_secrets((address, *filled_headers.values()), auth.secrets())
        yield _WantedFile(request, read_expected(options, digest, expect), secrets)


def _address(options: Options, url: str, query: dict[str, str]) -> str:
    """The URL as it is sent: percent-encoded where needed, with the query, without the fragment."""
    quoted = quote(url.strip(), safe=_URL_SAFE)
    try:
        parts = urlsplit(quoted)
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        parts, is_complete = urlsplit(quoted.translate({ord("["): "%5B", ord("]"): "%5D"})), False
    if parts.username is not None or parts.password is not None:
        raise options.error(
            "'url' holds a user or a password",
            hint="give them under `auth`, with the secret as ${secret:name}",
            code="secret-in-url",
        )
    if not is_complete:
        raise options.error(
            f"{parts._replace(query='').geturl()!r} is no http or https URL",
            hint="url: https://example.org/data.csv",
            code="invalid-url",
        )
    joined = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return parts._replace(query=joined, fragment="", path=parts.path or "/").geturl()


def _target(options: Options, address: str, name: str | None) -> str:
    """The file's name in the landing zone: the given one, or the last part of the URL's path."""
    target = unquote(PurePosixPath(urlsplit(address).path).name) if name is None else name
    if not PLAIN_NAME.fullmatch(target) or len(target.encode()) > _NAME_BYTES_MAX:
        raise options.error(
            f"{target!r} is no name for a landed file: no slash, no dot or underscore first, not too long",
            hint="name: data.csv",
            code="invalid-name",
        )
    if redacted(target) != target:
        raise options.error(
            "the name of the landed file would hold a secret, for 'url' ends with one",
            hint="name: data.csv",
            code="invalid-name",
        )
    return target
