"""The pages on dashboards against the code: every key, kind and option, and examples without faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingot.dashboards import kinds, members, rules, spec, visuals
from ingot.dashboards.formats import STYLES
from ingot.dashboards.spec import faults, load_dashboard
from ingot.model import Project

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "dashboard-file.md").read_text()
EXAMPLES = [
    block
    for page in ("reference/dashboard-file.md", "guides/dashboards.md")
    for block in re.findall(r"^```yaml\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
]


def words(text: str) -> set[str]:
    return set(re.findall(r"`([\w]+)`", text))


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def rows(text: str) -> set[str]:
    """The words in the first column of the tables."""
    return {word for line in text.splitlines() if line.startswith("| `") for word in words(line.split("|")[1])}


def test_the_keys_of_a_file_are_documented():
    assert rows(section("The file")) == set(spec._KEYS)
    assert words(section("The file")) >= set(spec._PAGE_KEYS)


def test_the_keys_of_datasets_and_slicers_are_documented():
    assert rows(section("Datasets")) == set(members._DATASET_KEYS)
    assert words(section("Datasets")) >= set(members._MEMBER_KEYS)
    assert rows(section("Slicers")) == set(spec._SLICER_KEYS)
    assert words(section("Slicers")) >= set(spec.SLICER_KINDS)


def test_the_keys_of_visuals_are_documented():
    assert rows(section("Visuals").split("| kind |")[0]) == set(visuals._KEYS) - {"stack"}


def test_the_kinds_and_their_channels_and_options_are_documented():
    table = section("Visuals").split("| kind |")[1]
    assert rows(table) == {*kinds.KINDS, *kinds.SPELLINGS}
    for name, kind in kinds.KINDS.items():
        line = next(line for line in table.splitlines() if f"`{name}`" in line.split("|")[1])
        as_others = {word for other in words(line) & {"column", "line"} for word in as_documented(table, other)}
        assert words(line) | as_others >= {*kind.channels, *kind.options}, name


def as_documented(table: str, kind: str) -> set[str]:
    line = next(line for line in table.splitlines() if f"`{kind}`" in line.split("|")[1])
    return words(line) | (as_documented(table, "column") if kind == "line" else set())


def test_looks_of_rules_and_styles_of_formats_are_documented():
    assert words(section("Visuals")) >= set(rules._LOOKS)
    assert words(section("Formats")) >= set(STYLES)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_has_no_faults(text, tmp_path):
    file = tmp_path / "it.yml"
    file.write_text(text if "visuals:" in text else text + "visuals: []\n")
    assert faults(load_dashboard(file, Project("p", tmp_path, tmp_path))) == []
