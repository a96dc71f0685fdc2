"""Placeholders are replaced before parsing, and places still refer to the original text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingot.errors import DefinitionError, Location, ProjectError
from ingot.project.placeholders import fill, fill_setting

PLACE = Location("a.sql", 1)


def filled(text: str, **values: str):
    return fill(text, values, lambda at: Location("a.sql", 1, at + 1), DefinitionError)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("SELECT ${a}", "SELECT 1"),
        ("${a}${a}", "11"),
        ("{{a}} {{ a }}", "1 1"),
        ("'{{ not one }}' {a} $a", "'{{ not one }}' {a} $a"),
        ("${ a }", "1"),
        ("${spark:a}", "1"),
        ("", ""),
    ],
)
def test_a_value_replaces_its_placeholder(text, result):
    assert filled(text, a="1").text == result


def test_an_undefined_parameter_is_an_error_with_place_and_nearest_name():
    with pytest.raises(DefinitionError) as error:
        filled("SELECT ${catlog}", catalog="main")
    assert error.value.message == "the parameter 'catlog' is not defined"
    assert error.value.hint == "did you mean 'catalog'?"
    assert error.value.location == Location("a.sql", 1, 8)
    assert error.value.code == "undefined-parameter"


def test_the_environment_is_readable(monkeypatch):
    monkeypatch.setenv("INGOT_X", "5")
    assert filled("${env:INGOT_X}").text == "5"
    with pytest.raises(DefinitionError, match="'INGOT_Y' is not set"):
        filled("${env:INGOT_Y}")


def test_a_secret_is_refused_by_name():
    with pytest.raises(DefinitionError, match="secret:token") as caught:
        filled("${secret:token}")
    assert caught.value.code == "misplaced-secret"


def test_a_value_that_holds_a_secret_is_refused_too():
    with pytest.raises(ProjectError, match="'key' is a secret"):
        fill("${key}", {"key": "Bearer ${secret:token}"}, lambda _: PLACE, ProjectError)
    kept = fill_setting("x ${key}", {"key": "Bearer ${secret:token}"}, PLACE, ProjectError, keeps_secrets=True)
    assert kept == "x Bearer ${secret:token}"


def test_settings_leave_double_braces_alone():
    assert fill_setting("{{a}} ${a}", {"a": "1"}, PLACE, ProjectError) == "{{a}} 1"


@given(st.lists(st.one_of(st.sampled_from(["${a}", "${bb}", "{{a}}"]), st.text("xy \n'", max_size=5))))
def test_every_offset_outside_a_value_maps_back_to_the_same_character(parts):
    text = "".join(parts)
    result = filled(text, a="long value", bb="")
    inside = {at for start, end, _, _ in result.cuts for at in range(start, end)}
    for at, character in enumerate(result.text):
        if at not in inside:
            assert text[result.origin(at)] == character
