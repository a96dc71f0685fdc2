"""Table properties under `ingot.`: rules that SQL and Python cannot spell otherwise, and Databricks ignores.

Owns which of them exist and what they may hold. Never looks at data.
"""

from __future__ import annotations

from dataclasses import replace

from ingot.errors import DefinitionError, near_hint
from ingot.model import Action, Dataset, DatasetKind, Expectation

PREFIX = "ingot."
KNOWN = ("ingot.quarantine", "ingot.unique_key", "ingot.min_rows")


def apply_properties(dataset: Dataset) -> Dataset:
    """Check the `ingot.` properties, and turn the rules that `ingot.quarantine` names into quarantine rules.

    Raises:
        DefinitionError: an unknown property, an unknown rule, a value of the wrong form.
    """
    for key, value in dataset.properties.items():
        if not key.lower().startswith(PREFIX):
            continue
        if key.lower() not in KNOWN:
            raise DefinitionError(
                f"dataset '{dataset.name.short}' has the unknown property '{key}'",
                location=dataset.location,
                hint=near_hint(key, KNOWN, f"known are {', '.join(KNOWN)}"),
                code="unknown-property",
            )
        _check_value(dataset, key.lower(), value)
    quarantined = split_names(property_of(dataset, "ingot.quarantine") or "")
    if not quarantined:
        return dataset
    return replace(dataset, expectations=_quarantine(dataset, quarantined))


def property_of(dataset: Dataset, key: str) -> str | None:
    """The value of a property; keys are looked up without regard to case."""
    return next((value for name, value in dataset.properties.items() if name.lower() == key.lower()), None)


def split_names(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list.

    >>> split_names("order_id,  line ")
    ('order_id', 'line')
    """
    return tuple(part.strip().strip("`") for part in text.split(",") if part.strip())


def _check_value(dataset: Dataset, key: str, value: str) -> None:
    if key == "ingot.min_rows" and not (value.strip().isdecimal()):
        raise _wrong(dataset, key, value, "a number of rows, such as '1'")
    if key != "ingot.min_rows" and not split_names(value):
        raise _wrong(dataset, key, value, "names separated by commas")
    if key != "ingot.quarantine" and dataset.kind == DatasetKind.TEMPORARY_VIEW:
        raise DefinitionError(
            f"'{key}' is a rule about a table, but '{dataset.name.short}' is a temporary view",
            location=dataset.location,
            hint="put it on the table that the view feeds",
            code="invalid-property",
        )


def _wrong(dataset: Dataset, key: str, value: str, wanted: str) -> DefinitionError:
    return DefinitionError(
        f"'{key}' of dataset '{dataset.name.short}' is {value!r}",
        location=dataset.location,
        hint=f"it takes {wanted}",
        code="invalid-property",
    )


def _quarantine(dataset: Dataset, names: tuple[str, ...]) -> tuple[Expectation, ...]:
    known = [e.name for e in dataset.expectations]
    for name in names:
        if name not in known:
            rules = f"it has {', '.join(known)}" if known else "it has none"
            raise DefinitionError(
                f"'ingot.quarantine' of '{dataset.name.short}' names the unknown expectation '{name}'",
                location=dataset.location,
                hint=near_hint(name, known, rules),
                code="unknown-expectation",
            )
    return tuple(replace(e, action=Action.QUARANTINE) if e.name in names else e for e in dataset.expectations)
