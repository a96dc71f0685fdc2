"""A project folder that tests write files into, and its definitions."""

from __future__ import annotations

import textwrap

import pytest

from ingot.definitions.python import load_file
from ingot.definitions.registry import Registry
from ingot.model import Project


class Files:
    """Writes definition files and loads them in the order of their names."""

    def __init__(self, root):
        self.root = root
        self.configuration = {}
        self.tables = {}

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def load(self, *names):
        project = Project("test", self.root, self.root / "lake", configuration=self.configuration, tables=self.tables)
        registry = Registry(project)
        chosen = [self.root / n for n in names] or sorted((self.root / "transformations").rglob("*.[pi][yp]*"))
        for path in chosen:
            load_file(path, project, registry)
        return registry.seal()

    def one(self, text):
        """The definitions of a single file, none of which may fail."""
        self.write("transformations/a.py", text)
        definitions = self.load()
        for failed in definitions.failed:
            raise failed.error
        return definitions


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def sql(flow):
    return flow.build().tree.sql("databricks")
