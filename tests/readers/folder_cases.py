"""Files below `key=value` folders, and `_metadata`, in every format."""

from __future__ import annotations

from collections.abc import Iterator

from readers.case import METADATA, Case
from readers.parquet_cases import parquet

_NULL = "p=__HIVE_DEFAULT_PARTITION__"
_FOLDERS: dict[str, tuple[str, ...]] = {
    "integers": ("p=1", "p=2"),
    "zeros in front": ("p=007", "p=010"),
    "signs": ("p=-1", "p=+2"),
    "long integers": ("p=1", "p=12345678901"),
    "huge integers": ("p=12345678901234567890", "p=1"),
    "decimals": ("p=1.5", "p=2"),
    "exponents": ("p=1e3", "p=2"),
    "suffixes": ("p=1d", "p=2f"),
    "not a number": ("p=NaN", "p=1.5"),
    "integers and text": ("p=1", "p=x"),
    "nulls": ("p=1", _NULL),
    "only nulls": (_NULL,),
    "text and nulls": ("p=x", _NULL),
    "no value": ("p=", "p=1"),
    "dates": ("p=2024-01-31", "p=2024-02-01"),
    "dates and integers": ("p=2024-01-31", "p=5"),
    "short dates": ("p=2024-1-3", "p=2024-02-01"),
    "months": ("p=2024-01", "p=2024-02"),
    "impossible dates": ("p=2024-02-31",),
    "timestamps": ("p=2024-01-31 10%3A11%3A12", "p=2024-02-01 00%3A00%3A00"),
    "timestamps with T": ("p=2024-01-31T10%3A11%3A12",),
    "fractions of seconds": ("p=2024-01-31 10%3A11%3A12.5",),
    "dates and timestamps": ("p=2024-01-31", "p=2024-02-01 00%3A00%3A01"),
    "booleans": ("p=true", "p=false"),
    "escapes": ("p=a%20b%2Fc", "p=50%25", "p=x+y"),
    "blanks": ("p= 1", "p=2 "),
    "blank text": ("p=a b", "p=é"),
    "equal signs": ("p=a=b", "p=c"),
    "two levels": ("year=2024/month=01", "year=2024/month=12"),
    "two orders": ("x=1/y=2", "y=3/x=4"),
    "a plain folder between": ("x=1/sub/y=2", "x=3/sub/y=4"),
    "a plain folder": ("sub", "other"),
    "some without": ("p=1", "sub"),
    "a data column's name": ("a=1", "a=2"),
    "a data column's name in upper case": ("A=1",),
    "hidden": ("p=1", "_p=2"),
}
_SCHEMAS: dict[str, tuple[str, ...]] = {
    "a string, p string": ("integers", "zeros in front", "nulls", "escapes", "no value", "timestamps"),
    "p int, a string": ("integers", "zeros in front", "nulls", "only nulls", "integers and text", "decimals", "blanks"),
    "a string, p date": ("dates", "short dates", "impossible dates", "timestamps", "months"),
    "a string, p timestamp": ("timestamps", "dates", "timestamps with T"),
    "a string, p double": ("integers", "exponents", "suffixes", "not a number"),
    "a string, p boolean": ("booleans", "integers"),
    "a string, p decimal(10,2)": ("decimals", "integers"),
    "a string": ("integers", "two levels", "a data column's name"),
    "month string, a string, year int": ("two levels",),
    "P int, a string": ("integers",),
}
_PARQUET_SCHEMAS = {schema: schema.replace("a string", "a bigint") for schema in _SCHEMAS}


def _files(format_name: str, folders: tuple[str, ...]) -> dict[str, bytes]:
    contents = {
        "csv": lambda i: f"a,b\n{i},x\n".encode(),
        "json": lambda i: f'{{"a":"{i}","b":"x"}}\n'.encode(),
        "text": lambda i: f"{i} x\n".encode(),
        "parquet": lambda i: parquet({"a": [i], "b": ["x"]}),
        "binaryFile": lambda i: bytes([i, 255]),
    }
    return {f"{folder}/f.{format_name}": contents[format_name](i) for i, folder in enumerate(folders)}


def folder_cases() -> Iterator[Case]:
    """Inference of partition columns, declared ones, and their place beside data columns."""
    header = {"header": "true"}
    for name, folders in _FOLDERS.items():
        yield Case(f"folders csv {name}", "csv", _files("csv", folders), header, None, METADATA)
    for name in ("integers", "nulls", "escapes", "two levels", "a data column's name", "dates"):
        for format_name in ("json", "text", "parquet", "binaryFile"):
            files = _files(format_name, _FOLDERS[name])
            yield Case(f"folders {format_name} {name}", format_name, files, {}, None, METADATA)
    for schema, names in _SCHEMAS.items():
        for name in names:
            files = _files("csv", _FOLDERS[name])
            yield Case(f"folders csv as {schema}: {name}", "csv", files, header, schema, METADATA)
    for schema in ("a string", "p int, a string", "month string, a string, year int", "a string, p string"):
        for name in _SCHEMAS[schema]:
            yield Case(f"folders json as {schema}: {name}", "json", _files("json", _FOLDERS[name]), {}, schema)
            wanted = _PARQUET_SCHEMAS[schema]
            files = _files("parquet", _FOLDERS[name])
            yield Case(f"folders parquet as {wanted}: {name}", "parquet", files, {}, wanted)
    inferred = {**header, "inferSchema": "true"}
    yield Case("folders csv inferred", "csv", _files("csv", _FOLDERS["a data column's name"]), inferred)
    yield Case("folders text as value string, p string", "text", _files("text", ("p=1",)), {}, "value string, p string")
    yield from _metadata_cases()


def _metadata_cases() -> Iterator[Case]:
    odd = ("a b.csv", "é.csv", "50%.csv", "x#y.csv", "q?m.csv", "[z].csv", "a+b,c.csv", "p=1&r;s.csv", "d'e\"f.csv")
    files = dict.fromkeys(odd, b"1\n")
    yield Case("metadata of odd names", "csv", files, {}, "a string", METADATA)
    binary = {"one.bin": b"\x00\xff", "sub.d/two.png": b"PNG", "empty.bin": b"", "a b.txt": b"x"}
    yield Case("binary files", "binaryFile", {k: v for k, v in binary.items() if "/" not in k}, {}, None, METADATA)
    yield Case("binary files declared", "binaryFile", {"f.bin": b"x"}, {}, "path string, length bigint, content binary")
    full = "path string, modificationTime timestamp, length bigint, content binary"
    yield Case("binary files declared in full", "binaryFile", {"f.bin": b"x"}, {}, full)
    other = "content binary, path string, modificationTime timestamp, length bigint"
    yield Case("binary files in another order", "binaryFile", {"f.bin": b"x"}, {}, other)
    wrong = "path string, modificationTime timestamp, length int, content binary"
    yield Case("binary files of another type", "binaryFile", {"f.bin": b"x"}, {}, wrong)
