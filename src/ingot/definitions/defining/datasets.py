"""Tables, views and sinks that are defined in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingot.definitions.defining import rules
from ingot.definitions.defining.columns import column_names, columns_of_schema
from ingot.definitions.defining.flows import query_builder, source_text
from ingot.definitions.defining.registering import NOWHERE, configuration, failed, is_repeated, table_name, texts
from ingot.definitions.loading import current
from ingot.definitions.spark.place import here
from ingot.errors import IngotError, Location, UnsupportedError
from ingot.model import Action, Dataset, DatasetKind, Flow, TableName


@dataclass
class Definition:
    """The arguments of a decorator that defines a dataset."""

    kind: DatasetKind | None
    name: str | None = None
    comment: str | None = None
    spark_conf: Mapping[str, Any] | None = None
    properties: Mapping[str, Any] | None = None
    partition_columns: Iterable[str] | None = None
    cluster_columns: Iterable[str] | None = None
    schema: Any = None
    format: str | None = None
    path: str | None = None
    is_private: bool = False
    refused: Mapping[str, Any] = field(default_factory=dict)
    place: Location = field(default_factory=lambda: here() or NOWHERE)

    def define(self, function: Any) -> Any:
        """Register the dataset and the flow that the function's query makes; gives the function back."""
        load = current.get()
        if load is None:
            return function
        function = rules.with_attributes(function)
        pending = rules.take_pending(function)
        try:
            name = table_name(load, self.name or function.__name__, self.place)
            if is_repeated(load, str(name), self.place):
                return function
            rules.mark_defined(function, name)
            if (wrong := rules.wrong_rule(function)) is not None:
                load.registry.fail(wrong, name)
                return function
            load.registry.add_expectations(name, pending)
            load.registry.add_dataset(self._dataset(name))
            load.registry.add_flow(
                Flow(
                    load.registry.flow_name(name),
                    name,
                    query_builder(load, function, self.place),
                    self.place,
                    source_text(function),
                    configuration=configuration(load, self.spark_conf),
                )
            )
        except IngotError as error:
            failed(error.at(self.place), self.name or getattr(function, "__name__", None))
        return function

    def define_empty(self, conditions: Mapping[Action, Mapping[str, str]]) -> None:
        """Register a dataset that other flows write."""
        load = current.get()
        if load is None:
            return
        try:
            name = table_name(load, self.name, self.place)
            if not is_repeated(load, str(name), self.place):
                for action, by_name in conditions.items():
                    load.registry.add_expectations(name, rules.expectations(action, by_name))
                load.registry.add_dataset(self._dataset(name))
        except IngotError as error:
            failed(error.at(self.place), self.name)

    def _dataset(self, name: TableName) -> Dataset:
        for argument, value in self.refused.items():
            if value:
                raise UnsupportedError(
                    f"{argument} is not supported",
                    location=self.place,
                    code=f"unsupported-{argument.replace('_', '-')}",
                )
        if self.format is not None and self.format.lower() != "delta":
            raise UnsupportedError(
                f"tables of format {self.format!r} are not written", location=self.place, hint="leave out format="
            )
        return Dataset(
            name,
            self.kind,
            self.place,
            self.comment,
            columns_of_schema(self.schema),
            column_names(self.partition_columns),
            column_names(self.cluster_columns),
            texts(self.properties),
            is_private=self.is_private,
            path=self.path,
        )


def add_sink(name: str, options: Mapping[str, str]) -> None:
    """Register an outside target."""
    load = current.get()
    if load is None:
        return
    place = here() or NOWHERE
    try:
        table = table_name(load, name, place)
        load.registry.add_dataset(Dataset(table, DatasetKind.SINK, place, options=dict(options)))
    except IngotError as error:
        failed(error.at(place), name)
