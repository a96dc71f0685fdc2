"""The wire form of the log: paths and actions survive the way there and back."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingot.engine import DataFile
from ingot.errors import LakeError
from ingot.lake.log import (
    Entry,
    FileAction,
    ProtocolVersion,
    TableMetadata,
    decode_entry,
    decode_path,
    encode_entry,
    encode_path,
)
from ingot.types import parse_schema

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("special p@#h", "special%20p@%23h"),
        ("_2=bar+%2521/x.parquet", "_2=bar+%252521/x.parquet"),
        ("p=a:b/x.parquet", "p=a%3Ab/x.parquet"),
    ],
)
def test_paths_are_encoded_as_spark_does(path: str, encoded: str) -> None:
    assert encode_path(path) == encoded
    assert decode_path(encoded) == path


@given(text)
def test_every_path_survives(path: str) -> None:
    assert decode_path(encode_path(path)) == path
    assert unquote(encode_path(path)) == path


def test_an_absolute_uri_is_a_path_and_another_store_is_refused() -> None:
    assert decode_path("file:///some/with%20space") == decode_path("file:/some/with%20space") == "/some/with space"
    with pytest.raises(LakeError) as caught:
        decode_path("s3://bucket/x.parquet")
    assert caught.value.code == "unsupported-table"


files = st.builds(
    DataFile,
    path=text.filter(lambda p: p != ""),
    size=st.integers(0, 2**53),
    rows=st.none(),
    modified_ms=st.integers(0, 2**53),
    partition=st.dictionaries(text, st.none() | text, max_size=3),
    statistics=st.none() | text.filter(bool),
)
entries = st.builds(
    Entry,
    version=st.just(3),
    timestamp_ms=st.just(5),
    info=st.just({"timestamp": 5, "operation": "WRITE"}),
    protocol=st.none()
    | st.just(ProtocolVersion())
    | st.just(ProtocolVersion(3, 7, frozenset({"timestampNtz"}), frozenset({"timestampNtz", "appendOnly"}))),
    metadata=st.none()
    | st.builds(
        TableMetadata,
        schema=st.just(parse_schema("`a,b` bigint not null comment 'x\"y', s struct<m: map<string,array<date>>>")),
        properties=st.dictionaries(text, text, max_size=3),
        description=st.none() | text,
        table_id=text,
        created_ms=st.integers(0, 2**53),
    ),
    adds=st.lists(st.builds(FileAction, file=files, data_change=st.booleans()), max_size=3).map(tuple),
    transactions=st.dictionaries(text, st.integers(0, 2**53), max_size=3),
)


@given(entries)
def test_every_entry_survives(entry: Entry) -> None:
    content = encode_entry(entry)
    assert all(isinstance(json.loads(line), dict) for line in content.decode().split("\n") if line)
    decoded = decode_entry(3, content)
    assert [a.file.statistics for a in decoded.adds] == [a.file.statistics for a in entry.adds]
    assert _without_rows(decoded) == _without_rows(entry)


def _without_rows(entry: Entry) -> tuple[object, ...]:
    adds = [(a.file.path, a.file.size, dict(a.file.partition), a.data_change) for a in entry.adds]
    return (entry.version, entry.timestamp_ms, entry.info, entry.protocol, entry.metadata, adds, entry.transactions)


def test_a_line_that_is_not_json_is_a_damaged_log() -> None:
    with pytest.raises(LakeError) as caught:
        decode_entry(7, b'{"add":\n')
    assert caught.value.code == "damaged-log"
    assert "entry 7" in caught.value.message


def test_lines_are_only_split_at_newlines(tmp_path: Path) -> None:
    """U+2028 and the like stand for themselves in JSON text."""
    file = DataFile("a\u2028b\x0bc.parquet", 1, None, 1, {"p": "x\u2029\x85y"})
    entry = Entry(0, 5, {"timestamp": 5}, adds=(FileAction(file),))
    assert decode_entry(0, encode_entry(entry)).adds[0].file == file
