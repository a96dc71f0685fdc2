"""Source kind `rest`: the resources of an API, page by page, into the landing zone.

Owns the order of resources and what they share: connections, pace, authentication. How one is read is `reading`; the
words of ingot.yml are `entry`.

    sources:
      shop:
        kind: rest
        url: https://api.example.org/v1
        auth: {kind: bearer, token: "${secret:shop}"}
        rate: 5/s
        resources:
          products: /products
          orders:
            path: /orders
            records: data.items
            paging: {kind: cursor, path: meta.next, parameter: after}
            incremental: {cursor: updated_at, parameter: since, start: "2024-01-01", lookback: 1d}
          posts: {path: "/users/{id}/posts", for_each: {resource: users, fields: {id: id}}}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from threading import Event

from ingot.errors import IngotError
from ingot.lake.landing import SourceLanding
from ingot.lake.landing_record import LandingRecord
from ingot.model import SourceSpec
from ingot.secrets import redacted
from ingot.source import LandContext, LandProgress, LandResult, failure_of
from ingot.sources.auth import Auth, OAuth2, TokenGrant
from ingot.sources.connections import Connections
from ingot.sources.progress import Progress
from ingot.sources.rest.client import PAGE_BYTES_MAX, Client
from ingot.sources.rest.entry import Resource, read_entry
from ingot.sources.rest.needed import needed
from ingot.sources.rest.pace import Pace
from ingot.sources.rest.pages import Pages
from ingot.sources.rest.reading import Reading
from ingot.sources.rest.writing import Landed
from ingot.sources.watched import sent_secrets

_SPENT = (
    "the server has exchanged the refresh token for another one, which is kept for this run alone: the next run asks "
    "with the one that `auth` names, and fails if that is spent. Let the server give one that stays"
)


class Source:
    """The resources of one API. Each reading of a resource that found something new is landed page by page."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self._entry = read_entry(spec)
        self._resources = {resource.name: resource for resource in self._entry.resources}

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. A resource that fails keeps only those from being read that are read for its records."""
        stop = Event()
        landed: list[Landed] = []
        failed: dict[str, IngotError] = {}
        connections = Connections(self._entry.timeout_s, PAGE_BYTES_MAX, stop)
        with connections, context.landing.open(self._spec.name) as files:
            client, auth = self._client(connections, context, stop)
            try:
                for resource in self._entry.resources:
                    if resource.parent is not None and resource.parent.resource in failed:
                        failed[resource.name] = failed[resource.parent.resource]
                        continue
                    try:
                        landed.append(self._reading(resource, client, auth, files, context).land())
                    except IngotError as error:
                        failed[resource.name] = error
            finally:
                stop.set()
        is_spent = isinstance(auth, OAuth2) and auth.has_exchanged
        return self._result(landed, failed, (_SPENT,) if is_spent else ())

    def needed(self, records: Sequence[LandingRecord]) -> Mapping[str, str]:
        """See `NeedsLanded`: what children are read for."""
        return needed(self._entry.resources, self._grows, records)

    def _client(self, connections: Connections, context: LandContext, stop: Event) -> tuple[Client, Auth]:
        entry = self._entry
        pace = Pace(entry.interval_s, context.wait or stop.wait)
        options = {"retries": entry.retries, "timeout_s": entry.timeout_s, "stop": stop}
        if isinstance(entry.auth, TokenGrant):
            auth: Auth = OAuth2(entry.auth, Client(connections, None, pace, **options).post)
        else:
            auth = entry.auth
        return Client(connections, auth, pace, **options), auth

    def _reading(
        self, resource: Resource, client: Client, auth: Auth, files: SourceLanding, context: LandContext
    ) -> Reading:
        hidden = {name for name, value in resource.query.items() if redacted(value) != value}
        texts = (resource.url, *resource.headers.values(), *resource.query.values(), json.dumps(resource.body))
        sent = sent_secrets(texts)
        parent = self._resources[resource.parent.resource] if resource.parent else None
        return Reading(
            resource,
            files,
            context.landing.root / self._spec.name,
            Pages(
                resource, client, frozenset({*hidden, *auth.query()}), lambda: sent | sent_secrets((), auth.secrets())
            ),
            parallel=self._entry.parallel,
            now=context.now,
            progress=self._progress(resource.name, context),
            parent=parent,
            parent_grows=parent is not None and self._grows(parent),
        )

    def _grows(self, resource: Resource) -> bool:
        """Whether a reading of a resource holds what is new, not all there is."""
        if resource.parent is not None:
            if resource.parent.only_changed:
                return True
            return self._grows(self._resources[resource.parent.resource])
        return resource.incremental is not None

    def _progress(self, name: str, context: LandContext) -> Callable[[int], None]:
        progress = Progress()

        def show(bytes_read: int) -> None:
            if progress.is_due():
                context.progress(LandProgress(self._spec.name, name, bytes_read, None))

        return show

    def _result(self, landed: list[Landed], failed: Mapping[str, IngotError], warnings: tuple[str, ...]) -> LandResult:
        """Sum up, or raise the first failure with the others as notes."""
        if failed:
            raise failure_of({f"{name}/": error for name, error in failed.items()}).at(self._spec.location)
        records = [record for one in landed for record in one.records]
        return LandResult(
            source=self._spec.name,
            landed=tuple(record.name for record in records),
            unchanged=sum(one.unchanged for one in landed),
            bytes=sum(record.bytes for record in records),
            warnings=warnings,
        )
