"""The load that definitions are made in: its session and registry, and how a name or a setting is understood in it.

A definition that is wrong fails alone: the error is given to the registry under the dataset's name and the file goes
on. Outside of a load nothing is registered.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ingot.definitions.absent_modules import Absent
from ingot.definitions.loading import Load, current
from ingot.definitions.names import split_name
from ingot.definitions.spark.place import calling_module, here
from ingot.errors import DefinitionError, IngotError, Location, UnsupportedError
from ingot.model import TableName

if TYPE_CHECKING:
    from ingot.definitions.spark.session import SparkSession

NOWHERE = Location("<unknown>")


def session(asked: str) -> SparkSession:
    """The session of the current load.

    Raises:
        UnsupportedError: `no-session`, outside of one.
    """
    load = current.get()
    if load is None:
        raise UnsupportedError(
            f"{asked} reads a dataset of the pipeline, but this runs outside of one",
            location=here(),
            hint="run it with `ingot run`, or call it in a test with ingot.testing",
            code="no-session",
        )
    return load.session


def failed(error: IngotError, name: Any = None) -> Callable[[Any], Any]:
    """Let the definition fail alone. Gives a decorator for whatever function follows.

    Raises:
        IngotError: outside of a load, where there is nothing to fail but the caller.
    """
    load = current.get()
    if load is None:
        raise error
    if name is not None:
        load.registry.fail(error, _table_name(load, name, error.location))
        return lambda function: function

    def decorate(function: Any) -> Any:
        load.registry.fail(error, _table_name(load, getattr(function, "__name__", "?"), error.location))
        return function

    return decorate


def _table_name(load: Load, name: Any, place: Location | None) -> TableName | None:
    try:
        return table_name(load, name, place)
    except IngotError:
        return None


def table_name(load: Load, name: Any, place: Location | None) -> TableName:
    """The identity of a name in a file: `USE` and the project's defaults complete it."""
    if isinstance(name, Absent):
        name.refuse()
    if not isinstance(name, str):
        raise DefinitionError(
            f"a dataset's name is text, not {name!r}", location=place, hint='name="orders"', code="invalid-name"
        )
    if (absent := load.absences.error_of(name)) is not None:
        raise absent
    catalog, schema = load.defaults
    project = load.project
    defaults = (catalog or project.catalog, schema or project.schema)
    try:
        return load.registry.table_name(split_name(name, place), defaults)
    except IngotError as error:
        raise error.at(place) from None


def is_repeated(load: Load, what: str, place: Location) -> bool:
    """Whether the same line said so before, as another module: a definition file that another one imports."""
    module = calling_module()
    return load.defined.setdefault((what.lower(), place), module) != module


def configuration(load: Load, spark_conf: Mapping[str, Any] | None) -> Mapping[str, str]:
    """What the file sets of Spark's configuration, before the definition or after it; the flow's own goes before."""
    return ChainMap(texts(spark_conf), load.configuration)


def texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    if values is not None and not isinstance(values, Mapping):
        raise DefinitionError(
            f"properties and settings are a dict of names and values, not {values!r}",
            location=here(),
            hint='{"delta.appendOnly": "true"}',
            code="wrong-arguments",
        )
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in (values or {}).items()}


def note(message: str) -> None:
    """Note, at the user's line, what is accepted and has no effect."""
    load = current.get()
    if load is not None:
        load.registry.note(message, here() or NOWHERE)
