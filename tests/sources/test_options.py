from __future__ import annotations

from typing import Any

import pytest

from ingot.errors import IngotError, Location, ProjectError, UnsupportedError
from ingot.model import SourceSpec
from ingot.source import SOURCE_KINDS, load_source
from ingot.sources.http import Source as HttpSource

URL = "https://example.org/{file}"
FILES = [{"file": "a.csv"}, {"file": "b.csv"}]


def spec(kind: str = "http", name: str = "olympics", **options: Any) -> SourceSpec:
    return SourceSpec(name, kind, options, Location("ingot.yml", 7))


@pytest.mark.parametrize(
    ("options", "code", "message", "hint"),
    [
        ({}, "missing-key", "'url' is missing", "url: https://example.org/data.csv"),
        ({"ulr": "x"}, "unknown-key", "unknown key 'ulr'", "did you mean 'url'?"),
        ({"url": 3}, "wrong-type", "'url' must be text, not 3", None),
        (
            {"url": "ftp://example.org/a.csv"},
            "invalid-url",
            "'ftp://example.org/a.csv' is no http or https URL",
            ...,
        ),
        ({"url": "example.org/a.csv"}, "invalid-url", "is no http or https URL", ...),
        ({"url": "http://example.org:x/a.csv"}, "invalid-url", "is no http or https URL", ...),
        ({"url": "http://[::1/a.csv"}, "invalid-url", "is no http or https URL", ...),
        ({"url": "https://me:pw@example.org/a.csv"}, "secret-in-url", "holds a user or a password", ...),
        (
            {"url": "https://example.org/"},
            "invalid-name",
            "'' is no name for a landed file",
            "name: data.csv",
        ),
        ({"url": "https://example.org/..%2Fa.csv"}, "invalid-name", "'../a.csv' is no name", ...),
        ({"url": "https://example.org/_a.csv"}, "invalid-name", "'_a.csv' is no name", ...),
        ({"url": URL}, "unknown-placeholder", "'url' has the placeholder {file}", ...),
        (
            {"url": "https://example.org/{fil}", "for_each": FILES},
            "unknown-placeholder",
            "'url' has the placeholder {fil}",
            "did you mean {file}?",
        ),
        ({"url": "https://example.org/{file", "for_each": FILES}, "invalid-source", "braces", ...),
        ({"url": "https://example.org/{file!r}", "for_each": FILES}, "unknown-placeholder", "{file}", ...),
        ({"url": "https://example.org/a.csv", "for_each": FILES}, "duplicate-name", "the name 'a.csv'", ...),
        ({"url": URL, "for_each": []}, "wrong-type", "'for_each' must be a list of mappings", None),
        ({"url": URL, "for_each": ["a.csv"]}, "wrong-type", "'for_each[1]' must be a mapping", None),
        ({"url": URL, "for_each": [{"file": None}]}, "wrong-type", "'for_each[1].file' must be text", None),
        ({"url": URL, "for_each": FILES, "retries": -1}, "out-of-range", "'retries' must lie between", None),
        (
            {"url": URL, "for_each": FILES, "parallel": "many"},
            "wrong-type",
            "'parallel' must be a whole",
            None,
        ),
        (
            {"url": URL, "for_each": FILES, "timeout": "soon"},
            "wrong-type",
            "'timeout' must be a duration",
            None,
        ),
        ({"url": URL, "for_each": FILES, "timeout": 0}, "out-of-range", "'timeout' must lie between", None),
        (
            {"url": URL, "for_each": FILES, "headers": ["a"]},
            "wrong-type",
            "'headers' must be a mapping",
            None,
        ),
        (
            {"url": URL, "for_each": FILES, "headers": {"a b": "c"}},
            "invalid-header",
            "'a b' is no name",
            None,
        ),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(
    options: dict[str, Any], code: str, message: str, hint: object
) -> None:
    with pytest.raises(ProjectError) as caught:
        load_source(spec(**options))
    assert caught.value.code == code
    assert caught.value.message.startswith("source 'olympics': ")
    assert message in caught.value.message
    assert caught.value.location == Location("ingot.yml", 7)
    if hint is not ...:
        assert caught.value.hint == hint


def test_the_value_of_a_header_is_never_shown() -> None:
    with pytest.raises(ProjectError) as caught:
        load_source(spec(url="https://example.org/a.csv", headers={"X-Key": "hunter2\r\nX-Evil: 1"}))
    assert caught.value.code == "invalid-header"
    assert "hunter2" not in caught.value.render()


def test_another_kind_of_source_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnsupportedError) as caught:
        load_source(spec("https"))
    assert caught.value.code == "unknown-source-kind"
    assert caught.value.hint == "did you mean 'http'?"
    with pytest.raises(UnsupportedError) as caught:
        load_source(spec("postgresql"))
    assert caught.value.hint == "did you mean 'database'?"
    with pytest.raises(IngotError, match="'kafka'"):
        load_source(spec("kafka"))


def test_addresses_are_encoded_once() -> None:
    source = load_source(spec(url="https://example.org/é%20 {file}.csv#part", for_each=[{"file": "x"}]))
    assert isinstance(source, HttpSource)
    (request,) = source.requests
    assert (request.url, request.target) == ("https://example.org/%C3%A9%20%20x.csv", "é  x.csv")


@pytest.mark.parametrize(("text", "seconds"), [(5, 5), ("30s", 30), ("1.5", 1.5), ("250ms", 0.25), ("2 m", 120)])
def test_a_timeout_is_a_duration(text: object, seconds: float) -> None:
    source = load_source(spec(url="https://example.org/a.csv", timeout=text))
    assert isinstance(source, HttpSource)
    assert source.requests[0].timeout_s == seconds


@pytest.mark.parametrize("kind", SOURCE_KINDS)
@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "_hidden", ""])
def test_no_source_has_a_name_that_leads_out_of_its_place(kind: str, name: str) -> None:
    with pytest.raises(ProjectError, match="its name must be fit for a folder"):
        load_source(spec(kind, name))
