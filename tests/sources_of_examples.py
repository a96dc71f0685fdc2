"""The programs that make up what the examples read, as modules: each example has one of the same name."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


def make_source_of(example: Path) -> Any:
    """The module `make_source` of an example."""
    spec = spec_from_file_location(f"{example.name}_make_source", example / "make_source.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module
