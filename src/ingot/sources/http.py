"""Source kind `http`: one file or a templated list of files, by GET, into the landing zone.

Owns the meaning of the entry in `ingot.yml` and which files to ask for. Never parses a file; how bytes
travel is `transfer`, how they get visible is `ingot.lake.landing`.

    sources:
      olympics:
        kind: http
        url: ${source_url}/{file}        # http or https; the proxies of the environment are used
        for_each: [{file: Athletes.csv}, {file: Medals.csv}]     # optional: one file for each entry
        name: "{file}"                   # of the landed file; default: the last part of the URL's path
        headers: {Authorization: "Bearer ${token}"}              # sent to this host alone, never shown
        query: {year: 2020}              # added to the URL, encoded; values are never shown
        timeout: 60s                     # without any byte from the server
        retries: 4                       # of transient failures: 0.5, 1, 2, 4 s apart, or as the server asks
        parallel: 4                      # transfers at once
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePosixPath
from queue import SimpleQueue
from threading import Event
from urllib.parse import quote, unquote, urlencode, urlsplit

from ingot.errors import IngotError
from ingot.lake.landing import SourceLanding
from ingot.lake.landing_record import LandingRecord
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, LandResult
from ingot.sources.options import Options
from ingot.sources.transfer import Request, fetch

_KEYS = ("url", "for_each", "name", "headers", "query", "timeout", "retries", "parallel")
_URL_SAFE = "%/:?=&;#+@,!$'()*~[]"
_NAME_BYTES_MAX = 200
_PLAIN_NAME = re.compile(r"[^\s._/\\\x00-\x1f][^/\\\x00-\x1f]*")


class Source:
    """Files at URLs. Each is landed when its content differs from what was landed last under the same
    name."""

    def __init__(self, spec: SourceSpec) -> None:
        options = Options(spec, _KEYS)
        if not _PLAIN_NAME.fullmatch(spec.name):
            raise options.error("its name must be fit for a folder: no slash, no dot or underscore first")
        self._spec = spec
        self._retries = options.whole_number("retries", 4, 0, 20)
        self._parallel = options.whole_number("parallel", 4, 1, 32)
        self.requests = tuple(_requests(options))

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. Files are independent: one that fails does not keep the others from landing."""
        stop = Event()
        reports: SimpleQueue[LandProgress | None] = SimpleQueue()  # None: one file is through
        with context.landing.open(self._spec.name) as files:
            pool = ThreadPoolExecutor(self._parallel, thread_name_prefix=f"http-{self._spec.name}")
            try:
                futures = [
                    pool.submit(self._land_one, request, files, context, reports, stop) for request in self.requests
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
        request: Request,
        files: SourceLanding,
        context: LandContext,
        reports: SimpleQueue[LandProgress | None],
        stop: Event,
    ) -> LandingRecord | None:
        """Land one file; None when it has not changed."""
        latest = files.latest(request.target)
        partial = files.partial()

        def show(received: int, total: int | None) -> None:
            reports.put(LandProgress(self._spec.name, request.target, received, total))

        try:
            answer = fetch(
                _conditional(request, latest),
                partial,
                retries=self._retries,
                wait=context.wait or stop.wait,
                progress=show,
                stop=stop,
            )
            if answer is None:
                return None
            return files.land(
                partial,
                request.target,
                url=request.shown_url,
                url_sha256=request.url_sha256,
                etag=answer.etag,
                last_modified=answer.last_modified,
                now=context.now(),
            )
        finally:
            partial.close()

    def _result(self, futures: list[Future[LandingRecord | None]]) -> LandResult:
        """Sum up, or raise the first failure with the others as notes."""
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            first, others = errors[0], errors[1:]
            for other in others:
                first.add_note(f"also: {other}")
            raise first.at(self._spec.location) if isinstance(first, IngotError) else first
        records = [future.result() for future in futures]
        landed = [record for record in records if record is not None]
        return LandResult(
            source=self._spec.name,
            landed=tuple(record.name for record in landed),
            unchanged=len(records) - len(landed),
            bytes=sum(record.bytes for record in landed),
        )


def _pass_on(reports: SimpleQueue[LandProgress | None], context: LandContext, unfinished: int) -> None:
    """Report progress on this thread, so that no listener need be thread-safe, until all files are through."""
    while unfinished:
        report = reports.get()
        if report is None:
            unfinished -= 1
        else:
            context.progress(report)


def _conditional(request: Request, latest: LandingRecord | None) -> Request:
    """Ask only for a file that differs from the one landed last, if that came from the same address."""
    if latest is None or latest.url_sha256 != request.url_sha256:
        return request
    conditions = {"If-None-Match": latest.etag, "If-Modified-Since": latest.last_modified}
    return replace(request, conditions={name: value for name, value in conditions.items() if value})


def _requests(options: Options) -> Iterator[Request]:
    """The files that the entry asks for, each with a name of its own."""
    url = options.required_text("url", "https://example.org/data.csv")
    name = options.text("name")
    headers, query = options.texts("headers"), options.texts("query")
    timeout_s = options.seconds("timeout", 60.0)
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
        _check_headers(options, filled_headers)
        yield Request(target, address, filled_headers, timeout_s=timeout_s)


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
            hint="put credentials under `headers`, with the secret as ${…} from the configuration",
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
    if not _PLAIN_NAME.fullmatch(target) or len(target.encode()) > _NAME_BYTES_MAX:
        raise options.error(
            f"{target!r} is no name for a landed file: no slash, no dot or underscore first, not too long",
            hint="name: data.csv",
            code="invalid-name",
        )
    return target


def _check_headers(options: Options, headers: dict[str, str]) -> None:
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise options.error(f"{name!r} is no name of an HTTP header", code="invalid-header")
        if not value.isascii() or not value.isprintable():
            what = f"the value of the header {name!r} holds a character that no header may hold"
            raise options.error(what, code="invalid-header")
