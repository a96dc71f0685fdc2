"""The page of what works says what the tests show. Both judge every recorded query again: `dialect/` does that by default."""

import pytest

import language_page


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    assert language_page.PAGE.read_text("utf-8") == language_page.page(), "run: python tests/language_page.py"


@pytest.mark.slow
def test_most_functions_of_spark_are_held_against_its_answers() -> None:
    section = language_page.functions_section()
    assert section.count("| accepted |") <= 20
