"""Secrets by name: where they are looked for, how they get into settings, and that none is ever shown.

`${secret:name}` and `dbutils.secrets.get("scope", "key")` (the name `scope/key`) ask the environment and `.env`
first, then what `secrets` in ingot.yml names: a folder of files, an Azure Key Vault. A value that was given to anybody
is known here, so that `redacted` takes it out of whatever is about to be shown or kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, quote_plus, unquote

from ingot.errors import IngotError, Location, ProjectError
from ingot.model import Project
from ingot.secrets.environment import Environment, secret_variable

_REFERENCE = re.compile(r"\$\{secret:([^{}\n]*)\}")
_SHOWN_INSTEAD = "•••"
_LENGTH_MIN = 4  # of a value that is looked for in texts: a shorter one is found anywhere, and protects nothing
_given: set[str] = set()


class Store(Protocol):
    """A place that has secrets."""

    def find(self, name: str) -> str | None:
        """The value of a secret, None if it is not there."""
        ...

    def keys(self, scope: str) -> list[str]:
        """The keys of a scope that have values."""
        ...


class Secrets:
    """The secrets of a project."""

    def __init__(self, project: Project):
        self._stores = _stores(project)

    def find(self, name: str) -> str | None:
        """The value of a secret, from the first place that has it; None if none does.

        Raises:
            SourceError: a store cannot be asked.
        """
        for store in self._stores:
            value = store.find(name)
            if value is not None:
                hide(value)
                return value
        return None

    def keys(self, scope: str) -> list[str]:
        """The keys of a scope that have values, in any store."""
        return sorted({key for store in self._stores for key in store.keys(scope)})

    def filled(self, value: Any, location: Location | None) -> Any:
        """An option, however nested, with its secrets in place.

        Raises:
            ProjectError: `undefined-secret`.
            SourceError: a store cannot be asked.
        """
        if isinstance(value, str):
            return _REFERENCE.sub(lambda found: self._required(found[1].strip(), location), value)
        if isinstance(value, Mapping):
            return {key: self.filled(item, location) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.filled(item, location) for item in value]
        return value

    @staticmethod
    def without(value: Any) -> Any:
        """An option with a word in the place of each secret, for who checks its form and asks nobody."""
        if isinstance(value, str):
            return _REFERENCE.sub("secret", value)
        if isinstance(value, Mapping):
            return {key: Secrets.without(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [Secrets.without(item) for item in value]
        return value

    def _required(self, name: str, location: Location | None) -> str:
        value = self.find(name)
        if value is None:
            raise ProjectError(
                f"the secret {name!r} is not set",
                location=location,
                hint=f"set the environment variable {secret_variable(name)}, or write it into .env",
                code="undefined-secret",
            )
        return value


def spellings(value: str) -> set[str]:
    """A value as it may stand in a text: plain, within a URL, within JSON."""
    quoted = {quote(value), quote(value, safe=""), quote(value, safe="%/:?=&;#+@,!$'()*~[]"), quote_plus(value)}
    return {value, unquote(value), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], *quoted}


def hide(value: str) -> None:
    """Take out of all texts what was made of a secret or given for one: the word of Basic, a token."""
    if len(value) >= _LENGTH_MIN:
        _given.update(spellings(value))


def given_in(texts: Iterable[str]) -> set[str]:
    """The secrets given out in this process that stand in these texts."""
    known = list(texts)
    return {value for value in _given if any(value in text for text in known)}


def redacted(text: str) -> str:
    """A text without the secrets that were given out in this process."""
    for value in sorted(_given, key=len, reverse=True):
        text = text.replace(value, _SHOWN_INSTEAD)
    return text


def redact(error: IngotError) -> IngotError:
    """The same error, without secrets in what it says."""
    if _given:
        error.message = redacted(error.message)
        error.args = (error.message,)
        error.hint = redacted(error.hint) if error.hint is not None else None
        if hasattr(error, "__notes__"):
            error.__notes__ = [redacted(note) for note in error.__notes__]
    return error


def redacted_details(value: Any) -> Any:
    """Facts of an event, however nested, without secrets."""
    if not _given:
        return value
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: redacted_details(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_details(item) for item in value]
    return value


def _stores(project: Project) -> list[Store]:
    stores: list[Store] = [Environment(project.root)]
    if project.secrets.folder is not None:
        from ingot.secrets.folder import Folder

        stores.append(Folder(project.secrets.folder))
    if project.secrets.key_vault is not None:
        from ingot.secrets.azure_key_vault import AzureKeyVault

        stores.append(AzureKeyVault(project.secrets.key_vault))
    return stores
