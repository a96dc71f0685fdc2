"""Collects what definition files say, from SQL and Python alike, and gives it back complete and consistent.

Owns duplicates, the joining of expectations to their dataset, and which dataset a failure belongs to. Never
reads a file and never parses a query. A mistake of the user's is not raised: it becomes a `FailedDefinition`,
so that one bad definition fails alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ingot.definitions.properties import apply_properties
from ingot.errors import DefinitionError, IngotError, Location, near_hint
from ingot.model import (
    Dataset,
    DatasetKind,
    Definitions,
    Expectation,
    FailedDefinition,
    Flow,
    Note,
    Project,
    TableName,
    UserFunction,
)

Key = tuple[str, str, str]


class Registry:
    """What the files of one project have defined so far. One instance serves one load of the definitions.

    The order of the calls does not matter: expectations and flows may come before their dataset. `seal`
    checks what only the whole can tell.
    """

    def __init__(self, project: Project):
        self.project = project
        self._datasets: dict[Key, Dataset] = {}
        self._stored: dict[tuple[str, str], Dataset] = {}  # by what names the table's folder: schema and table
        self._flows: dict[str, Flow] = {}
        self._expectations: dict[Key, list[Expectation]] = {}
        self._expectation_targets: dict[Key, TableName] = {}
        self._failed: list[FailedDefinition] = []
        self._failed_keys: set[Key] = set()
        self._files: dict[Path, None] = {}
        self._notes: dict[str, Note] = {}
        self.functions: dict[str, UserFunction] = {}  # by `spark.udf.register`, names in lower case

    def table_name(self, parts: Sequence[str], default_schema: tuple[str, str] | None = None) -> TableName:
        """Complete a name as the user wrote it; a leading `LIVE` (the pipeline itself, in DLT) is removed.

        Args:
            parts: One to three parts, without quotes.
            default_schema: Catalog and schema that `USE` has set; the project's if None.

        Raises:
            DefinitionError: for no parts or more than three.
        """
        if len(parts) == 2 and parts[0].lower() == "live":
            parts = parts[1:]
        if not 1 <= len(parts) <= 3 or not all(parts):
            raise DefinitionError(
                f"{'.'.join(parts)!r} is not a table's name: it takes one to three parts",
                hint="catalog.schema.table, schema.table or table",
                code="invalid-name",
            )
        catalog, schema = default_schema or (self.project.catalog, self.project.schema)
        return TableName(*((catalog, schema)[: 3 - len(parts)] + tuple(parts)))

    def flow_name(self, table: TableName) -> str:
        """The name of the flow that a table's own query makes: the table's, without the project's catalog."""
        return table.short if table.catalog.lower() == self.project.catalog.lower() else str(table)

    def add_dataset(self, dataset: Dataset, location: Location | None = None) -> None:
        """Add a table, view or sink. A second one of that name makes both fail: which is meant is unknown.

        Args:
            dataset: The dataset; its expectations may also be added apart.
            location: Where it is defined, if not at `dataset.location`.
        """
        if location is not None:
            dataset = replace(dataset, location=location)
        first = self._datasets.setdefault(dataset.name.key, dataset)
        if first is not dataset:
            self.fail(
                DefinitionError(
                    f"'{dataset.name.short}' is defined twice: here and at {self._place(first.location)}",
                    location=dataset.location,
                    hint="rename one; to write one table by several queries, use CREATE FLOW or @append_flow",
                    code="duplicate-dataset",
                ),
                dataset.name,
            )
        elif dataset.kind not in (DatasetKind.TEMPORARY_VIEW, DatasetKind.SINK):
            self._refuse_shared_folder(dataset)

    def _refuse_shared_folder(self, dataset: Dataset) -> None:
        """Two tables whose names differ only in the catalog would overwrite each other: both fail."""
        other = self._stored.setdefault(dataset.name.key[1:], dataset)
        if other is dataset:
            return
        error = DefinitionError(
            f"'{dataset.name}' and '{other.name}' ({self._place(other.location)}) would lie in one folder: "
            "a table lies at <lake>/<schema>/<table>, whatever its catalog",
            location=dataset.location,
            hint="give one of them another schema, or another name",
            code="duplicate-dataset",
        )
        self.fail(error, dataset.name)
        self.fail(error, other.name)

    def add_flow(self, flow: Flow) -> None:
        """Add a flow. Its target may be defined later; a second flow of the same name fails its target."""
        first = self._flows.setdefault(flow.name.lower(), flow)
        if first is flow or flow.target.key in self._failed_keys:
            return  # a table that is defined twice has said so already
        error = DefinitionError(
            f"flow '{flow.name}' is defined twice: here and at {self._place(first.location)}",
            location=flow.location,
            hint="give each flow a name of its own",
            code="duplicate-flow",
        )
        self.fail(error, flow.target)
        if first.target.key != flow.target.key:
            self.fail(error, first.target)

    def add_expectations(self, table: TableName, expectations: Iterable[Expectation]) -> None:
        """Add rules to a dataset, which may be defined before or after."""
        self._expectation_targets.setdefault(table.key, table)
        self._expectations.setdefault(table.key, []).extend(expectations)

    def fail(self, error: Exception, name: TableName | None = None, location: Location | None = None) -> None:
        """Record that a definition is wrong.

        Args:
            error: What is wrong; its location is taken if it has one.
            name: The dataset that fails with it; None when even that is unknown.
            location: Where, if the error does not say.
        """
        known = error.location if isinstance(error, IngotError) else None
        place = known or location or Location(str(self.project.root))
        if isinstance(error, IngotError):
            error.at(place)
        self._failed.append(FailedDefinition(error, place, name))
        if name is not None:
            self._failed_keys.add(name.key)

    def is_defined(self, name: TableName) -> bool:
        """Whether a dataset of that name is defined by now, rightly or not."""
        return name.key in self._datasets or name.key in self._failed_keys

    def mark(self) -> tuple[int, int]:
        """How much is defined by now, for `fail_since`."""
        return len(self._datasets), len(self._flows)

    def fail_since(self, mark: tuple[int, int], error: IngotError) -> None:
        """Fail everything that was defined since the mark; the error stands alone if nothing was."""
        datasets, flows = mark
        names = {d.name.key: d.name for d in list(self._datasets.values())[datasets:]}
        names.update({f.target.key: f.target for f in list(self._flows.values())[flows:]})
        new = [name for key, name in names.items() if key not in self._failed_keys]
        for name in new:
            self.fail(error, name)
        if not names:
            self.fail(error)

    def add_file(self, path: Path) -> None:
        """Note a file whose content matters to the definitions: one of them, or a module that one imports."""
        self._files.setdefault(path)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(self._files)

    def note(self, message: str, location: Location) -> None:
        """Note what a file says and what has no effect here; the same message is kept once."""
        self._notes.setdefault(message, Note(message, location))

    def seal(self) -> Definitions:
        """Join and check everything. Failed datasets, and flows into them, are only in `failed`.

        A streaming table without a flow is legal (it is created empty), as in Lakeflow.
        """
        self._check_targets()
        datasets = [self._complete(dataset) for key, dataset in self._datasets.items() if key not in self._failed_keys]
        return Definitions(
            datasets={d.name: d for d in datasets if d.name.key not in self._failed_keys},
            flows=tuple(f for f in self._flows.values() if f.target.key not in self._failed_keys),
            failed=tuple(self._failed),
            files=self.files,
            notes=tuple(self._notes.values()),
            functions=self.functions,
        )

    def _check_targets(self) -> None:
        for flow in self._flows.values():
            if flow.target.key in self._failed_keys:
                continue
            dataset = self._datasets.get(flow.target.key)
            if dataset is None:
                self._fail_unknown(f"flow '{flow.name}' writes to", flow.target, flow.location)
            elif _takes_only_its_own_query(dataset) and flow.name != self.flow_name(dataset.name):
                self._fail_foreign_flow(flow, dataset)
        for key, expectations in self._expectations.items():
            if key not in self._datasets and key not in self._failed_keys and expectations:
                first = expectations[0]
                self._fail_unknown(f"expectation '{first.name}' is for", self._expectation_targets[key], first.location)

    def _fail_unknown(self, who: str, target: TableName, location: Location | None) -> None:
        known = [d.name.short for d in self._datasets.values()]
        error = DefinitionError(
            f"{who} '{target.short}', which no definition file defines",
            location=location,
            hint=near_hint(target.short, known, f"add: CREATE STREAMING TABLE {target.short};"),
            code="unknown-target",
        )
        self.fail(error, target)

    def _fail_foreign_flow(self, flow: Flow, dataset: Dataset) -> None:
        label = dataset.kind.label if dataset.kind else "table"
        error = DefinitionError(
            f"flow '{flow.name}' writes to '{dataset.name.short}', a {label} with a query of its own",
            location=flow.location,
            hint="only a streaming table takes the rows of flows",
            code="invalid-target",
        )
        self.fail(error, dataset.name)

    def _complete(self, dataset: Dataset) -> Dataset:
        """Add the expectations and read the properties that mean something to Ingot."""
        expectations = (*dataset.expectations, *self._expectations.get(dataset.name.key, ()))
        seen: dict[str, Expectation] = {}
        try:
            for expectation in expectations:
                if seen.setdefault(expectation.name, expectation) is not expectation:
                    raise DefinitionError(
                        f"dataset '{dataset.name.short}' has two expectations named '{expectation.name}'",
                        location=expectation.location or dataset.location,
                        hint="give each expectation a name of its own",
                        code="duplicate-expectation",
                    )
            return apply_properties(replace(dataset, expectations=expectations))
        except IngotError as error:
            self.fail(error, dataset.name, dataset.location)
            return dataset

    def _place(self, location: Location) -> Location:
        return location.relative_to(self.project.root)


def _takes_only_its_own_query(dataset: Dataset) -> bool:
    return dataset.kind in (DatasetKind.MATERIALIZED_VIEW, DatasetKind.TEMPORARY_VIEW)
