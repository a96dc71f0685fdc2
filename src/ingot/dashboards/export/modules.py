"""The pages' JavaScript modules as one script, for where there are no modules: a bare V8, and a page in one file.

Understands what the modules of this project use: named imports, and exports of declarations. Anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

_IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const|let)\b\*? *)(\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def joined(folder: Path, entries: Sequence[str]) -> str:
    """A script that defines `ingot`, an object with everything that these modules export.

    Args:
        folder: Where the modules stand.
        entries: Modules below it, such as `charts/index.js`.

    Raises:
        ValueError: for a module that is written in another way.
    """
    order: list[str] = []
    sources: dict[str, str] = {}
    for entry in entries:
        _collect(folder, entry, order, sources, ())
    numbers = {name: number for number, name in enumerate(order)}
    parts = [_function(name, sources[name], numbers) for name in order]
    exported = ", ".join(f"...m{numbers[entry]}" for entry in entries)
    return '"use strict";\nglobalThis.ingot = (() => {\n' + "".join(parts) + f"return {{{exported}}};\n}})();\n"


def _collect(folder: Path, name: str, order: list[str], sources: dict[str, str], above: tuple[str, ...]) -> None:
    if name in sources:
        if name not in order:
            raise ValueError(f"modules import each other: {' → '.join([*above, name])}")
        return
    sources[name] = (folder / name).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(sources[name]):
        _collect(folder, _target(name, found[2]), order, sources, (*above, name))
    order.append(name)


def _target(name: str, path: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _function(name: str, source: str, numbers: dict[str, int]) -> str:
    """A module as a constant: what it exports, from a function of its own."""
    exports = [found[2] for found in _EXPORT.finditer(source)]

    def imported(found: re.Match[str]) -> str:
        names = ", ".join(part.strip().replace(" as ", ": ") for part in (found[1] or "").split(",") if part.strip())
        return f"const {{ {names} }} = m{numbers[_target(name, found[2])]};\n" if names else ""

    body = _EXPORT.sub(r"\1\2", _IMPORT.sub(imported, source)).replace("import.meta.url", "document.baseURI")
    left = _LEFT.search(body)
    if left is not None:
        raise ValueError(f"{name} has what cannot be joined: {left[0]}")
    return f"const m{numbers[name]} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"
