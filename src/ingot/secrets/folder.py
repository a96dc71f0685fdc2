"""Secrets in a folder of files, as Docker, Kubernetes and systemd hand them to a process."""

from __future__ import annotations

from pathlib import Path


class Folder:
    """One file for each secret, `<folder>/<name>` or `<folder>/<scope>/<key>`; a line feed at its end is no part."""

    def __init__(self, root: Path):
        self._root = root

    def find(self, name: str) -> str | None:
        """The value of a secret, None if there is no such file."""
        file = self._root / name
        if not file.resolve().is_relative_to(self._root.resolve()) or not file.is_file():
            return None
        return file.read_text("utf-8").removesuffix("\n").removesuffix("\r")

    def keys(self, scope: str) -> list[str]:
        """The keys of a scope."""
        folder = self._root / scope
        if not folder.resolve().is_relative_to(self._root.resolve()) or not folder.is_dir():
            return []
        return sorted(file.name for file in folder.iterdir() if file.is_file() and file.name[:1] != ".")
