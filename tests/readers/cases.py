"""Small files, options and schemas on which the readers are compared with Spark.

Each case is a handful of bytes. Spark's answers lie in `spark_answers.json`, made by `record.py`.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace

from readers.case import Case
from readers.folder_cases import folder_cases
from readers.parquet_cases import parquet_cases

HEADER = {"header": "true"}
INFER = {"header": "true", "inferSchema": "true"}
AB = "a string, b string"
TYPED = "i int, l bigint, d double, f float, n decimal(10,2), b boolean, day date, t timestamp, s string"

_CSV_TEXTS: dict[str, bytes] = {
    "plain": b"a,b\n1,x\n2,y\n",
    "no final newline": b"a,b\n1,x\n2,y",
    "crlf": b"a,b\r\n1,x\r\n2,y\r\n",
    "carriage returns only": b"a,b\r1,x\r2,y\r",
    "mixed line ends": b"a,b\r\n1,x\n2,y\r3,z\n",
    "byte order mark": b"\xef\xbb\xbfa,b\n1,x\n",
    "empty file": b"",
    "header only": b"a,b\n",
    "blank lines": b"\n\na,b\n\n1,x\n   \n2,y\n\n",
    "blank first field only": b"a,b\n  ,\n , \n",
    "short rows": b"a,b,c\n1\n2,y\n3,y,z\n",
    "long rows": b"a,b\n1,x,extra\n2,y\n",
    "empty fields": b'a,b\n,\n1,\n,x\n"",""\n',
    "quoted": b'a,b\n"1","x, y"\n"2",z\n',
    "quoted header": b'"a b","c,d"\n1,2\n',
    "doubled quotes": b'a,b\n"say ""hi""",x\n1,"y ""z"""\n',
    "escaped quotes": b'a,b\n"say \\"hi\\"",x\n1,"y\\\\"\n',
    "other escapes": b'a,b\n"a\\nb","c\\,d"\nx\\,y,z\n',
    "stray quotes": b'a,b\nx"y,1\n"x"y,2\n"x" ,3\n "x",4\n"x" y,5\n',
    "unfinished quote": b'a,b\n"x,1\ny,2\n',
    "quoted newline": b'a,b\n"x\ny",1\n"z",2\n',
    "quoted crlf": b'a,b\r\n"x\r\ny",1\r\n"z",2\r\n',
    "quote at the end": b'a,b\n1,"\n2,"x"\n3,x"\n',
    "blanks around": b"a,b\n 1 , x \n\t2\t,y  \n",
    "duplicate names": b"a,A,b,a\n1,2,3,4\n",
    "empty names": b"a,,b,\n1,2,3,4\n",
    "nul byte": b"a,b\n1,x\x00y\n",
    "unicode": "a,b\nCôte d'Ivoire,Ωμέγα 🎉\n".encode(),
    "single column": b"a\n1\n\n2\n  \n3\n",
    "comments": b"#first\na,b\n#x,y\n1,#2\n",
    "single quotes": b"a,b\n'x,y',1\n",
    "semicolons": b"a;b\n1;x,y\n",
    "tabs": b"a\tb\n1\tx y\n",
    "wide separator": b"a||b\n1||x|y\n2||\n",
    "null words": b'a,b\nNULL,x\n\\N,\n"NULL",NA\n',
}
_CSV_OPTIONS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "header": (HEADER, tuple(_CSV_TEXTS)),
    "no header": ({}, ("plain", "crlf", "short rows", "long rows", "blank lines", "byte order mark", "empty file")),
    "multiline": (
        {**HEADER, "multiLine": "true"},
        (
            "plain", "crlf", "carriage returns only", "byte order mark", "empty file", "header only", "blank lines",
            "blank first field only", "short rows", "long rows", "empty fields", "quoted", "quoted header",
            "doubled quotes", "escaped quotes", "other escapes", "stray quotes", "unfinished quote",
            "quoted newline", "quoted crlf", "quote at the end", "single column", "unicode", "duplicate names",
        ),
    ),
    "multiline escape quote": (
        {**HEADER, "multiLine": "true", "escape": '"'},
        ("quoted newline", "quoted crlf", "doubled quotes", "escaped quotes", "stray quotes", "unfinished quote"),
    ),
    "escape quote": (
        {**HEADER, "escape": '"'},
        ("plain", "quoted", "doubled quotes", "escaped quotes", "other escapes", "stray quotes", "unfinished quote"),
    ),
    "no quote": ({**HEADER, "quote": ""}, ("plain", "quoted", "doubled quotes", "stray quotes", "quoted newline")),
    "single quote": ({**HEADER, "quote": "'"}, ("single quotes", "quoted", "plain")),
    "semicolon": ({**HEADER, "sep": ";"}, ("semicolons", "plain")),
    "tab": ({**HEADER, "delimiter": "\\t"}, ("tabs",)),
    "wide": ({**HEADER, "sep": "||"}, ("wide separator", "plain")),
    "comment": ({**HEADER, "comment": "#"}, ("comments", "plain", "blank lines")),
    "multiline comment": ({**HEADER, "comment": "#", "multiLine": "true"}, ("comments",)),
    "null value": ({**HEADER, "nullValue": "NULL"}, ("null words", "empty fields", "short rows")),
    "empty value": ({**HEADER, "emptyValue": "EMPTY"}, ("empty fields", "quoted")),
    "trim": (
        {**HEADER, "ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"},
        ("blanks around", "stray quotes", "blank lines", "quoted", "plain"),
    ),
    "trim left": ({**HEADER, "ignoreLeadingWhiteSpace": "true"}, ("blanks around", "stray quotes")),
    "trim right": ({**HEADER, "ignoreTrailingWhiteSpace": "true"}, ("blanks around", "stray quotes")),
    "line feed": ({**HEADER, "lineSep": "\n"}, ("plain", "crlf", "quoted crlf")),
    "odd line end": ({**HEADER, "lineSep": ";"}, ("semicolons",)),
    "infer": (
        INFER,
        ("plain", "short rows", "long rows", "empty fields", "blanks around", "header only", "single column", "quoted"),
    ),
}  # fmt: skip

_VALUES: dict[str, list[str]] = {
    "integers": ["1", "+2", "-3", "2147483647"],
    "long integers": ["1", "2147483648"],
    "huge integers": ["1", "9223372036854775808"],
    "too huge integers": ["123456789012345678901234567890123456789"],
    "decimals": ["1.5", "2", "-.5", "5."],
    "exponents": ["1e3", "2E-2"],
    "suffixes": ["1d", "2.5f"],
    "blanks and numbers": [" 1", "2 "],
    "specials": ["NaN", "Inf", "-Inf", "1"],
    "infinities": ["Infinity", "-Infinity"],
    "booleans": ["true", "FALSE", "True"],
    "almost booleans": ["true", "yes"],
    "dates": ["2024-01-31", "1999-12-01"],
    "bad dates": ["2024-02-31", "2024-01-01"],
    "short dates": ["2024-1-3", "2024-01-03"],
    "years": ["2024", "1999"],
    "slashed dates": ["01/02/2024", "31/12/2023"],
    "timestamps": ["2024-01-31 10:11:12", "2024-01-31 10:11:12.123456"],
    "timestamps with T": ["2024-01-31T10:11:12", "2024-01-31T10:11:12.5"],
    "timestamps with zones": [
        "2024-01-31T10:11:12Z", "2024-01-31T10:11:12+02:00", "2024-01-31 10:11:12 Europe/Paris",
    ],
    "minutes": ["2024-01-31 10:11", "2024-01-31 10:11:12"],
    "dates then timestamps": ["2024-01-31", "2024-01-31 10:11:12"],
    "timestamps then dates": ["2024-01-31 10:11:12", "2024-01-31"],
    "numbers then text": ["1", "x"],
    "integers then decimals": ["1", "2.5"],
    "long then double": ["99999999999", "1.5"],
    "numbers then dates": ["1", "2024-01-01"],
    "nothing": ["", ""],
    "one null": ["", "3"],
    "grouped": ["1,000", "2"],
    "underscores": ["1_000", "0x1F"],
    "many digits": ["0.1234567890123456789012345678901", "3"],
    "leading zeros": ["007", "010"],
}  # fmt: skip
_COLUMN_TYPES = ("int", "bigint", "double", "decimal(10,2)", "boolean", "date", "timestamp", "timestamp_ntz", "tinyint")

_ROWS = b"""i,l,d,f,n,b,day,t,s
1,2,1.5,2.5,3.456,true,2024-01-31,2024-01-31 10:00:00,x
,,,,,,,,
bad,bad,bad,bad,bad,bad,bad,bad,bad
1.0,1e3,1e3,NaN,12345678901,yes,2024-1-1,2024-01-31T10:00:00Z,
2147483648,9223372036854775808,Infinity,-Inf,-1.005,FALSE,31/01/2024,2024-01-31,"q"
1,2
1,2,1.5,2.5,3.456,true,2024-01-31,2024-01-31 10:00:00,x,extra
"""

_JSON_TEXTS: dict[str, bytes] = {
    "plain": b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
    "crlf": b'{"a":1,"b":"x"}\r\n{"a":2,"b":"y"}\r\n',
    "blank lines": b'\n{"a":1}\n   \n{"a":2}\n\n',
    "byte order mark": b'\xef\xbb\xbf{"a":1}\n',
    "missing fields": b'{"a":1}\n{"b":"y"}\n{}\n',
    "nulls": b'{"a":null,"b":null}\n{"a":1,"b":null}\n',
    "mixed numbers": b'{"a":1}\n{"a":1.5}\n{"a":12345678901234567890}\n',
    "number and text": b'{"a":1}\n{"a":"x"}\n{"a":1.10}\n{"a":true}\n',
    "big integers": b'{"a":9223372036854775807}\n{"a":9223372036854775808}\n',
    "fractions": b'{"a":1.0,"b":1e5,"c":-0.0}\n{"a":0.1,"b":1E-3,"c":0}\n',
    "booleans": b'{"a":true}\n{"a":false}\n{"a":"true"}\n',
    "nested": b'{"a":{"x":1,"y":["p","q"]},"b":[{"z":1},{"z":2,"w":"v"}]}\n{"a":{"x":2}}\n',
    "nested as text": b'{"a":{"x": 1.0, "y":[1, 2]},"b":[1,2 ,3]}\n{"a":"s","b":"t"}\n',
    "empty things": b'{"a":{},"b":[],"c":""}\n{"a":{"x":1},"b":[1],"c":"z"}\n',
    "only empty": b'{"a":{},"b":[],"c":"","d":null}\n',
    "top-level array": b'[{"a":1},{"a":2}]\n{"a":3}\n',
    "scalars": b'1\n"x"\n{"a":1}\nnull\n',
    "broken": b'{"a":1}\n{"a":\n{"a":2}\nnot json\n',
    "cut off": b'{"a":1}\n{"a":2,"b":"x',
    "trailing text": b'{"a":1} x\n{"a":2}{"a":3}\n',
    "repeated keys": b'{"a":1,"a":2}\n{"a":"x"}\n',
    "key case": b'{"a":1}\n{"A":2}\n',
    "escapes": b'{"a":"x\\n\\u00e9\\"\\\\\\/","b":"tab\\t"}\n',
    "surrogates": b'{"a":"\\ud83c\\udf89"}\n',
    "unicode": '{"ä":"Ω","b":"🎉"}\n'.encode(),
    "single quotes": b"{'a':'x'}\n{\"a\":\"it's\"}\n",
    "bare names": b'{a:1,b_2:"x"}\n',
    "comments": b'{"a":/* one */1} // end\n{"a":2}\n',
    "leading zeros": b'{"a":007}\n{"a":1}\n',
    "special numbers": b'{"a":NaN}\n{"a":Infinity}\n{"a":-Infinity}\n{"a":1.5}\n',
    "special texts": b'{"a":"NaN"}\n{"a":"Infinity"}\n{"a":1.5}\n',
    "control characters": b'{"a":"x\ty"}\n{"a":"z"}\n',
    "any escape": b'{"a":"x\\qy"}\n{"a":"z"}\n',
    "timestamps": b'{"a":"2024-01-31T10:11:12Z","b":"2024-01-31","c":1706695872}\n',
    "multi-line object": b'{\n  "a": 1,\n  "b": "x"\n}\n',
    "multi-line array": b'[\n  {"a": 1},\n  {"a": 2, "b": [1,\n 2]}\n]\n',
    "two objects": b'{"a":1}\n{"a":2}\n',
    "array of scalars": b'[1,2]\n{"a":1}\n',
    "mixed arrays": b'{"a":[1,"x",null,{"y":1}]}\n',
    "array and scalar": b'{"a":[1]}\n{"a":1}\n',
    "empty name": b'{"":1,"a":2}\n',
    "halves of pairs": b'{"a":"\\ud800x"}\n{"a":"x\\udc00"}\n{"a":"\\udc00\\ud800"}\n',
    "commas at the end": b'{"a":1,}\n{"a":[1,]}\n{"a":2}\n',
    "other comments": b'{"a":1} # end\n{"a": # two\n# three\n{"a":2}\n',
    "odd names": "{1a:1}\n{a-b:2}\n{a+b:3}\n{@a:4}\n{é:5}\n{a.b:6}\n".encode(),
    "words for numbers": b'{"a":+INF}\n{"a":-INF}\n{"a":INF}\n{"a":nan}\n{"a":-NaN}\n',
    "controls in single quotes": b"{'a':'x\ty'}\n{'a':'z'}\n",
    "broken codes": b'{"a":"\\uZZ12"}\n{"a":"z"}\n',
    "decimal texts": b'{"a":"1.5","b":"1,000","c":"+.5"}\n{"a":" 1","b":"1e2","c":"1_0"}\n{"a":"2.25"}\n',
    "empty file": b"",
}
_JSON_OPTIONS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "default": (
        {},
        tuple(
            n
            for n in _JSON_TEXTS
            if n not in ("only empty", "empty file", "bare names", "odd names", "multi-line object")
        ),
    ),
    "multiline": (
        {"multiLine": "true"},
        ("multi-line object", "multi-line array", "two objects", "top-level array", "plain", "cut off"),
    ),
    "strings": ({"primitivesAsString": "true"}, ("plain", "mixed numbers", "fractions", "booleans", "nested")),
    "decimals": (
        {"prefersDecimal": "true"},
        ("mixed numbers", "fractions", "number and text", "special numbers", "decimal texts"),
    ),
    "comments": ({"allowComments": "true"}, ("comments", "other comments")),
    "bare names": ({"allowUnquotedFieldNames": "true"}, ("bare names", "odd names")),
    "no single quotes": ({"allowSingleQuotes": "false"}, ("single quotes",)),
    "leading zeros": ({"allowNumericLeadingZeros": "true"}, ("leading zeros",)),
    "controls": ({"allowUnquotedControlChars": "true"}, ("control characters", "controls in single quotes")),
    "any escape": ({"allowBackslashEscapingAnyCharacter": "true"}, ("any escape", "broken codes")),
    "no specials": ({"allowNonNumericNumbers": "false"}, ("special numbers",)),
    "drop null fields": ({"dropFieldIfAllNull": "true"}, ("nulls", "missing fields", "empty things")),
    "timestamps": ({"inferTimestamp": "true"}, ("timestamps",)),
    "drop malformed": ({"mode": "DROPMALFORMED"}, ("broken", "scalars", "plain")),
    "fail fast": ({"mode": "FAILFAST"}, ("broken", "plain")),
    "line end": ({"lineSep": "\n"}, ("plain", "crlf")),
}
_JSON_SCHEMAS: dict[str, tuple[str, ...]] = {
    "a string, b string": (
        "plain", "missing fields", "mixed numbers", "number and text", "fractions", "nested as text", "booleans",
        "repeated keys", "key case", "broken", "cut off", "trailing text", "scalars", "special numbers", "timestamps",
        "empty file", "empty things", "big integers", "mixed arrays", "halves of pairs", "commas at the end",
        "words for numbers",
    ),
    "a int, b string, _corrupt_record string": (
        "plain", "number and text", "broken", "scalars", "trailing text", "cut off",
    ),
    "a int": (
        "mixed numbers", "number and text", "fractions", "big integers", "booleans", "nested", "array and scalar",
    ),
    "a bigint": ("mixed numbers", "big integers", "repeated keys", "top-level array"),
    "a double": ("mixed numbers", "special numbers", "special texts", "number and text", "words for numbers"),
    "a decimal(10,2)": ("mixed numbers", "number and text", "fractions"),
    "a boolean": ("booleans", "number and text"),
    "a timestamp, b date, c timestamp": ("timestamps", "plain"),
    "a timestamp_ntz, b timestamp, c string": ("timestamps",),
    "a struct<x: int, y: array<string>>, b array<struct<z: bigint, w: string>>": ("nested", "plain", "empty things"),
    "a struct<x: string, y: string>, b array<string>": ("nested", "nested as text"),
    "a map<string, string>, b array<map<string, int>>": ("nested", "nested as text"),
    "a array<int>": ("mixed arrays", "array and scalar", "nested", "multi-line array"),
    "a array<string>": ("mixed arrays", "array and scalar"),
}  # fmt: skip


def _csv_cases() -> Iterator[Case]:
    for kind, (options, texts) in _CSV_OPTIONS.items():
        for text in texts:
            yield Case(f"csv {kind}: {text}", "csv", {"f.csv": _CSV_TEXTS[text]}, options)
    for name, values in _VALUES.items():
        text = "v\n" + "\n".join('"' + v + '"' for v in values) + "\n"
        yield Case(f"csv inferred: {name}", "csv", {"f.csv": text.encode()}, INFER)
        schema = ", ".join(f"c{i} {t}" for i, t in enumerate(_COLUMN_TYPES))
        rows = "\n".join(";".join([v] * len(_COLUMN_TYPES)) for v in values)
        yield Case(f"csv typed: {name}", "csv", {"f.csv": rows.encode()}, {"sep": ";"}, schema)
    yield from _csv_schemas()
    yield from _csv_modes()
    yield from _csv_formats()


def _csv_schemas() -> Iterator[Case]:
    for text in ("plain", "short rows", "long rows", "empty fields", "doubled quotes", "stray quotes", "blank lines"):
        yield Case(f"csv two strings: {text}", "csv", {"f.csv": _CSV_TEXTS[text]}, HEADER, AB)
        yield Case(f"csv one string: {text}", "csv", {"f.csv": _CSV_TEXTS[text]}, HEADER, "a string")
        yield Case(f"csv int and string: {text}", "csv", {"f.csv": _CSV_TEXTS[text]}, HEADER, "a int, b string")
    swapped = {"f.csv": b"b,a\n1,x\n"}
    yield Case("csv by position", "csv", swapped, HEADER, AB)
    yield Case("csv checked header", "csv", swapped, {**HEADER, "enforceSchema": "false"}, AB)
    two = {"f.csv": b"a,b\n1,x\n2,y\n3,z\n", "g.csv": b"a,b\n4,v\n"}
    yield Case("csv two files", "csv", two, HEADER)
    yield Case("csv two files inferred", "csv", two, INFER)
    yield Case("csv files that differ", "csv", {"f.csv": b"a,b\n1,x\n2,y\n3,z\n", "g.csv": b"a\n4\n"}, HEADER)
    folders = {"year=2024/m=01/f.csv": b"a\n1\n2\n3\n", "year=2025/m=02/f.csv": b"a\n4\n"}
    yield Case("csv partition folders", "csv", folders, HEADER)
    yield Case("csv partition folders typed", "csv", folders, HEADER, "a int, year int, m string")


def _csv_modes() -> Iterator[Case]:
    corrupt = TYPED + ", _corrupt_record string"
    for mode in ("PERMISSIVE", "DROPMALFORMED", "FAILFAST"):
        options = {**HEADER, "mode": mode}
        yield Case(f"csv {mode}", "csv", {"f.csv": _ROWS}, options, TYPED)
        yield Case(f"csv {mode} with corrupt record", "csv", {"f.csv": _ROWS}, options, corrupt)
        for text in ("short rows", "long rows", "plain"):
            yield Case(f"csv {mode}: {text}", "csv", {"f.csv": _CSV_TEXTS[text]}, options, "a int, b string")
    yield Case(
        "csv named corrupt record", "csv", {"f.csv": _ROWS}, {**HEADER, "columnNameOfCorruptRecord": "broken"},
        TYPED + ", broken string",
    )  # fmt: skip
    yield Case(
        "csv multiline corrupt record", "csv", {"f.csv": b'a,b\n"x\ny",1\n"z\n",w\n'}, {**HEADER, "multiLine": "true"},
        "a string, b int, _corrupt_record string",
    )  # fmt: skip


def _csv_formats() -> Iterator[Case]:
    dates = {
        "dd/MM/yyyy": ["31/01/2024", "1/2/2024", "2024-01-31", "32/01/2024"],
        "d/M/yyyy": ["31/01/2024", "1/2/2024", "01/12/2024"],
        "MM-dd-yy": ["01-31-24", "12-01-99"],
        "dd MMM yyyy": ["31 Jan 2024", "01 February 2024", "01 feb 2024"],
        "MMMM d, yyyy": ["January 31, 2024", "May 1, 2023"],
        "yyyyMMdd": ["20240131", "2024-01-31", "2024131"],
        "yyyy-MM-dd": ["2024-01-31", "2024-1-3", "2024-01-31 10:00:00"],
        "EEE, dd MMM yyyy": ["Wed, 31 Jan 2024", "Tue, 31 Jan 2024"],
        "M/d/yyyy": ["9/8/2019", "12/31/2019", "September 9, 2019"],
    }
    for pattern, values in dates.items():
        text = "\n".join(f"{v};{v}" for v in values).encode()
        options = {"sep": ";", "dateFormat": pattern}
        yield Case(f"csv dates by {pattern}", "csv", {"f.csv": text}, options, "d date, s string")
        refused = "letters that Spark cannot parse are refused" if pattern.startswith("E") else None
        inferring = {**options, "inferSchema": "true"}
        yield Case(f"csv inferred dates by {pattern}", "csv", {"f.csv": text}, inferring, known_difference=refused)
    stamps = {
        "dd/MM/yyyy HH:mm": ["31/01/2024 10:11", "31/01/2024 10:11:12"],
        "yyyy-MM-dd HH:mm:ss.SSS": ["2024-01-31 10:11:12.123", "2024-01-31 10:11:12"],
        "yyyy-MM-dd'T'HH:mm:ssXXX": ["2024-01-31T10:11:12+02:00", "2024-01-31T10:11:12Z"],
        "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]": ["2024-01-31T10:11:12", "2024-01-31T10:11:12.123Z"],
        "MM/dd/yyyy hh:mm:ss a": ["01/31/2024 10:11:12 PM", "01/31/2024 12:00:00 AM"],
        "yyyy-MM-dd": ["2024-01-31", "2024-01-31 10:00:00"],
    }
    for pattern, values in stamps.items():
        text = "\n".join(values).encode()
        yield Case(f"csv stamps by {pattern}", "csv", {"f.csv": text}, {"timestampFormat": pattern}, "t timestamp")
        yield Case(
            f"csv inferred stamps by {pattern}", "csv", {"f.csv": text},
            {"timestampFormat": pattern, "inferSchema": "true"},
        )  # fmt: skip
    yield Case(
        "csv special numbers", "csv", {"f.csv": b"n/a,1\ninf,2\nninf,3\nNaN,4\n"},
        {"nanValue": "n/a", "positiveInf": "inf", "negativeInf": "ninf"}, "a double, b int",
    )  # fmt: skip


def _json_cases() -> Iterator[Case]:
    for kind, (options, texts) in _JSON_OPTIONS.items():
        for text in texts:
            yield Case(f"json {kind}: {text}", "json", {"f.json": _JSON_TEXTS[text]}, options)
    for schema, texts in _JSON_SCHEMAS.items():
        for text in texts:
            options = {"multiLine": "true"} if text.startswith("multi-line") else {}
            yield Case(f"json as {schema}: {text}", "json", {"f.json": _JSON_TEXTS[text]}, options, schema)
    for mode in ("DROPMALFORMED", "FAILFAST"):
        for text in ("plain", "broken", "number and text"):
            yield Case(f"json {mode} typed: {text}", "json", {"f.json": _JSON_TEXTS[text]}, {"mode": mode}, "a int")
    dated = b'{"d":"31/01/2024","t":"31/01/2024 10:00"}\n{"d":"2024-01-31","t":"2024-01-31T10:00:00"}\n'
    patterns = {"dateFormat": "dd/MM/yyyy", "timestampFormat": "dd/MM/yyyy HH:mm"}
    yield Case("json dates by patterns", "json", {"f.json": dated}, patterns, "d date, t timestamp")
    yield Case("json dates without patterns", "json", {"f.json": dated}, {}, "d date, t timestamp")


def _encoded_cases() -> Iterator[Case]:
    text = "a,b\nCôte d'Ivoire,ä\n"
    for encoding in ("utf-16", "utf-16le", "iso-8859-1", "utf-32", "US-ASCII"):
        data = (text if encoding != "US-ASCII" else "a,b\n1,x\n").encode(encoding)
        yield Case(f"csv in {encoding}", "csv", {"f.csv": data}, {**HEADER, "encoding": encoding, "multiLine": "true"})
    yield Case(
        "csv in iso-8859-1 by lines", "csv", {"f.csv": text.encode("latin-1")}, {**HEADER, "charset": "iso-8859-1"}
    )
    plain = _CSV_TEXTS["quoted"]
    yield Case("csv gzip", "csv", {"f.csv.gz": gzip.compress(plain, mtime=0)}, HEADER)
    yield Case("csv bzip2", "csv", {"f.csv.bz2": bz2.compress(plain)}, HEADER)
    yield Case("csv deflate", "csv", {"f.csv.deflate": zlib.compress(plain)}, HEADER)
    yield Case("json gzip", "json", {"f.json.gz": gzip.compress(_JSON_TEXTS["plain"], mtime=0)})


def _text_cases() -> Iterator[Case]:
    texts = {
        "lines": b"one\n two \n\nthree",
        "crlf": b"one\r\ntwo\r\n",
        "carriage returns": b"one\rtwo\r\rthree",
        "mixed": b"one\r\ntwo\nthree\rfour\n\n",
        "mark": b"\xef\xbb\xbfone\ntwo\n",
        "quotes": b'say "hi", x\n"",\n',
        "empty": b"",
    }
    for name, data in texts.items():
        yield Case(f"text: {name}", "text", {"f.txt": data})
        yield Case(f"text whole: {name}", "text", {"f.txt": data}, {"wholetext": "true"})
    yield Case("text by line end", "text", {"f.txt": b"one;two\n;three"}, {"lineSep": ";"})
    yield Case("text gzip", "text", {"f.txt.gz": gzip.compress(b"one\ntwo\n", mtime=0)})


_NARROWS = "Spark cuts off high bits without a word; this is refused"
_NUMBERS = "Spark gives the stored number; this is refused"
_KNOWN = {
    "parquet int as smallint": _NARROWS,
    "parquet int as tinyint": _NARROWS,
    "parquet date as int": _NUMBERS,
    "parquet timestamp micros as bigint": _NUMBERS,
    "parquet timestamp nanos as bigint": _NUMBERS,
    "parquet instant micros as bigint": _NUMBERS,
    "parquet binary as string": "Spark makes text of bytes that are none; this is refused",
    "parquet bigint as decimal(19,0)": "Spark refuses, though every value fits",
    "parquet timestamp nanos": "Spark refuses; pandas writes such files, read with microseconds",
    "parquet timestamp nanos as timestamp": "Spark refuses; pandas writes such files, read with microseconds",
    "parquet struct as struct<z: string>": "Spark gives a struct of nulls; this is refused",
    "parquet files with a narrower type merged": "Spark refuses, though every value fits",
    "folders csv only nulls": "Spark's void column cannot be written to a table; it is text",
    "folders csv a plain folder between": "Spark refuses plain folders between the others; they have no meaning here",
    "folders csv a plain folder": "Spark does not look into plain folders; the listing here does",
}


def cases() -> dict[str, Case]:
    """All cases by name."""
    found = [*_csv_cases(), *_json_cases(), *_encoded_cases(), *_text_cases(), *parquet_cases(), *folder_cases()]
    by_name = {
        case.name: replace(case, known_difference=_KNOWN.get(case.name, case.known_difference)) for case in found
    }
    assert not set(_KNOWN) - set(by_name), "a difference of a case that is none"
    assert len(by_name) == len(found), "two cases share a name"
    return by_name
