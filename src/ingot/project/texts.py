"""Texts of the settings, with the configuration's values in place.

Knows no key of `ingot.yml` but `secrets`. Never asks for a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingot.errors import Location, ProjectError
from ingot.model import SecretSpec
from ingot.project.paths import absolute, below_prefix
from ingot.project.placeholders import fill_setting
from ingot.project.settings import Setting


@dataclass(frozen=True)
class Texts:
    """Reads texts of the settings, with the configuration's values in place."""

    root: Path
    values: Mapping[str, str]

    def required(self, entry: Setting) -> str:
        text = self.fill(entry.string(), entry.location)
        if not text.strip():
            raise entry.wrong("a text that is not empty")
        return text

    def optional(self, entry: Setting | None) -> str | None:
        return None if entry is None else self.required(entry)

    def list(self, entry: Setting) -> tuple[str, ...]:
        return tuple(self.required(item) for item in entry.items())

    def folder(self, entry: Setting) -> str:
        return str(absolute(self.root, self.required(entry)))

    def mapped(self, entry: Setting, paths: Mapping[str, str]) -> str:
        text = self.required(entry)
        return below_prefix(text, paths) or str(absolute(self.root, text))

    def fill_key(self, key: str, entry: Setting) -> str:
        return self.fill(key, entry.location)

    def fill(self, text: str, location: Location) -> str:
        return fill_setting(text, self.values, location, ProjectError)

    def fill_but_secrets(self, text: str, location: Location) -> str:
        """Fill in all but `${secret:…}`, which is asked for when the source lands."""
        return fill_setting(text, self.values, location, ProjectError, keeps_secrets=True)

    def secrets(self, entry: Setting | None) -> SecretSpec:
        if entry is None:
            return SecretSpec()
        known = entry.mapping(("folder", "azure_key_vault"))
        folder = self.folder(known["folder"]) if "folder" in known else None
        vault = self.optional(known.get("azure_key_vault"))
        if vault is not None and not vault.startswith("https://"):
            raise known["azure_key_vault"].wrong("a URL, such as https://my-vault.vault.azure.net")
        return SecretSpec(Path(folder) if folder is not None else None, vault)

    def one_or_more(self, entry: Setting | None) -> tuple[str, ...]:
        """A text, or a list of texts."""
        if entry is None:
            return ()
        return self.list(entry) if isinstance(entry.value, list) else (self.required(entry),)

    def truth(self, entry: Setting | None) -> bool:
        """`true` or `false`; false where nothing is said."""
        if entry is not None and self.required(entry) not in ("true", "false"):
            raise entry.wrong("true or false")
        return entry is not None and self.required(entry) == "true"
