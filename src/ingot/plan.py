"""What an update has to do: facts about a dataset and its table → one step with a technique and a reason. Pure.

Planning is asked once more right before each step, because what a step has to do depends on what its upstream did.
`dry-run` prints the same steps.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ingot.errors import Location, PlanError
from ingot.model import ColumnSpec, Dataset, DatasetKind, TableName
from ingot.types import (
    BYTE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    MapType,
    StructType,
)

KIND_PROPERTY = "ingot.kind"  # of a table that an update wrote: the kind of its dataset
CATALOG_PROPERTY = "ingot.catalog"  # and the catalog of its name, which its folder does not tell


class Technique(enum.StrEnum):
    """How a step brings its dataset up to date."""

    APPEND = "append"
    MERGE = "merge"
    FULL_RECOMPUTE = "full_recompute"
    NO_CHANGE = "no_change"
    FULL_REFRESH = "full_refresh"
    EXCLUDED = "excluded"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One dataset's part of an update.

    `only_if_changed`: of a plan that is not carried out, the inputs that may change before; if none does, nothing is
    done.
    """

    dataset: TableName
    kind: DatasetKind | None  # None when its definition fails before that can be told
    technique: Technique
    reason: str
    schema_change: SchemaChange | None = None
    only_if_changed: tuple[TableName, ...] = ()

    @property
    def does_work(self) -> bool:
        return self.technique in (Technique.APPEND, Technique.MERGE, Technique.FULL_RECOMPUTE, Technique.FULL_REFRESH)

    @property
    def short_reason(self) -> str:
        """The reason in a line of a table; an error is told in full below it."""
        return "see below" if self.technique is Technique.FAILED else self.reason


@dataclass(frozen=True)
class SchemaChange:
    """How a table's schema has to change before rows of a new definition fit: harmless for what is stored."""

    schema: StructType
    added: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that planning one dataset depends on.

    `fingerprint` and `stored_fingerprint` are those of the definition and of the table's last refresh, `inputs` and
    `stored_inputs` what was read (`name → version or content hash`). `volatile` are functions whose answer changes
    by itself. `failed_upstream` is a dataset that this one reads and that failed in this update. `scd_type` is that of
    a table that changes are applied to, `follows_snapshots` tells that these are what snapshots change.
    """

    dataset: Dataset
    kind: DatasetKind
    exists: bool
    wanted: StructType | None = None
    existing: StructType | None = None
    existing_kind: str | None = None
    fingerprint: str = ""
    stored_fingerprint: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    stored_inputs: Mapping[str, str] = field(default_factory=dict)
    volatile: frozenset[str] = frozenset()
    failed_upstream: TableName | None = None
    is_selected: bool = True
    is_reset: bool = False
    is_opaque: bool = False
    scd_type: int | None = None
    follows_snapshots: bool = False


def plan_step(facts: Facts) -> Step:
    """Decide the technique for one dataset.

    Raises:
        PlanError: when the table cannot be brought to its definition without losing something.
    """
    name, kind = facts.dataset.name, facts.kind
    if not facts.is_selected:
        return Step(name, kind, Technique.EXCLUDED, "not selected for this update")
    if facts.failed_upstream is not None:
        return Step(name, kind, Technique.SKIPPED, f"{facts.failed_upstream.short} failed")
    if kind is DatasetKind.TEMPORARY_VIEW:
        return Step(name, kind, Technique.NO_CHANGE, "evaluated where it is read")
    _check_kind(facts)
    if facts.is_reset and facts.exists:
        return Step(name, kind, Technique.FULL_REFRESH, "asked for")
    if kind is DatasetKind.STREAMING_TABLE:
        change = schema_change(facts)
        if facts.scd_type is not None:
            what = "follows snapshots" if facts.follows_snapshots else "applies new changes"
            return Step(name, kind, Technique.MERGE, f"{what} (SCD type {facts.scd_type})", change)
        return Step(name, kind, Technique.APPEND, "reads what is new", change)
    return _plan_view(facts)


def _plan_view(facts: Facts) -> Step:
    name, kind = facts.dataset.name, facts.kind
    recompute = Technique.FULL_RECOMPUTE
    if not facts.exists:
        return Step(name, kind, recompute, "does not exist yet")
    if facts.stored_fingerprint is None:
        return Step(name, kind, recompute, "its last refresh is unknown")
    if facts.fingerprint != facts.stored_fingerprint:
        return Step(name, kind, recompute, "its definition changed")
    if facts.volatile:
        return Step(name, kind, recompute, f"it calls {', '.join(sorted(facts.volatile))}")
    if facts.is_opaque:
        return Step(name, kind, recompute, "it is computed in Python, whose inputs are unknown")
    changed = sorted(key for key, value in facts.inputs.items() if facts.stored_inputs.get(key) != value)
    if changed:
        return Step(name, kind, recompute, f"{', '.join(changed[:3])} changed")
    return Step(name, kind, Technique.NO_CHANGE, "nothing that it depends on changed")


def _check_kind(facts: Facts) -> None:
    if facts.existing_kind is None or facts.existing_kind == facts.kind.value or facts.is_reset:
        return
    raise PlanError(
        f"{facts.dataset.name.short} is a {facts.existing_kind.replace('_', ' ')} in the lake and a {facts.kind.label} "
        f"in its definition",
        location=facts.dataset.location,
        hint=f"recompute it: ingot run --full-refresh {facts.dataset.name.short}",
        code="kind-changed",
    )


def schema_change(facts: Facts) -> SchemaChange | None:
    """What has to be added to or widened in a streaming table so that the definition's rows fit.

    Columns that the definition no longer has stay, with nulls in new rows.

    Raises:
        PlanError: `incompatible-schema`, with what would be lost and the command that does it.
    """
    if facts.existing is None or facts.wanted is None:
        return None
    merged: list[Field] = []
    added: list[str] = []
    widened: list[str] = []
    for column in facts.existing:
        wanted = facts.wanted.find(column.name)
        if wanted is None:
            if not column.nullable:
                raise _incompatible(facts, f"it no longer has the NOT NULL column {column.name!r}")
            merged.append(column)
            continue
        merged_type = widen(column.type, wanted.type)
        if merged_type is None:
            raise _incompatible(facts, f"column {column.name!r} changes from {column.type} to {wanted.type}")
        if merged_type != column.type:
            widened.append(column.name)
        merged.append(replace(column, type=merged_type, comment=wanted.comment or column.comment))
    for column in facts.wanted:
        if facts.existing.find(column.name) is None:
            if not column.nullable:
                raise _incompatible(facts, f"the new column {column.name!r} is NOT NULL, which stored rows break")
            added.append(column.name)
            merged.append(column)
    schema = StructType(fields=tuple(merged))
    return SchemaChange(schema, tuple(added), tuple(widened)) if schema != facts.existing else None


def _incompatible(facts: Facts, what: str) -> PlanError:
    name = facts.dataset.name.short
    return PlanError(
        f"the definition of {name} does not fit the stored table: {what}",
        location=facts.dataset.location,
        hint=f"recompute it from its sources, which drops what is stored: ingot run --full-refresh {name}",
        code="incompatible-schema",
    )


_WIDER: dict[DataType, tuple[DataType, ...]] = {
    BYTE: (SHORT, INT, LONG),
    SHORT: (INT, LONG),
    INT: (LONG, DOUBLE),
    FLOAT: (DOUBLE,),
}
_INTEGER_DIGITS = {BYTE: 3, SHORT: 5, INT: 10, LONG: 20}


def widen(stored: DataType, wanted: DataType) -> DataType | None:
    """The type that holds stored and new values without loss, or None.

    Follows Delta's type widening (Delta protocol, "Type Widening"); a stored type that is already wider stays.
    """
    if stored == wanted or (wanted in (BYTE, SHORT, INT, FLOAT) and stored in _WIDER.get(wanted, ())):
        return stored
    if wanted in _WIDER.get(stored, ()):
        return wanted
    match stored, wanted:
        case DecimalType(), DecimalType():
            scale = max(stored.scale, wanted.scale)
            digits = max(stored.precision - stored.scale, wanted.precision - wanted.scale)
            return DecimalType(precision=digits + scale, scale=scale) if digits + scale <= 38 else None
        case _, DecimalType() if stored in _INTEGER_DIGITS:
            return wanted if wanted.precision - wanted.scale >= _INTEGER_DIGITS[stored] else None
        case ArrayType(), ArrayType():
            element = widen(stored.element, wanted.element)
            return ArrayType(element=element) if element is not None else None
        case MapType(), MapType():
            key, value = widen(stored.key, wanted.key), widen(stored.value, wanted.value)
            return MapType(key=key, value=value) if key is not None and value is not None else None
        case StructType(), StructType():
            return _widen_struct(stored, wanted)
    return None


def _widen_struct(stored: StructType, wanted: StructType) -> StructType | None:
    fields: list[Field] = []
    for column in stored:
        other = wanted.find(column.name)
        merged = column.type if other is None else widen(column.type, other.type)
        if merged is None:
            return None
        fields.append(replace(column, type=merged))
    fields.extend(column for column in wanted if stored.find(column.name) is None)
    return StructType(fields=tuple(fields))


def declared_schema(dataset: Dataset, computed: StructType, location: Location | None = None) -> StructType:
    """The schema of a table: what its query gives, as the column list of its definition declares it.

    Raises:
        PlanError: `declared-columns`, when the list names other columns than the query gives.
    """
    if dataset.columns is None:
        return computed
    specs = {spec.name.lower(): spec for spec in dataset.columns}
    missing = [spec.name for spec in dataset.columns if computed.find(spec.name) is None and spec.generated is None]
    if missing:
        raise PlanError(
            f"{dataset.name.short} declares columns that its query does not give: {', '.join(missing)}",
            location=dataset.location,
            hint=f"the query gives: {', '.join(computed.names)}",
            code="declared-columns",
        )
    extra = [name for name in computed.names if name.lower() not in specs]
    if extra and all(spec.type is not None for spec in dataset.columns):
        raise PlanError(
            f"the query of {dataset.name.short} gives columns that its definition does not declare: {', '.join(extra)}",
            location=dataset.location,
            hint="add them to the column list, or select only the declared ones",
            code="declared-columns",
        )
    return StructType(fields=tuple(_declared(specs.get(f.name.lower()), f) for f in computed))


def _declared(spec: ColumnSpec | None, column: Field) -> Field:
    if spec is None:
        return column
    return Field(spec.name, spec.type or column.type, spec.nullable, spec.comment or column.comment)
