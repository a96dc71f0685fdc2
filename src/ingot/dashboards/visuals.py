"""Visuals of a dashboard file: their kind, channels, order, options and place.

Owns the keys of a visual. What is wrong with one makes that one fail, never its page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ingot.dashboards.formats import read_format
from ingot.dashboards.kinds import BOOLEAN, COLORS, KINDS, NUMBER, OTHER_SPELLING, SPELLINGS, Channel, Kind, Option
from ingot.dashboards.members import Texts, dimension, member, names_of, result_column
from ingot.dashboards.model import Change, Dataset, Format, Layout, Member, Role, SortKey, Sql, Visual
from ingot.dashboards.rules import read_rules
from ingot.errors import DashboardError, IngotError, near_hint
from ingot.project.settings import Setting

_KEYS = (
    "title", "name", "kind", "description", "dataset", "from", "sql", "width", "height", "column", "row", "sort",
    "top", "others", "format", "interaction", "ignore", "drill_through", "options", "rules", "change", "stack",
)  # fmt: skip
_INTERACTIONS = ("filter", "highlight", "none")
_COLUMNS, _HEIGHT_MAX, _TOP_MAX = 12, 20, 1000
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_PERIOD = re.compile(r"(\d+)\s+(day|week|month|quarter|year)s?")


@dataclass(frozen=True)
class Context:
    """What the visuals of a file share."""

    texts: Texts
    datasets: Mapping[str, Dataset]
    faults: Mapping[str, IngotError]  # of datasets that could not be read

    def dataset(self, entry: Setting) -> Dataset:
        """The dataset that an entry names.

        Raises:
            DashboardError: `unknown-dataset`.
            IngotError: what is wrong with the dataset.
        """
        name = self.texts.text(entry)
        if name in self.faults:
            raise self.faults[name]
        if name not in self.datasets:
            raise DashboardError(
                f"there is no dataset '{name}' in this dashboard",
                location=entry.location,
                hint=near_hint(name, list(self.datasets), "define it under `datasets`, or write from: schema.table"),
                code="unknown-dataset",
            )
        return self.datasets[name]

    def only_dataset(self) -> Dataset | None:
        """The dataset of a file that has just one."""
        return next(iter(self.datasets.values())) if len(self.datasets) == 1 and not self.faults else None


def slug(text: str) -> str:
    """A name for addresses.

    >>> slug("Gold & silver, by Country")
    'gold-silver-by-country'
    """
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def read_visual(entry: Setting, number: int, context: Context) -> Visual:
    """One visual; one that is wrong has a fault and shows its title in its place."""
    known: Mapping[str, Setting] = entry.value if isinstance(entry.value, dict) else {}
    title = known["title"].text if "title" in known and known["title"].text else ""
    try:
        return _Reader(entry, context).visual(number)
    except IngotError as error:
        name = known["name"].text if "name" in known and known["name"].text else slug(title) or f"visual-{number}"
        kind = known["kind"].text if "kind" in known and known["kind"].text in KINDS else "table"
        assert kind is not None
        return Visual(name, title or name, kind, _fallback_layout(known, kind), entry.location, fault=error)


def _fallback_layout(known: Mapping[str, Setting], kind: str) -> Layout:
    try:
        return _layout(known, KINDS[kind])
    except IngotError:
        return Layout(KINDS[kind].width, KINDS[kind].height)


class _Reader:
    """Reads one visual."""

    def __init__(self, entry: Setting, context: Context):
        self.entry = entry
        self.context = context
        self.texts = context.texts
        named = entry.mapping().get("kind")
        if named is None:
            raise DashboardError(
                "a visual has no `kind`", location=entry.location, hint="kind: column", code="missing-key"
            )
        spelled = self.texts.text(named)
        self.kind_name, preset = SPELLINGS.get(spelled, (spelled, {}))
        self.preset: dict[str, Any] = dict(preset)
        if self.kind_name not in KINDS:
            raise DashboardError(
                f"there is no kind of visual '{spelled}'",
                location=named.location,
                hint=near_hint(spelled, list(KINDS), f"one of {', '.join(KINDS)}"),
                code="unknown-kind",
            )
        self.kind = KINDS[self.kind_name]
        spellings = [OTHER_SPELLING[name] for name in self.kind.channels if name in OTHER_SPELLING]
        self.known = entry.mapping((*_KEYS, *self.kind.channels, *spellings))

    def visual(self, number: int) -> Visual:
        known = self.known
        dataset, sql = self._source()
        formats, general = self._formats()
        channels, hierarchy = self._channels(dataset, formats, general)
        shown = [found for members in channels.values() for found in members]
        title = self.texts.text(known["title"]) if "title" in known else self._default_title(channels)
        name = self.texts.text(known["name"]) if "name" in known else slug(title) or f"visual-{number}"
        self._check_format_names(shown)
        self._check_axes(channels)
        sorted_by = self._sorted_by(shown, dataset)
        return Visual(
            id=name,
            title=title,
            kind=self.kind_name,
            layout=_layout(known, self.kind),
            location=self.entry.location,
            description=self.texts.text(known["description"]) if "description" in known else None,
            dataset=dataset,
            sql=sql,
            channels=channels,
            hierarchy=hierarchy,
            sort=read_sort(known.get("sort"), names_of([*shown, *sorted_by]), self.texts),
            sorted_by=sorted_by,
            top=self._top(),
            has_others=self._others(sql),
            change=self._change(dataset),
            interaction=self._interaction(),
            ignored=frozenset(self.texts.text(e) for e in known["ignore"].items())
            if "ignore" in known
            else frozenset(),
            drill_through=self.texts.text(known["drill_through"]) if "drill_through" in known else None,
            options=self._options(),
            rules=read_rules(known.get("rules"), names_of(shown)),
        )

    # --- rows ---

    def _source(self) -> tuple[Dataset | None, Sql | None]:
        given = [key for key in ("dataset", "from", "sql") if key in self.known]
        if len(given) > 1:
            raise DashboardError(
                f"a visual has one of `dataset`, `from` and `sql`, not {' and '.join(given)}",
                location=self.entry.location,
                code="invalid-visual",
            )
        if "sql" in self.known:
            return None, self.texts.sql(self.known["sql"])
        if "from" in self.known:
            table = self.texts.sql(self.known["from"])
            return Dataset(table.text, self.known["from"].location, table=table), None
        if "dataset" in self.known:
            return self.context.dataset(self.known["dataset"]), None
        only = self.context.only_dataset()
        if only is None:
            raise DashboardError(
                "a visual has no `dataset`, `from` or `sql`",
                location=self.entry.location,
                hint="from: gold.orders",
                code="missing-key",
            )
        return only, None

    def _channels(
        self, dataset: Dataset | None, formats: Mapping[str, Format], general: Format | None
    ) -> tuple[dict[str, tuple[Member, ...]], tuple[Member, ...]]:
        """The members by channel, and the levels of the main one if it is a hierarchy."""
        found: dict[str, tuple[Member, ...]] = {}
        hierarchy: tuple[Member, ...] = ()
        for name, channel in self.kind.channels.items():
            entry = self.known.get(name) or self.known.get(OTHER_SPELLING.get(name, name))
            if entry is None or entry.value is None:
                if channel.least and (self.kind_name != "table" or dataset is not None):  # else all of the query's
                    raise self._missing(name)
                continue
            if name == self.kind.main and (levels := self._levels(entry, dataset)):
                hierarchy = tuple(_formatted(level, formats, None) for level in levels)
                found[name] = hierarchy[:1]
                continue
            members = [self._member(item, channel, dataset) for item in _entries(entry)]
            if channel.most is not None and len(members) > channel.most:
                raise entry.wrong("one name")
            found[name] = tuple(_formatted(m, formats, general) for m in members)
        return found, hierarchy

    def _levels(self, entry: Setting, dataset: Dataset | None) -> tuple[Member, ...]:
        """The levels of a hierarchy, which is named or written as a list; none for a single dimension."""
        if isinstance(entry.value, list):
            if dataset is None and len(entry.value) > 1:
                raise DashboardError(
                    "the result of a query cannot be drilled into",
                    location=entry.location,
                    hint="make the query a dataset",
                    code="invalid-visual",
                )
            if dataset is not None and len(entry.value) > 1:
                return tuple(dimension(item, dataset, self.texts) for item in entry.value)
        if dataset is not None and isinstance(entry.value, str):
            return tuple(level.sound() for level in dataset.hierarchies.get(entry.value, ()))
        return ()

    def _member(self, entry: Setting, channel: Channel, dataset: Dataset | None) -> Member:
        if dataset is None:
            return result_column(entry, channel.role, self.texts)
        return member(entry, channel.role, dataset, self.texts)

    def _missing(self, channel: str) -> DashboardError:
        return DashboardError(
            f"a visual of kind {self.kind_name} has no `{channel}`",
            location=self.entry.location,
            hint=f"it takes {', '.join(self.kind.channels)}",
            code="missing-key",
        )

    # --- looks ---

    def _formats(self) -> tuple[dict[str, Format], Format | None]:
        """Formats by member, and one for all measures."""
        entry = self.known.get("format")
        if entry is None:
            return {}, None
        if not isinstance(entry.value, dict) or "style" in entry.value or "pattern" in entry.value:
            return {}, read_format(entry)
        return {name: read_format(format_entry) for name, format_entry in entry.value.items()}, None

    def _check_format_names(self, shown: list[Member]) -> None:
        entry = self.known.get("format")
        if entry is None or not isinstance(entry.value, dict) or {"style", "pattern"} & set(entry.value):
            return
        entry.mapping(names_of(shown))

    def _default_title(self, channels: Mapping[str, tuple[Member, ...]]) -> str:
        """`Revenue by country`; of a card, which has no axis, `Revenue`."""
        shown = [m for members in channels.values() for m in members]
        measures = [m.label for m in shown if m.role is Role.MEASURE and not m.name.replace(".", "", 1).isdigit()]
        dimensions = [m.label for m in shown if m.role is Role.DIMENSION]
        values = ", ".join(measures[:3]) or "Rows"
        if self.kind_name == "card" or not dimensions or not measures:
            return values
        return f"{values} by {', '.join(dimensions[:2]).lower()}"

    def _check_axes(self, channels: Mapping[str, tuple[Member, ...]]) -> None:
        """Refuse one dimension on two axes, where every value of it would only meet itself."""
        if self.kind_name not in ("matrix", "heatmap", "sankey"):
            return
        names = [m.name for members in channels.values() for m in members if m.role is Role.DIMENSION]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DashboardError(
                f"'{twice}' stands twice in this {self.kind_name}",
                location=self.entry.location,
                hint="name another dimension for one of them",
                code="invalid-visual",
            )

    def _options(self) -> dict[str, Any]:
        options = dict(self.preset)
        if "options" in self.known:
            for name, entry in self.known["options"].mapping(self.kind.options).items():
                options[name] = _option(entry, self.kind.options[name])
        if "stack" in self.known:
            if "stack" not in self.kind.options:
                raise self.known["stack"].wrong(f"no kind of visual such as {self.kind_name}")
            options["stack"] = _option(self.known["stack"], BOOLEAN)
        return options

    def _interaction(self) -> str:
        return _choice(self.known["interaction"], _INTERACTIONS) if "interaction" in self.known else "filter"

    # --- which rows, in which order ---

    def _sorted_by(self, shown: list[Member], dataset: Dataset | None) -> tuple[Member, ...]:
        """What `sort` names beyond what is shown: a measure where rows are grouped, else any column or dimension."""
        found: dict[str, Member] = {}
        if "sort" not in self.known:
            return ()
        is_grouped = dataset is not None and (self.kind_name != "table" or any(m.role is Role.MEASURE for m in shown))
        for item in self.known["sort"].items():
            name = self.texts.text(item).removeprefix("-")
            if name in found or name in names_of(shown):
                continue
            if is_grouped:
                assert dataset is not None
                found |= {name: dataset.measures[name].sound()} if name in dataset.measures else {}
            elif dataset is None:
                found[name] = Member(name, name, Role.DIMENSION, None, item.location)
            elif name not in dataset.measures:
                own = dataset.dimensions.get(name) or Member(name, name, Role.DIMENSION, None, item.location)
                found[name] = own.sound()
        return tuple(found.values())

    def _top(self) -> int | None:
        if "top" not in self.known:
            return None
        if self.kind_name in ("matrix", "heatmap"):
            raise DashboardError(
                f"a {self.kind_name} has no first rows for `top`",
                location=self.known["top"].location,
                hint="filter it, or let a table show the first ones",
                code="invalid-visual",
            )
        top = self.known["top"].integer(1)
        if top > _TOP_MAX:
            raise self.known["top"].wrong(f"a number of at most {_TOP_MAX}")
        return top

    def _others(self, sql: Sql | None) -> bool:
        entry = self.known.get("others")
        if entry is None or not _option(entry, BOOLEAN):
            return False
        if "top" not in self.known or sql is not None or self.kind.main is None:
            raise DashboardError(
                "`others` adds up what `top` leaves out, of a visual with a dataset and a category",
                location=entry.location,
                hint="top: 10",
                code="invalid-visual",
            )
        return True

    def _change(self, dataset: Dataset | None) -> Change | None:
        entry = self.known.get("change")
        if entry is None:
            return None
        if self.kind_name != "card" or dataset is None:
            raise DashboardError(
                "`change` is for a card with a dataset", location=entry.location, code="invalid-visual"
            )
        known = entry.mapping(("by", "previous"))
        for key in ("by", "previous"):
            if key not in known:
                raise entry.wrong("by: a date, and previous: 1 year")
        period = _PERIOD.fullmatch(self.texts.text(known["previous"]).lower())
        if period is None or not 1 <= int(period[1]) <= 1000:
            raise known["previous"].wrong("a period, such as 1 year or 4 weeks")
        return Change(dimension(known["by"], dataset, self.texts), int(period[1]), period[2])


def read_sort(entry: Setting | None, names: list[str], texts: Texts) -> tuple[SortKey, ...]:
    """`-gold` or a list of such: names of members, with a minus for descending order.

    Raises:
        DashboardError: `unknown-field`.
    """
    keys = []
    for item in entry.items() if entry is not None else ():
        text = texts.text(item)
        key = sort_key(text, names)
        if key is None:
            raise DashboardError(
                f"`sort` names '{text.removeprefix('-')}', which this visual does not show",
                location=item.location,
                hint=near_hint(text.removeprefix("-"), names, f"it shows {', '.join(names)}"),
                code="unknown-field",
            )
        keys.append(key)
    return tuple(keys)


def sort_key(text: str, names: list[str]) -> SortKey | None:
    """The key that a text says; None when there is no such member."""
    if text in names:
        return SortKey(text, False)
    return SortKey(text[1:], True) if text.startswith("-") and text[1:] in names else None


def _entries(entry: Setting) -> list[Setting]:
    return entry.value if isinstance(entry.value, list) else [entry]


def _formatted(found: Member, formats: Mapping[str, Format], general: Format | None) -> Member:
    own = formats.get(found.name) or (general if found.role is Role.MEASURE else None)
    return replace(found, format=own) if own is not None else found


def _layout(known: Mapping[str, Setting], kind: Kind) -> Layout:
    width = known["width"].integer(1) if "width" in known else kind.width
    height = known["height"].integer(1) if "height" in known else kind.height
    column = known["column"].integer(1) if "column" in known else None
    row = known["row"].integer(1) if "row" in known else None
    if width > _COLUMNS:
        raise known["width"].wrong(f"a number of columns of at most {_COLUMNS}")
    if height > _HEIGHT_MAX:
        raise known["height"].wrong(f"a number of rows of at most {_HEIGHT_MAX}")
    if column is not None and column + width - 1 > _COLUMNS:
        raise known["column"].wrong(f"a column of at most {_COLUMNS + 1 - width} for a width of {width}")
    return Layout(width, height, column, row)


def _option(entry: Setting, kind: Option) -> Any:
    if isinstance(kind, tuple):
        return _choice(entry, kind)
    if kind == BOOLEAN:
        if not isinstance(entry.value, bool):
            raise entry.wrong("true or false")
        return entry.value
    if kind == COLORS:
        return {str(name): _color(color) for name, color in entry.mapping().items()}
    assert kind == NUMBER
    if isinstance(entry.value, bool) or not isinstance(entry.value, int | float):
        raise entry.wrong("a number")
    return entry.value


def _color(entry: Setting) -> str:
    text = entry.string()
    if _COLOR.fullmatch(text) is None:
        raise entry.wrong("a colour, such as '#1d5bd0'")
    return text.lower()


def _choice(entry: Setting, choices: tuple[str, ...]) -> str:
    text = entry.string()
    if text not in choices:
        raise DashboardError(
            f"'{text}' is none of {', '.join(choices)}",
            location=entry.location,
            hint=near_hint(text, choices),
            code="wrong-type",
        )
    return text
