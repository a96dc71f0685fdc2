"""Words of the console for times, sizes and what an update was asked to do, in a V8 without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ingot
from ingot.dashboards.export.modules import joined

SCRIPTS = Path(ingot.__file__).parent / "server" / "static" / "js"


@pytest.fixture(scope="module")
def word() -> Iterator[Callable[..., str]]:
    """Calls a function of the words: word("sizeText", 12)."""
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(joined(SCRIPTS, ["console/words.js"]))
    yield lambda name, value: str(context.eval(f"ingot.{name}({json.dumps(value)})"))
    context.close()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"), (0, "1 ms"), (0.0214, "21 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (1.24, "1.2 s"),
        (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (119.7, "2 min 0 s"),
        (3599.4, "59 min 59 s"), (3599.6, "1 h 0 min"), (7325, "2 h 2 min"),
    ],
)  # fmt: skip
def test_no_part_of_a_duration_is_sixty(word: Callable[..., str], seconds: float | None, shown: str) -> None:
    assert word("durationText", seconds) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (None, "–"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_940, "9.9 kB"), (9_960, "10 kB"),
        (999_499, "999 kB"), (999_600, "1.0 MB"), (3_200_000_000, "3.2 GB"), (12_000_000_000_000_000_000, "12000 PB"),
    ],
)  # fmt: skip
def test_no_size_is_a_thousand_of_its_unit(word: Callable[..., str], size: int | None, shown: str) -> None:
    assert word("sizeText", size) == shown


@pytest.mark.parametrize(
    ("update", "shown"),
    [
        ({"flows": []}, "All tables"),
        ({"flows": [{}]}, "All 1 table"),
        ({"flows": {"COMPLETED": 3, "FAILED": 1}}, "All 4 tables"),
        ({"selection": {"full_refresh": True}, "flows": []}, "Full refresh of everything"),
        ({"selection": {"refresh_selection": ["a", "b"]}, "flows": []}, "Refresh of a, b"),
        (
            {"selection": {"refresh_selection": ["a"], "full_refresh_selection": list("wxyz")}, "flows": []},
            "Full refresh of 4 tables; Refresh of a",
        ),
    ],
)
def test_what_an_update_was_asked_to_do_is_said(word: Callable[..., str], update: dict[str, Any], shown: str) -> None:
    assert word("whatText", update) == shown
