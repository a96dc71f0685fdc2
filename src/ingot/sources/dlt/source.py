"""Source kind `dlt`: the resources of a source that was written for the library dlt, as it yields them.

Owns what lands and when: a run gets visible whole, in one step with the state after it. What dlt's side of it is, is
`extraction`.

    sources:
      github:
        kind: dlt
        source: github.py:repository      # or package.module:name
        arguments: { name: duckdb, token: "${secret:github}" }
        resources: [issues, stars]        # all that the source selects, without this key
"""

from __future__ import annotations

import hashlib
import importlib
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingot.errors import SourceError
from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.model import SourceSpec
from ingot.secrets import redacted
from ingot.source import LandContext, LandProgress, LandResult
from ingot.sources.kept_back import Kept, Lines, Tables, table_of
from ingot.sources.options import Options
from ingot.sources.project_code import CodeName, read_code_name, running
from ingot.sources.runs import folder_name, last_run, new_run

if TYPE_CHECKING:
    from ingot.sources.dlt.extraction import Extraction

_KEYS = ("source", "arguments", "resources")
_STATE = "_state"
_PROGRESS_INTERVAL_S = 0.2


class Source:
    """A source of dlt. It keeps its state in the records of the landing zone."""

    def __init__(self, spec: SourceSpec) -> None:
        options = Options(spec, _KEYS)
        self._spec = spec
        root = Path(spec.location.path).parent if spec.location else Path()
        self._code: CodeName = read_code_name(options, "source", root.absolute())
        self._resources = options.one_or_more("resources")
        self._arguments: Mapping[str, Any] = options.mapping("arguments")

    def needed(self, records: Sequence[LandingRecord]) -> Mapping[str, str]:
        """See `NeedsLanded`: a table that becomes empty has the columns of the one before (`_emptied`)."""
        last = {record.resource: record.name for record in records}
        reason = "the last table tells the columns when there are no rows any more"
        return {name: reason for name in last.values() if name.endswith(".parquet")}

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. A run lands as a whole or not at all."""
        _require_dlt()
        from ingot.sources.dlt.extraction import Extraction, in_project  # needs dlt, which an entry alone does not

        with context.landing.open(self._spec.name) as files:
            records = files.of_resource(_STATE)
            state = records[-1].cursor if records else None
            with running(self._code, self._spec.location), in_project(self._code.root):
                extraction = Extraction(self._code, self._arguments, self._resources, state, self._spec.name)
                with closing(_Run(self._spec, extraction, files, context)) as run:
                    run.read()
                    return run.land(self._code.text)


def _require_dlt() -> None:
    try:
        importlib.import_module("ingot.sources.dlt.extraction")
    except ImportError as error:
        raise SourceError(
            f"a source of kind dlt needs the package dlt: {error}",
            hint="pip install 'ingot[dlt]'",
            code="missing-package",
        ) from None


class _Run:
    """One reading of all resources, kept back until its end."""

    def __init__(self, spec: SourceSpec, extraction: Extraction, files: SourceLanding, context: LandContext):
        self._spec = spec
        self._extraction = extraction
        self._files = files
        self._context = context
        self._writers: dict[str, Lines | Tables] = {}
        self._resources_of: dict[str, set[str]] = {}
        self._partials: list[Partial] = []
        self._shown_at = 0.0

    def close(self) -> None:
        """Forget the files that were not landed."""
        for partial in self._partials:
            partial.close()

    def read(self) -> None:
        """Take everything that the source yields."""
        with closing(self._extraction.items()) as items:
            for resource, table, item in items:
                folder = folder_name(table or resource)
                self._resources_of.setdefault(folder, set()).add(resource)
                self._add(folder, item)
                self._progress(folder)
        for resource in self._extraction.resources:
            if not any(resource in known for known in self._resources_of.values()):
                self._resources_of.setdefault(folder_name(resource), set()).add(resource)

    def land(self, shown: str) -> LandResult:
        """Make visible what is new, together with the state."""
        known = [record for folder in (*self._resources_of, _STATE) for record in self._files.of_resource(folder)]
        run = new_run(known, self._context.now())
        landing: list[tuple[Partial, Origin]] = []
        unchanged = 0
        for folder, resources in self._resources_of.items():
            kept = self._kept(folder, resources)
            if kept is None:
                self._files.make_folder(folder)
            elif self._is_known(folder, resources, kept):
                unchanged += len(kept.partials)
            else:
                landing += self._named(folder, resources, kept, run, shown)
        state = self._extraction.new_state()
        if state is not None:
            landing.append(self._state_file(state, run, shown))
        landed = self._files.land_together(landing, self._context.now()) if landing else []
        rows = [record for record in landed if record.resource != _STATE]
        return LandResult(
            self._spec.name, tuple(record.name for record in rows), unchanged, sum(record.bytes for record in rows)
        )

    # --- while the source is read ---

    def _partial(self) -> Partial:
        self._partials.append(self._files.partial())
        return self._partials[-1]

    def _add(self, folder: str, item: Any) -> None:
        table = table_of(item)
        if table is not None:
            self._writer(folder, Tables).add(table)
        elif rows := item if isinstance(item, list | tuple) else [item]:
            self._writer(folder, Lines).add(rows)

    def _writer(self, folder: str, kind: type[Lines] | type[Tables]) -> Any:
        writer = self._writers.get(folder)
        if writer is None:
            shown = f"resource {folder!r}"
            writer = Tables(self._partial) if kind is Tables else Lines(self._partial, self._extraction.encode, shown)
            self._writers[folder] = writer
        if not isinstance(writer, kind):
            raise SourceError(
                f"resource {folder!r} yields both rows and tables of Arrow",
                hint="let it yield one of them",
                code="mixed-rows",
            )
        return writer

    def _progress(self, folder: str) -> None:
        if folder in self._writers and time.monotonic() >= self._shown_at + _PROGRESS_INTERVAL_S:
            self._shown_at = time.monotonic()
            self._context.progress(LandProgress(self._spec.name, folder, self._writers[folder].bytes, None))

    # --- what lands ---

    def _kept(self, folder: str, resources: set[str]) -> Kept | None:
        """The files of a resource; None if it is left as it is, for it had no rows."""
        writer = self._writers.get(folder)
        if writer is not None:
            return writer.finish()
        previous = last_run(self._files.of_resource(folder))
        if not previous or self._has_state(resources):
            return None
        return self._emptied(previous[-1])

    def _emptied(self, previous: LandingRecord) -> Kept | None:
        """A file without rows: what was there before is not there any more."""
        writer = Lines(self._partial, None, "")
        if not previous.name.endswith(".parquet"):
            return writer.finish()
        import pyarrow.parquet as pq

        path = self._context.landing.path(self._spec.name, previous.name)
        if not path.exists():
            return None
        tables = Tables(self._partial)
        tables.add(pq.read_schema(path).empty_table())
        return tables.finish()

    def _has_state(self, resources: set[str]) -> bool:
        return any(self._extraction.has_state(resource) for resource in resources)

    def _is_known(self, folder: str, resources: set[str], kept: Kept) -> bool:
        """Whether a resource has yielded what it did before, and has not moved on."""
        if any(self._extraction.has_moved(resource) for resource in resources):
            return False
        previous = last_run(self._files.of_resource(folder))
        return bool(previous) and [record.sha256 for record in previous] == kept.sha256

    def _named(
        self, folder: str, resources: set[str], kept: Kept, run: str, shown: str
    ) -> list[tuple[Partial, Origin]]:
        between = "-" if self._has_state(resources) else "/part-"
        return [
            (partial, self._origin(f"{run}{between}{number:04}.{kept.suffix}", folder, run, shown, page=number))
            for number, partial in enumerate(kept.partials, 1)
        ]

    def _state_file(self, state: str, run: str, shown: str) -> tuple[Partial, Origin]:
        if redacted(state) != state:
            raise SourceError(
                "the state of the source holds a secret, and is not landed",
                hint="let the source keep it out of its state",
                code="secret-in-data",
            )
        partial = self._partial()
        partial.write(state.encode())
        return partial, self._origin(f"{run}.json", _STATE, run, shown, cursor=state)

    def _origin(self, target: str, folder: str, run: str, shown: str, **facts: Any) -> Origin:
        identity = hashlib.sha256(shown.encode()).hexdigest()
        return Origin(target, f"dlt:{shown}", identity, resource=folder, run=run, **facts)
