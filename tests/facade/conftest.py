"""What the facade's tests share: a load of a project that holds nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ingot.definitions.python import load_of
from ingot.definitions.registry import Registry
from ingot.definitions.spark import functions, types
from ingot.definitions.spark.window import Window
from ingot.model import Project


@pytest.fixture
def load(tmp_path):
    project = Project("test", tmp_path, tmp_path / "lake")
    return load_of(project, Registry(project))


@pytest.fixture
def s(load):
    return SimpleNamespace(spark=load.session, F=functions, T=types, Window=Window)
