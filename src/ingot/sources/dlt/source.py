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

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ingot.errors import SourceError
from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.model import SourceSpec
from ingot.source import LandContext, LandResult
from ingot.sources.kept_back import Kept, Lines, Run, Tables, refuse_secret, table_of
from ingot.sources.options import options_of, project_folder
from ingot.sources.project_code import CodeName, read_code_name, running
from ingot.sources.runs import folder_name, last_run, new_run

if TYPE_CHECKING:
    from ingot.sources.dlt.extraction import Extraction

_KEYS = ("source", "arguments", "resources")
_STATE = "_state"


class Source:
    """A source of dlt. It keeps its state in the records of the landing zone."""

    def __init__(self, spec: SourceSpec) -> None:
        options = options_of(spec, _KEYS)
        self._spec = spec
        self._code: CodeName = read_code_name(options, "source", project_folder(spec).absolute())
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
                with closing(Run(self._spec.name, "dlt", self._code.text, files, context)) as run:
                    reading = _Reading(extraction, run, files, context)
                    reading.read()
                    return reading.land()


def _require_dlt() -> None:
    try:
        importlib.import_module("ingot.sources.dlt.extraction")
    except ImportError as error:
        raise SourceError(
            f"a source of kind dlt needs the package dlt: {error}",
            hint="pip install 'ingot[dlt]'",
            code="missing-package",
        ) from None


class _Reading:
    """One reading of all resources, kept back until its end."""

    def __init__(self, extraction: Extraction, run: Run, files: SourceLanding, context: LandContext):
        self._extraction = extraction
        self._run = run
        self._files = files
        self._context = context
        self._writers: dict[str, Lines | Tables] = {}
        self._resources_of: dict[str, set[str]] = {}

    def read(self) -> None:
        """Take everything that the source yields."""
        with closing(self._extraction.items()) as items:
            for resource, table, item in items:
                folder = folder_name(table or resource)
                self._resources_of.setdefault(folder, set()).add(resource)
                self._add(folder, item)
                if folder in self._writers:
                    self._run.show(folder, self._writers[folder].bytes)
        for resource in self._extraction.resources:
            if not any(resource in known for known in self._resources_of.values()):
                self._resources_of.setdefault(folder_name(resource), set()).add(resource)

    def land(self) -> LandResult:
        """Make visible what is new, together with the state."""
        known = [record for folder in (*self._resources_of, _STATE) for record in self._files.of_resource(folder)]
        name = new_run(known, self._context.now())
        landing: list[tuple[Partial, Origin]] = []
        unchanged = 0
        for folder, resources in self._resources_of.items():
            kept = self._kept(folder, resources)
            if kept is None:
                self._files.make_folder(folder)
            elif self._is_known(folder, resources, kept):
                unchanged += len(kept.partials)
            else:
                landing += self._named(folder, resources, kept, name)
        state = self._extraction.new_state()
        if state is not None:
            landing.append(self._state_file(state, name))
        landed = [record for record in self._run.land(landing) if record.resource != _STATE]
        return self._run.result(landed, unchanged)

    # --- while the source is read ---

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
            new_file = self._run.new_file
            writer = Tables(new_file) if kind is Tables else Lines(new_file, self._extraction.encode, shown)
            self._writers[folder] = writer
        if not isinstance(writer, kind):
            raise SourceError(
                f"resource {folder!r} yields both rows and tables of Arrow",
                hint="let it yield one of them",
                code="mixed-rows",
            )
        return writer

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
        writer = Lines(self._run.new_file, None, "")
        if not previous.name.endswith(".parquet"):
            return writer.finish()
        import pyarrow.parquet as pq

        path = self._context.landing.path(previous.source, previous.name)
        if not path.exists():
            return None
        tables = Tables(self._run.new_file)
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

    def _named(self, folder: str, resources: set[str], kept: Kept, name: str) -> Iterator[tuple[Partial, Origin]]:
        stem = f"{name}-" if self._has_state(resources) else f"{name}/part-"
        for number, partial in enumerate(kept.partials, 1):
            target = f"{stem}{number:04}.{kept.suffix}"
            yield partial, self._run.origin(target, name, resource=folder, page=number)

    def _state_file(self, state: str, name: str) -> tuple[Partial, Origin]:
        message = "the state of the source holds a secret, and is not landed"
        refuse_secret(state, message, "let the source keep it out of its state")
        partial = self._run.new_file()
        partial.write(state.encode())
        return partial, self._run.origin(f"{name}.json", name, resource=_STATE, cursor=state)
