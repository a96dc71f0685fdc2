"""What Ingot can read and write of the Delta protocol, and which features a table of ours asks for.

Pure. A feature that is not named here is refused, never ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ingot.errors import LakeError
from ingot.lake import mapping
from ingot.lake.log import ProtocolVersion, TableMetadata
from ingot.types import TIMESTAMP_NTZ, DataType, StructType, types_in

# Reader features that change nothing about how a data file is read.
_PLAIN_READER_FEATURES = {"timestampNtz", "vacuumProtocolCheck", "v2Checkpoint", "columnMapping"}
_KERNEL_READER_FEATURES = _PLAIN_READER_FEATURES | {"deletionVectors"}

# Properties that Ingot obeys; Delta does not tell upper from lower case in their names.
_OBEYED = {
    name.lower(): name
    for name in (
        mapping.MODE, mapping.MAX_ID, "delta.appendOnly", "delta.checkpointInterval", "delta.logRetentionDuration",
        "delta.deletedFileRetentionDuration", "delta.enableExpiredLogCleanup",
    )
}  # fmt: skip

# Writer features that need nothing from a writer unless the table uses them, which `check_writable` looks at.
_WRITER_FEATURES = {
    "appendOnly", "invariants", "checkConstraints", "changeDataFeed", "generatedColumns", "identityColumns",
    "columnMapping", "timestampNtz", "vacuumProtocolCheck",
}  # fmt: skip

_REFUSED_PROPERTIES = (
    "delta.enabledeletionvectors", "delta.enablerowtracking", "delta.enablechangedatafeed",
    "delta.enabletypewidening", "delta.enableincommittimestamps", "delta.enableicebergcompatv1",
    "delta.enableicebergcompatv2", "delta.enablevarianttype", "delta.enableshredding",
)  # fmt: skip
_REFUSED_PREFIXES = (
    "delta.feature.", "delta.constraints.", "delta.universalformat.", "delta.rowtracking.",
    "delta.materializedrow",
    "delta.incommittimestamp", "delta.minreaderversion", "delta.minwriterversion",
)  # fmt: skip
REFUSED_FIELD_METADATA = (
    "delta.generationExpression", "delta.identity.", "delta.invariants", "CURRENT_DEFAULT", "EXISTS_DEFAULT",
)  # fmt: skip


def left_out_properties(properties: Mapping[str, str]) -> list[str]:
    """Names of `delta.*` properties that would promise what Ingot does not do; a commit leaves them out.

    >>> left_out_properties({"quality": "gold", "delta.enableChangeDataFeed": "true"})
    ['delta.enableChangeDataFeed']
    """
    return [name for name, value in properties.items() if _is_refused(name.lower(), value)]


def _is_refused(name: str, value: str) -> bool:
    if name in _REFUSED_PROPERTIES:
        return value.lower() != "false"
    if name == "delta.checkpointpolicy":
        return value.lower() != "classic"
    if name == "delta.feature.timestampntz" or not name.startswith(_REFUSED_PREFIXES):
        return name == mapping.MODE.lower() and value.lower() == "id"
    return True


def kept_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """The properties that a commit writes: all but those left out and those that only turn on a feature."""
    refused = set(left_out_properties(properties))
    return {
        _OBEYED.get(name.lower(), name): value
        for name, value in properties.items()
        if name not in refused and not name.lower().startswith("delta.feature.")
    }


def protocol_for(metadata: TableMetadata, current: ProtocolVersion | None) -> ProtocolVersion:
    """The lowest protocol that the metadata needs, never lower than the table's current one."""
    current = current or ProtocolVersion()
    needed = set()
    if any(each == TIMESTAMP_NTZ for each in types_in(metadata.schema)):
        needed.add("timestampNtz")
    if mapping.mode(metadata.properties) != "none":
        needed.add("columnMapping")
    if not needed - supported_reader_features(current):
        return current
    reader = supported_reader_features(current) | needed
    writer = supported_writer_features(current) | needed
    return ProtocolVersion(3, 7, frozenset(reader), frozenset(writer))


def supported_reader_features(protocol: ProtocolVersion) -> frozenset[str]:
    """The reader features of a protocol, those implied by a low version number included."""
    if protocol.reader >= 3:
        return protocol.reader_features or frozenset()
    return frozenset({"columnMapping"}) if protocol.reader == 2 else frozenset()


def supported_writer_features(protocol: ProtocolVersion) -> frozenset[str]:
    """The writer features of a protocol, those implied by a low version number included."""
    if protocol.writer >= 7:
        return protocol.writer_features or frozenset()
    by_version = (
        (2, "appendOnly"), (2, "invariants"), (3, "checkConstraints"), (4, "changeDataFeed"),
        (4, "generatedColumns"), (5, "columnMapping"), (6, "identityColumns"),
    )  # fmt: skip
    return frozenset(feature for version, feature in by_version if protocol.writer >= version)


def check_readable(protocol: ProtocolVersion, place: str) -> None:
    """Refuse a table that neither DuckDB nor delta-kernel would read rightly.

    Raises:
        LakeError: `unsupported-table`, naming the features.
    """
    if protocol.reader > 3:
        raise LakeError(
            f"{place} needs Delta reader version {protocol.reader}; Ingot knows versions 1 to 3",
            code="unsupported-table",
        )
    if unknown := supported_reader_features(protocol) - _KERNEL_READER_FEATURES:
        raise LakeError(
            f"{place} uses Delta features that Ingot cannot read: {', '.join(sorted(unknown))}",
            hint="copy the table without them, with the system that wrote it",
            code="unsupported-table",
        )


def check_writable(protocol: ProtocolVersion, metadata: TableMetadata, place: str) -> None:
    """Refuse to write into a table (of others) that asks a writer for what Ingot does not do.

    Raises:
        LakeError: `unsupported-table`.
    """
    asks = sorted(supported_writer_features(protocol) - _WRITER_FEATURES)
    if protocol.writer > 7:
        asks.append(f"writer version {protocol.writer}")
    asks += left_out_properties(metadata.properties)
    asks += sorted({key for key in _field_metadata(metadata.schema) if key.startswith(REFUSED_FIELD_METADATA)})
    if asks:
        raise LakeError(
            f"{place} cannot be written: it uses {', '.join(asks)}",
            hint="let the system that made it write it, or write to another table",
            code="unsupported-table",
        )


def _field_metadata(type_: DataType) -> Iterator[str]:
    for each in types_in(type_):
        if isinstance(each, StructType):
            for field in each.fields:
                yield from (key for key, _ in field.metadata)
