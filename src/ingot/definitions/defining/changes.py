"""AUTO CDC flows that are defined in Python: what their arguments mean, and which of them exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingot.definitions.defining.columns import expression, listed, names
from ingot.definitions.defining.flows import query_builder, snapshot_builder, source_text
from ingot.definitions.defining.registering import NOWHERE, configuration, failed, is_repeated, table_name
from ingot.definitions.loading import Load, current
from ingot.definitions.names import split_name
from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError, IngotError, Location, UnsupportedError
from ingot.model import ChangeSpec, Flow, Query, TableRead


@dataclass
class Changes:
    """The arguments of an AUTO CDC flow."""

    target: str
    source: Any
    keys: Any
    sequence_by: Any
    apply_as_deletes: Any = None
    apply_as_truncates: Any = None
    columns: Any = None
    except_columns: Any = None
    stored_as_scd_type: int | str = 1
    track: Any = None
    track_except: Any = None
    ignore_null_updates: bool = False
    is_snapshot: bool = False
    place: Location = field(default_factory=lambda: here() or NOWHERE)

    def define(
        self, name: str | None, is_once: bool, spark_conf: Mapping[str, Any] | None, refused: Mapping[str, Any]
    ) -> None:
        """Register the flow."""
        load = current.get()
        if load is None:
            return
        try:
            for argument, value in refused.items():
                if value is not None:
                    raise UnsupportedError(f"{argument} of AUTO CDC is not supported", location=self.place)
            target = table_name(load, self.target, self.place)
            if is_repeated(load, f"{target}/{name}", self.place):
                return
            changes = self._spec(load)
            load.registry.add_flow(
                Flow(
                    name or load.registry.flow_name(target),
                    target,
                    self._builder(load),
                    self.place,
                    repr(changes) + (source_text(self.source) if callable(self.source) else ""),
                    is_once,
                    configuration(load, spark_conf),
                    changes,
                )
            )
        except IngotError as error:
            failed(error.at(self.place), self.target)

    def _spec(self, load: Load) -> ChangeSpec:
        if str(self.stored_as_scd_type) not in ("1", "2"):
            raise DefinitionError(
                f"stored_as_scd_type is {self.stored_as_scd_type!r}", location=self.place, hint="it is 1 or 2"
            )
        for one, other in (("columns", "except_columns"), ("track", "track_except")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise DefinitionError(
                    "a column list and an except list exclude each other",
                    location=self.place,
                    hint="give one of the two",
                )
        if int(self.stored_as_scd_type) == 1 and (self.track is not None or self.track_except is not None):
            raise DefinitionError("tracked columns need a history", location=self.place, hint="stored_as_scd_type=2")
        keys = tuple(names(self.keys))
        if not keys:
            raise DefinitionError("keys are missing", location=self.place, hint='keys=["id"]')
        if self.sequence_by is None and not self.is_snapshot:
            raise DefinitionError(
                "sequence_by is missing", location=self.place, hint="name the column that orders changes"
            )
        return ChangeSpec(
            keys=keys,
            sequence_by=expression(self.sequence_by),
            source=self._source(load),
            apply_as_deletes=expression(self.apply_as_deletes),
            apply_as_truncates=expression(self.apply_as_truncates),
            columns=listed(self.columns),
            except_columns=listed(self.except_columns),
            track=listed(self.track),
            track_except=listed(self.track_except),
            ignore_null_updates=self.ignore_null_updates,
            scd_type=int(self.stored_as_scd_type),
            calls_function=callable(self.source),
            location=self.place,
        )

    def _source(self, load: Load) -> TableRead | None:
        if callable(self.source):
            return None
        if self.source is None:
            raise DefinitionError(
                "source is missing",
                location=self.place,
                hint="name a table or a view" + (", or give a function of snapshots" if self.is_snapshot else ""),
                code="wrong-arguments",
            )
        name = table_name(load, self.source, self.place)
        parts = split_name(self.source, self.place)
        if len(parts) > 1 and parts[0].lower() == "live":
            parts = parts[1:]
        return TableRead(name, tuple(parts), not self.is_snapshot, location=self.place)

    def _builder(self, load: Load) -> Callable[[], Query]:
        def source() -> Any:
            reader = load.session.read if self.is_snapshot else load.session.readStream
            return reader.table(self.source)

        if callable(self.source):
            return snapshot_builder(load, self.source, self.place)
        return query_builder(load, source, self.place)
