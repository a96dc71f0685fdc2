"""The version of a snapshot: the sequence of all changes that it brings.

Owns which values can be versions and how they are kept in a plan and written in Spark SQL. Never knows where a version
comes from.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from ingot.errors import Location, PlanError
from ingot.quoting import quoted_text
from ingot.types import DATE, LONG, STRING, TIMESTAMP, DataType

_TYPES = {"BIGINT": LONG, "STRING": STRING, "DATE": DATE, "TIMESTAMP": TIMESTAMP}


@dataclass(frozen=True)
class Version:
    """A version: a whole number, a text, a date or an instant."""

    value: int | str | datetime.date | datetime.datetime

    @classmethod
    def of(cls, value: Any, location: Location | None) -> Version:
        """The version that user code names; numbers of numpy count as Python's.

        Raises:
            PlanError: `snapshot-version`, for a value that has no order or no place in a table.
        """
        plain = value.item() if type(value).__module__ == "numpy" else value
        if isinstance(plain, int | str | datetime.date) and not isinstance(plain, bool):
            return cls(plain)
        raise PlanError(
            f"the version of a snapshot is {plain!r}",
            location=location,
            hint="versions are whole numbers, texts, dates or timestamps",
            code="snapshot-version",
        )

    @property
    def type(self) -> DataType:
        """The type of `__START_AT` and `__END_AT`."""
        return _TYPES[self._name]

    @property
    def literal(self) -> str:
        """The version in Spark SQL; an instant without a zone is in UTC, as everywhere in the facade of Spark."""
        text = self._text
        if isinstance(self.value, datetime.datetime) and self.value.tzinfo is None:
            text += "+00:00"
        return f"CAST({quoted_text(text)} AS {self._name})"

    def follows(self, last: Version) -> bool:
        """Whether this snapshot comes after another one.

        Raises:
            TypeError: they cannot be compared.
        """
        if self._name != last._name:
            raise TypeError(f"{self._name} and {last._name}")
        return self.value > last.value  # type: ignore[operator]

    def to_json(self) -> dict[str, str]:
        """What a plan keeps."""
        return {"type": self._name, "text": self._text}

    @classmethod
    def from_json(cls, noted: dict[str, str]) -> Version:
        """The version that a plan keeps."""
        text = noted["text"]
        match noted["type"]:
            case "BIGINT":
                return cls(int(text))
            case "DATE":
                return cls(datetime.date.fromisoformat(text))
            case "TIMESTAMP":
                return cls(datetime.datetime.fromisoformat(text))
        return cls(text)

    def __str__(self) -> str:
        return self._text

    @property
    def _name(self) -> str:
        match self.value:
            case int():
                return "BIGINT"
            case datetime.datetime():
                return "TIMESTAMP"
            case datetime.date():
                return "DATE"
        return "STRING"

    @property
    def _text(self) -> str:
        if isinstance(self.value, datetime.datetime):
            return self.value.isoformat(sep=" ", timespec="microseconds")
        return str(self.value)
