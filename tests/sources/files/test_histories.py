"""Whatever happens to a folder between landings: what landed is every content that a landing met, once and in order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sources.files.conftest import LONG_AGO, Drops

PATHS = st.sampled_from(["a.csv", "b.csv", "x/a.csv", "x/y/a.csv"])
EVENTS = st.one_of(
    st.tuples(st.just("write"), PATHS, st.sampled_from([b"", b"1", b"2", b"22"])),
    st.tuples(st.just("touch"), PATHS, st.just(b"")),
    st.tuples(st.just("remove"), PATHS, st.just(b"")),
    st.tuples(st.just("land"), PATHS, st.just(b"")),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_every_content_that_a_landing_meets_lands_once_and_in_order(events: list[tuple[str, str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        drops = Drops(Path(folder))
        (drops.folder / "in").mkdir()
        now: dict[str, bytes] = {}
        expected: dict[str, list[bytes]] = {}
        for number, (what, path, content) in enumerate([*events, ("land", "", b"")]):
            modified = LONG_AGO + number
            if what == "write":
                now[path] = content
                drops.put(path, content, modified)
            elif what == "touch" and path in now:
                drops.put(path, now[path], modified)
            elif what == "remove" and now.pop(path, None) is not None:
                (drops.folder / "in" / path).unlink()
            elif what == "land":
                result = drops.land()
                new = {each: value for each, value in now.items() if expected.get(each, [None])[-1] != value}
                for each, value in new.items():
                    expected.setdefault(each, []).append(value)
                assert (len(result.landed), result.unchanged) == (len(new), len(now) - len(new))
        files = drops.files()
        landed: dict[str, list[bytes]] = {}
        for record in sorted(drops.landing.records("drops"), key=lambda record: record.landed_at):
            place = record.target if record.resource is None else f"{record.resource}/{record.target}"
            landed.setdefault(place, []).append(files[record.name])
        assert landed == expected
