"""What a source of dlt yields, and the state that it keeps: dlt's own extraction without a pipeline.

Owns the state, which is given to dlt and taken back, and the contexts that dlt's functions look for. Needs the package
dlt. There is no working folder, no destination and no telemetry; names, hints and write dispositions mean nothing here,
but that a resource which is replaced begins anew.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.configuration.resolve import inject_section
from dlt.common.configuration.specs import ConfigSectionContext, known_sections
from dlt.common.json import custom_encode
from dlt.common.json import json as dlt_json
from dlt.common.pipeline import StateInjectableContext, TPipelineState
from dlt.common.runtime.run_context import RunContext, switched_run_context
from dlt.common.schema import Schema
from dlt.extract import DltResource, DltSource
from dlt.extract.extractors import ImportFileMeta
from dlt.extract.hints import HintsMeta
from dlt.extract.items import TableNameMeta
from dlt.extract.pipe_iterator import PipeIterator
from dlt.extract.source import SourceInjectableContext, SourceSchemaInjectableContext
from dlt.extract.state import reset_resource_state

from ingot.errors import SourceError, nearest
from ingot.sources.project_code import CodeName

_TELEMETRY = "RUNTIME__DLTHUB_TELEMETRY"


@contextmanager
def in_project(root: Path) -> Iterator[None]:
    """Within: dlt reads the settings of the project (`.dlt/config.toml`, `.dlt/secrets.toml`) and reports nothing."""
    before = os.environ.get(_TELEMETRY)
    os.environ[_TELEMETRY] = "false"
    try:
        with switched_run_context(RunContext(str(root))):
            yield
    finally:
        if before is None:
            del os.environ[_TELEMETRY]
        else:
            os.environ[_TELEMETRY] = before


class Extraction:
    """One reading of a source, from the state `before`. `items` is gone through once; what is asked about the state is
    true after it.

    Raises:
        SourceError: `unknown-resource`, `not-a-source`, `missing-configuration`.
    """

    encode = staticmethod(custom_encode)

    def __init__(
        self, code: CodeName, arguments: Mapping[str, Any], resources: Sequence[str], before: str | None, name: str
    ):
        self._state: dict[str, Any] = {} if before is None else dlt_json.typed_loads(before)
        with self._context(deepcopy(self._state)), _configured(code):
            self._source = _selected(_made(code, arguments, name), resources, code)
        self._before = deepcopy(self._own_state())

    @property
    def resources(self) -> tuple[str, ...]:
        """The names of what is read."""
        return tuple(self._source.selected_resources)

    def items(self) -> Generator[tuple[str, str | None, Any], None, None]:
        """What each resource yields, with the table that it names for it.

        Raises:
            SourceError: `unsupported-source`, if it yields files.
        """
        source = self._source
        section = ConfigSectionContext(
            sections=(known_sections.SOURCES, source.section, source.name), source_state_key=source.name
        )
        contexts = (SourceSchemaInjectableContext(source.schema), SourceInjectableContext(source))
        with self._context(self._state, *contexts), inject_section(section), _configured(None):
            for resource in source.resources.extracted:
                if _begins_anew(resource):
                    reset_resource_state(resource.name)
            with PipeIterator.from_pipes(source.resources.selected_pipes) as found:
                for item in found:
                    yield item.pipe.name, _table(item.pipe.name, item.meta), item.item
        _put_in_order(self._own_state())

    def has_state(self, resource: str) -> bool:
        """Whether a resource goes on where it stopped, rather than begin anew."""
        if _begins_anew(self._source.resources[resource]):
            return False
        return any(_of_resource(state, resource) for state in (self._before, self._own_state()))

    def has_moved(self, resource: str) -> bool:
        """Whether the state of a resource is another one than before."""
        return _of_resource(self._before, resource) != _of_resource(self._own_state(), resource)

    def new_state(self) -> str | None:
        """The state to go on from; None if it is the one before."""
        return None if self._own_state() == self._before else dlt_json.typed_dumps(self._state, sort_keys=True)

    def _own_state(self) -> dict[str, Any]:
        return self._state.get("sources", {}).get(self._source.name, {})

    @staticmethod
    @contextmanager
    def _context(state: dict[str, Any], *others: Any) -> Iterator[None]:
        with ExitStack() as stack:
            given = StateInjectableContext(cast("TPipelineState", state))
            for context in (given, *others):
                stack.enter_context(Container().injectable_context(context))
            yield


def _begins_anew(resource: DltResource) -> bool:
    disposition = resource.write_disposition
    return disposition == "replace" or (isinstance(disposition, dict) and disposition.get("disposition") == "replace")


def _put_in_order(state: Mapping[str, Any]) -> None:
    """Sort what dlt keeps in the order of a set: which rows with the last value of a cursor are known."""
    for resource in state.get("resources", {}).values():
        for cursor in resource.get("incremental", {}).values():
            cursor.get("unique_hashes", []).sort()


def _of_resource(state: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """What of a source's state a resource may use: its own, and what is not of any resource."""
    shared = {key: value for key, value in state.items() if key != "resources" and value}
    own = state.get("resources", {}).get(resource)
    return {**shared, **({"resources": own} if own else {})}


def _made(code: CodeName, arguments: Mapping[str, Any], name: str) -> DltSource:
    """The source that the code gives: decorated with `dlt.source` or `dlt.resource`, or what it returns."""
    given = code.load()
    is_made = isinstance(given, DltSource) or (isinstance(given, DltResource) and not arguments)
    if callable(given) and not is_made:
        given = given(**arguments)
    parts = given if isinstance(given, list | tuple) else [given]
    if isinstance(given, DltSource):
        return given
    if parts and all(isinstance(part, DltResource) for part in parts):
        return DltSource.from_data(Schema(Schema(name).naming.normalize_identifier(name)), code.module, given)
    raise SourceError(
        f"{code.text} gives {type(given).__name__}, which is no source of dlt",
        hint="name a function that is decorated with @dlt.source or @dlt.resource",
        code="not-a-source",
    )


def _selected(source: DltSource, wanted: Sequence[str], code: CodeName) -> DltSource:
    for name in wanted:
        if name not in source.resources:
            guess = nearest(name, list(source.resources))
            hint = f"did you mean {guess!r}?" if guess else f"its resources: {', '.join(source.resources)}"
            raise SourceError(f"{code.text} has no resource {name!r}", hint=hint, code="unknown-resource")
    return source.with_resources(*wanted) if wanted else source


def _table(resource: str, meta: Any) -> str | None:
    """The table that a resource names for an item."""
    if isinstance(meta, ImportFileMeta):
        raise SourceError(
            f"resource {resource!r} yields files, which are not landed",
            hint="land them with a source of kind http, or yield their rows",
            code="unsupported-source",
        )
    if isinstance(meta, TableNameMeta):
        return meta.table_name
    if isinstance(meta, HintsMeta) and meta.create_table_variant:
        return str(meta.hints.get("table_name", resource))
    return None


@contextmanager
def _configured(code: CodeName | None) -> Iterator[None]:
    """Within: values that dlt finds nowhere are named."""
    try:
        yield
    except ConfigFieldMissingException as error:
        raise SourceError(
            f"{'the source' if code is None else code.text} needs values that it is not given: "
            f"{', '.join(error.fields)}",
            hint="give them under `arguments`, or where dlt looks: in the environment, in .dlt/secrets.toml",
            code="missing-configuration",
        ) from None
