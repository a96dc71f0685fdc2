"""What a materialized view depends on, as short texts: equal texts mean that a refresh would give the same rows.

Owns fingerprints of definitions (the query in canonical text, its functions, its settings) and of inputs (versions
of tables, listings of files). Pure but for asking tables for their version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from sqlglot import exp

from ingot.analysis.typed import AnalyzedQuery, FunctionCall
from ingot.engine import SourceFile
from ingot.files import listing_state, relative_path
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table
from ingot.model import Dataset, FileRead, Read, TableRead, ValuesRead
from ingot.types import StructType
from ingot.update.receipt import EVALUATION
from ingot.update.user_code import code_text


def _digest(*parts: object) -> str:
    text = json.dumps([str(part) for part in parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def definition(
    dataset: Dataset,
    analyzed: AnalyzedQuery,
    schema: StructType,
    files: Iterable[Path],
    configuration: Mapping[str, str],
) -> str:
    """The definition of a view: its query, what it reads by name, rules, properties and schema.

    Args:
        dataset: The view.
        analyzed: Its query.
        schema: Of its table.
        files: Those that the project's definitions are made of: functions in Python may use what any of them says.
        configuration: The project's: functions in Python may ask for any of it (`spark.conf.get`).
    """
    reads = [(leaf, _read_text(read)) for leaf, read in sorted(analyzed.reads.items())]
    functions = _function_texts(analyzed.functions, files, configuration)
    rules = [(e.name, e.condition, e.action.value) for e in dataset.expectations]
    return _digest(
        EVALUATION, _tree_text(analyzed.tree), reads, functions, rules, schema.json(),
        sorted(dataset.properties.items()), dataset.partition_columns, dataset.comment, analyzed.settings,
    )  # fmt: skip


def _tree_text(tree: exp.Expr) -> str:
    """A typed tree as text: nodes in order with their own values and types, whatever their formatting was."""
    return " ".join(
        f"{node.key}{_own_values(node)}{node.meta.get('spark_type', '')}/{node.depth}" for node in tree.walk(bfs=False)
    )


def _own_values(node: exp.Expr) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in node.args.items() if isinstance(value, (str, bool, int))]


def _read_text(read: Read) -> str:
    match read:
        case TableRead():
            return f"table {read.name.key} {read.version} {sorted(read.options.items())}"
        case FileRead():
            schema = read.schema.ddl if read.schema else ""
            return f"files {read.path} {read.format} {sorted(read.options.items())} {schema} {read.infer_types}"
        case ValuesRead():
            return f"values {read.fingerprint}"


def _function_texts(
    calls: Iterable[FunctionCall], files: Iterable[Path], configuration: Mapping[str, str]
) -> list[str]:
    """What is called, the code that it runs, and what that may ask for."""
    functions = sorted((call.function for call in calls), key=lambda function: function.name)
    if not functions:
        return []
    heads = [f"{function.name} {function.kind} {function.return_type}" for function in functions]
    asked = json.dumps(sorted(configuration.items()))
    return [*heads, code_text(files, [function.function for function in functions]), asked]


def is_opaque(analyzed: AnalyzedQuery) -> bool:
    """Whether some rows come from the user's Python, so that nothing is known of when they change."""
    return any(isinstance(read, ValuesRead) and read.is_opaque for read in analyzed.reads.values())


def input_key(read: Read, root: Path) -> str | None:
    """The name under which a read's state is remembered; None for rows that are part of the definition."""
    match read:
        case TableRead():
            return f"table {'.'.join(read.name.key)}" + ("" if read.version is None else f" at {read.version}")
        case FileRead():
            return f"files {relative_path(read.path, root)}"
        case ValuesRead():
            return None


def table_state(table: Table, stored: str | None) -> str:
    """The state of a table: `<id>@<version>`. Commits that only rearranged files do not count as change."""
    snapshot = table.snapshot()
    current = f"{snapshot.table_id}@{snapshot.version}"
    if stored is None or stored == current:
        return current
    table_id, _, version = stored.rpartition("@")
    if table_id != snapshot.table_id or not version.isdigit() or int(version) > snapshot.version:
        return current
    return current if _has_data_change(table, snapshot, int(version)) else stored


def _has_data_change(table: Table, snapshot: Snapshot, since: int) -> bool:
    from ingot.errors import LakeError

    try:
        return any(c.data_change or c.is_metadata_changed for c in table.commits(since + 1, snapshot.version))
    except LakeError:  # the log no longer reaches back: assume the worst
        return True


def inputs(
    analyzed: AnalyzedQuery,
    root: Path,
    table_of: Callable[[TableRead], Table],
    files_of: Callable[[FileRead], list[SourceFile]],
    stored: Mapping[str, str],
) -> dict[str, str]:
    """The states of everything that a query reads, by name."""
    states: dict[str, str] = {}
    for read in analyzed.reads.values():
        key = input_key(read, root)
        if key is None:
            continue
        if isinstance(read, TableRead):
            table = table_of(read)
            if not table.exists():
                states[key] = "absent"
            elif read.version is not None:  # what a version holds is for good, but another table may have the name now
                states[key] = f"{table.snapshot().table_id}"
            else:
                states[key] = table_state(table, stored.get(key))
        elif isinstance(read, FileRead):
            states[key] = listing_state(files_of(read), root)
    return states
