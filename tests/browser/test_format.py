"""Text of values as the pages write it, in a V8 without a browser: instants by the clocks of the dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ingot
from ingot.dashboards.export.modules import joined

STATIC = Path(ingot.__file__).parent / "server" / "static"
BERLIN = {"locale": "en-GB", "timeZone": "Europe/Berlin"}


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(joined(STATIC / "js", ["format.js", "dashboard/choice_text.js"]))
    yield context
    context.close()


def written(browserless: Any, value: str, setting: dict[str, str], **column: Any) -> str:
    column = {"type": "timestamp", **column}
    return browserless.eval(f"ingot.formatterOf({json.dumps(column)}, {json.dumps(setting)})({json.dumps(value)})")


def wall(browserless: Any, value: str, zone: str) -> str:
    return browserless.eval(f"new Date(ingot.wallTime({json.dumps(value)}, {json.dumps(zone)})).toISOString()")


def test_an_instant_is_written_as_clocks_of_the_dashboard_show_it(browserless: Any) -> None:
    """Midnight of the first of June in Berlin is still May in UTC."""
    june = "2024-05-31T22:00:00Z"
    assert written(browserless, june, BERLIN, format={"pattern": "yyyy-MM-dd HH:mm"}) == "2024-06-01 00:00"
    assert written(browserless, june, BERLIN, format={"pattern": "d MMMM"}) == "1 June"
    assert written(browserless, june, BERLIN).startswith("1 Jun 2024")
    assert written(browserless, june, {"locale": "en-GB"}).startswith("31 May 2024")
    months = ["2023-12-31T23:00:00Z", "2024-01-31T23:00:00Z"]
    assert browserless.eval(f"ingot.dayTexts({json.dumps(months)}, {json.dumps(BERLIN)}).join()") == "Jan 2024,Feb 2024"


NUMBERS = [0, 0.02, 0.30000000000000004, 950, 1020, 322410, 1043000, -1987520]
LABELS = "0|0.02|0.3|950|1.02K|322.4K|1.04M|-1.99M"
TICKS = "0|0.02|0.3|950|1.02K|322.41K|1.043M|-1.9875M"


@pytest.mark.parametrize(
    ("form", "wish", "locale", "shown"),
    [
        (None, {"isShort": True}, "en-GB", LABELS),
        ({"style": "compact"}, {}, "en-GB", LABELS),
        ({"style": "decimal", "digits": 2}, {"isShort": True}, "en-GB", LABELS),
        ({"style": "pattern", "pattern": "#,##0.00"}, {"isShort": True}, "en-GB", LABELS),
        (None, {"isAxis": True}, "en-GB", TICKS),
        ({"style": "pattern", "pattern": "0"}, {"isAxis": True}, "en-GB", TICKS),
        (None, {"isAxis": True}, "de-DE", "0|0,02|0,3|950|1020|322.410|1,043 Mio.|-1,9875 Mio."),
        (None, {"isShort": True}, "de-DE", "0|0,02|0,3|950|1020|322.410|1,04 Mio.|-1,99 Mio."),
    ],
)
def test_a_short_number_keeps_the_digits_that_tell_it_from_others(
    browserless: Any, form: Any, wish: Any, locale: str, shown: str
) -> None:
    """Ticks of an axis that are 0.02 apart are not all 0, nor are a million and two alike."""
    column = json.dumps({"type": "number", "role": "measure", "format": form})
    setting = json.dumps({"locale": locale, "currency": "EUR"})
    code = f"{json.dumps(NUMBERS)}.map(ingot.formatterOf({column}, {setting}, {json.dumps(wish)})).join('|')"
    assert browserless.eval(code).replace("\u00a0", " ") == shown


MONEY = [1234.5, -0.126, 0, "1234567.891"]


@pytest.mark.parametrize(
    ("form", "wish", "locale", "shown"),
    [
        ({"style": "currency"}, {}, "de-DE", "1.234,50 €|-0,13 €|0,00 €|1.234.567,89 €"),
        ({"style": "currency", "digits": 0}, {}, "de-DE", "1.235 €|0 €|0 €|1.234.568 €"),
        ({"style": "currency", "currency": "JPY"}, {}, "de-DE", "1.235 ¥|0 ¥|0 ¥|1.234.568 ¥"),
        ({"style": "currency"}, {"isShort": True}, "de-DE", "1234,5 €|-0,126 €|0 €|1,23 Mio. €"),
        ({"style": "currency"}, {"isAxis": True}, "de-DE", "1234,5 €|-0,126 €|0 €|1,2346 Mio. €"),
        ({"style": "percent"}, {}, "de-DE", "123.450 %|-12,6 %|0 %|123.456.789,1 %"),
        ({"style": "percent", "digits": 0}, {}, "de-DE", "123.450 %|-13 %|0 %|123.456.789 %"),
        ({"style": "percent", "digits": 1}, {}, "de-DE", "123.450,0 %|-12,6 %|0,0 %|123.456.789,1 %"),
        ({"style": "currency"}, {}, "en-GB", "€1,234.50|-€0.13|€0.00|€1,234,567.89"),
        ({"style": "currency", "currency": "USD"}, {}, "en-US", "$1,234.50|-$0.13|$0.00|$1,234,567.89"),
        ({"style": "percent"}, {}, "en-GB", "123,450%|-12.6%|0%|123,456,789.1%"),
        ({"style": "integer"}, {}, "en-GB", "1,235|0|0|1,234,568"),
        ({"style": "pattern", "pattern": "0"}, {}, "en-GB", "1235|0|0|1234568"),
    ],
)
def test_money_and_shares_are_written_by_the_locale_and_nought_without_a_sign(
    browserless: Any, form: Any, wish: Any, locale: str, shown: str
) -> None:
    """A number that is rounded to nothing is nothing, on whichever side of it the number is."""
    column = json.dumps({"type": "number", "role": "measure", "format": form})
    setting = json.dumps({"locale": locale, "currency": "EUR"})
    code = f"{json.dumps(MONEY)}.map(ingot.formatterOf({column}, {setting}, {json.dumps(wish)})).join('|')"
    assert browserless.eval(code).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(("value", "shown"), [(0, "0%"), (0.0004, "0.04%"), (0.1254, "12.5%"), (1, "100%")])
def test_a_short_percentage_of_little_is_not_nothing(browserless: Any, value: float, shown: str) -> None:
    column = json.dumps({"type": "number", "role": "measure", "format": {"style": "percent"}})
    assert browserless.eval(f"ingot.formatterOf({column}, {{locale: 'en'}}, {{isShort: true}})({value})") == shown


@pytest.mark.parametrize("value", ["2024-06-01", "2024-06-01T00:00:00"])
def test_days_and_times_without_a_zone_are_the_same_everywhere(browserless: Any, value: str) -> None:
    assert wall(browserless, value, "Europe/Berlin") == wall(browserless, value, "UTC") == "2024-06-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("instant", "zone", "shown"),
    [
        ("2024-03-31T01:00:00.250Z", "Europe/Berlin", "2024-03-31T03:00:00.250Z"),
        ("1969-12-31T23:59:59.500Z", "Asia/Kolkata", "1970-01-01T05:29:59.500Z"),
        ("0099-06-01T12:00:00Z", "Etc/GMT+3", "0099-06-01T09:00:00.000Z"),
        ("2024-01-01T00:00:00Z", "no zone", "2024-01-01T00:00:00.000Z"),
    ],
)  # fmt: skip
def test_clocks_follow_summer_time_and_go_before_the_epoch(
    browserless: Any, instant: str, zone: str, shown: str
) -> None:
    assert wall(browserless, instant, zone) == shown


def test_how_long_ago_is_told_in_english(browserless: Any) -> None:
    assert browserless.eval("ingot.ageText('2024-01-01T00:00:00Z', Date.parse('2024-01-01T00:04:00Z'))") == "4 min. ago"


def test_a_text_without_a_character_is_seen_among_choices_and_told_from_none(browserless: Any) -> None:
    column, setting = {"type": "text"}, {"locale": "en"}
    arguments = ", ".join(map(json.dumps, (["in", "", None, "a"], column, setting, 3)))
    assert browserless.eval(f"ingot.choiceText({arguments})") == "(empty), (blank), a"
    assert browserless.eval(f"ingot.choiceWriter({json.dumps(column)}, {json.dumps(setting)})('')") == "(empty)"


@pytest.mark.parametrize(
    ("column", "choice", "shown"),
    [
        ({}, ["between", "2025-03-11", "2025-03-11"], "11. März 2025"),
        ({}, ["between", "2025-03-11", "2025-05-01"], "11. März 2025 – 1. Mai 2025"),
        ({}, ["ge", "2025-03-11"], "from 11. März 2025"),
        ({}, ["le", "2025-03-11"], "up to 11. März 2025"),
        ({}, ["in", "2025-03-11", None], "11. März 2025, (blank)"),
        ({}, ["between", "2025-03-11T00:00:00Z", "2025-03-11"], "11. März 2025, 01:00 – 11. März 2025"),
        ({"pattern": "d. MMMM yyyy"}, ["ge", "2025-03-11"], "from 11. März 2025"),
        ({"pattern": "dd.MM.yyyy HH:mm"}, ["ge", "2025-03-11"], "from 11. März 2025"),
        ({"pattern": "dd.MM.yyyy 'Hms'"}, ["ge", "2025-03-11"], "from 11.03.2025 Hms"),
    ],
)
def test_a_whole_day_among_choices_of_instants_is_written_as_a_day(
    browserless: Any, column: dict[str, str], choice: list[str | None], shown: str
) -> None:
    given = (choice, {"type": "timestamp", "format": column}, {"locale": "de-DE", "timeZone": "Europe/Berlin"})
    arguments = ", ".join(map(json.dumps, given))
    assert browserless.eval(f"ingot.choiceText({arguments})") == shown


def test_a_range_of_one_number_is_written_once(browserless: Any) -> None:
    assert browserless.eval("ingot.choiceText(['between', 5, 5], {type: 'number'}, {locale: 'en'})") == "5"
