"""`pyspark.sql.Row`: a tuple whose values have names."""

from __future__ import annotations

from typing import Any

from ingot.definitions.spark.place import here
from ingot.definitions.spark.refused import NoSuchMember
from ingot.errors import DefinitionError, near_hint


class Row(tuple):
    """Values by position and by name; `Row("a", "b")` is a factory of rows with these names.

    >>> Row(id=1, name="x").name
    'x'
    >>> Row("id", "name")(2, "y").asDict()
    {'id': 2, 'name': 'y'}
    """

    __fields__: tuple[str, ...] | None

    def __new__(cls, *values: Any, **named: Any) -> Row:
        if values and named:
            raise DefinitionError(
                "Row takes values with names or without, not both",
                location=here(),
                hint='Row(id=1, name="a"), or Row(1, "a")',
            )
        row = super().__new__(cls, tuple(named.values()) if named else values)
        row.__fields__ = tuple(named) if named else None
        return row

    def __call__(self, *values: Any) -> Row:
        if len(values) > len(self):
            raise DefinitionError(
                f"Row of {len(self)} names got {len(values)} values",
                location=here(),
                hint="give at most one value for each name",
            )
        return named_row(tuple(str(name) for name in self), values)

    def asDict(self, recursive: bool = False) -> dict[str, Any]:
        """The values by name; nested rows too if `recursive`."""
        if self.__fields__ is None:
            raise DefinitionError("this Row has no names", location=here(), hint="write Row(id=1, name='x')")
        values = (v.asDict(True) if recursive and isinstance(v, Row) else v for v in self)
        return dict(zip(self.__fields__, values, strict=False))

    def __getitem__(self, key: Any) -> Any:
        return self._named(key) if isinstance(key, str) else super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._named(name)

    def __contains__(self, item: object) -> bool:
        return item in self.__fields__ if self.__fields__ is not None else super().__contains__(item)

    def __reduce__(self) -> Any:
        return (tuple, (tuple(self),)) if self.__fields__ is None else (named_row, (self.__fields__, tuple(self)))

    def __repr__(self) -> str:
        if self.__fields__ is None:
            return f"<Row({', '.join(map(repr, self))})>"
        return "Row(" + ", ".join(f"{k}={v!r}" for k, v in zip(self.__fields__, self, strict=False)) + ")"

    def _named(self, name: str) -> Any:
        names = self.__fields__ or ()
        if name in names:
            return super().__getitem__(names.index(name))
        raise NoSuchMember(
            f"the row has no field {name!r}",
            location=here(),
            hint=near_hint(name, names),
            code="unknown-column",
        )


def named_row(names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    """A row of these values under these names."""
    row = Row(*values)
    row.__fields__ = names
    return row
