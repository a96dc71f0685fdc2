"""Python that a source names, of the project or of an installed package: `shop.py:orders`, `package.module:orders`.

Owns how it is found, the one boundary at which it is run, and what is put back afterwards: the search path, the folder,
the modules of the project. Knows nothing of what the code gives.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ingot.errors import IngotError, Location, SourceError, UserCodeError, near_hint
from ingot.secrets import redacted
from ingot.sources.options import Options

_INSTALLED = ("site-packages", "dist-packages")
_OURS = str(Path(__file__).parents[1])
_LINES_MAX = 8
_MESSAGE_MAX = 2000
_REFERENCE = re.compile(r"(?P<file>[^:]+\.py)|(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*)")


@dataclass(frozen=True)
class CodeName:
    """Something in a file or a module, as the entry names it; nothing has been looked for yet.

    Attributes:
        text: As the entry says it.
        root: The project's folder.
        file: Where it is, unless it is in a module.
        module: The module, or the name that the file's module gets.
        name: Its name there.
    """

    text: str
    root: Path
    file: Path | None
    module: str
    name: str

    def load(self) -> Any:
        """Import the code; only within `running`.

        Raises:
            SourceError: `no-such-file`, `unknown-function`.
        """
        module = importlib.import_module(self.module) if self.file is None else _import_file(self.file, self.module)
        if not hasattr(module, self.name):
            raise SourceError(
                f"{self.text.rpartition(':')[0]} has no {self.name!r}",
                hint=near_hint(self.name, [name for name in vars(module) if not name.startswith("_")]),
                code="unknown-function",
            )
        return getattr(module, self.name)


def read_code_name(options: Options, key: str, root: Path) -> CodeName:
    """The value of a key that names code.

    Raises:
        ProjectError: it is missing, or names nothing.
    """
    text = options.required_text(key, "shop.py:orders, or package.module:orders")
    place, _, name = text.rpartition(":")
    found = _REFERENCE.fullmatch(place.strip())
    if found is None or not name.isidentifier():
        hint = f"{key}: shop.py:orders names something in a file, {key}: package.module:orders in a module"
        raise options.error(f"{key!r} must be a file or a module, a colon and a name, not {text!r}", hint=hint)
    if found["file"] is None:
        return CodeName(text, root, None, found["module"], name)
    file = root / found["file"]
    return CodeName(text, root, file, file.stem, name)


@contextmanager
def running(code: CodeName, place: Location | None) -> Iterator[None]:
    """Within: the project's folder is the current one and can be imported from; what the code raises becomes an
    IngotError with the line of the user's file.

    Raises:
        SourceError: `missing-module`.
        UserCodeError: for exceptions of the code; the exception is the cause, its traceback the notes.
    """
    folder, path, modules = os.getcwd(), list(sys.path), dict(sys.modules)  # noqa: PTH109 - as text, to go back to
    folders = [str(code.file.parent)] if code.file is not None else []
    sys.path[:0] = [*folders, str(code.root)]
    os.chdir(code.root)
    try:
        yield
    except IngotError as error:
        raise error.at(place) from error.__cause__
    except (Exception, SystemExit) as error:  # the boundary around user code: it may raise anything
        raise _explained(error, code, place) from error
    finally:
        os.chdir(folder)
        sys.path[:] = path
        _forget_modules(code, modules)


class _AsItIs(SourceFileLoader):
    """Reads a file each time: kept bytecode does not tell it from one of the same length and the same second."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _import_file(file: Path, name: str) -> ModuleType:
    """Import a file as a module of its own name, in place of another one that has it."""
    spec = spec_from_file_location(name, file, loader=_AsItIs(name, str(file)))
    if spec is None or spec.loader is None or not file.is_file():
        raise SourceError(f"there is no file {file}", hint="correct the name", code="no-such-file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _forget_modules(code: CodeName, before: dict[str, ModuleType]) -> None:
    """Let the project's modules go: the next run sees their files as they are then, another project its own."""
    for name, module in list(sys.modules.items()):
        if before.get(name) is module:
            continue
        if name in before:
            sys.modules[name] = before[name]
        elif _is_of_user(getattr(module, "__file__", None) or "", code):
            del sys.modules[name]


def _is_of_user(path: str, code: CodeName) -> bool:
    """Whether a file is of the project, not of an installed package that may lie below it."""
    if any(part in path for part in _INSTALLED) or path.startswith(_OURS):
        return False
    return Path(path).is_relative_to(code.root) or (code.file is not None and path == str(code.file))


def _explained(error: BaseException, code: CodeName, place: Location | None) -> IngotError:
    """What user code raised as an error that names the user's line."""
    error = next((e for e in _causes(error) if _frames(e, code)), error)
    frames = _frames(error, code)
    innermost = Location(frames[-1].filename, frames[-1].lineno) if frames else place
    if isinstance(error, SyntaxError) and error.filename is not None:
        innermost = Location(error.filename, error.lineno)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return SourceError(
            f"there is no module '{error.name}'",
            location=innermost,
            hint=f"pip install {error.name.partition('.')[0]}, or add the file to the project if it is one of yours",
            code="missing-module",
        )
    told = redacted(f"'{code.text}' raised {type(error).__name__}: {error}")  # before it is cut, perhaps in a secret
    failure = UserCodeError(told[:_MESSAGE_MAX], location=innermost)
    for frame in frames[-_LINES_MAX:]:
        failure.add_note(f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}")
    return failure


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it was raised from: a library words in its own what user code raised."""
    while error is not None:
        yield error
        error = error.__cause__


def _frames(error: BaseException, code: CodeName) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_of_user(frame.filename, code)]
