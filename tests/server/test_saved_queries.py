"""Saved queries are files of the project, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.errors import ProjectError
from ingot.project import load_project
from ingot.server.saved_queries import find_query, save_query, saved_queries


def test_links_to_other_files_are_no_queries(tmp_path: Path):
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    (tmp_path / "secret.sql").write_text("SELECT 'secret'")
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/linked.sql").symlink_to(tmp_path / "secret.sql")
    project = load_project(tmp_path)
    assert saved_queries(project) == []
    with pytest.raises(ProjectError, match="there is no saved query 'linked'"):
        find_query(project, "linked")
    assert save_query(project, "linked", "SELECT 1").sql == "SELECT 1"  # takes the link's place
    assert (tmp_path / "secret.sql").read_text() == "SELECT 'secret'"


def test_where_every_file_is_a_definition_none_is_saved(tmp_path: Path):
    (tmp_path / "orders.sql").write_text("CREATE MATERIALIZED VIEW orders AS SELECT 1 AS id")
    project = load_project(tmp_path)
    with pytest.raises(ProjectError) as raised:
        save_query(project, "mine", "SELECT 1")
    assert raised.value.code == "queries-are-definitions"
    assert list(tmp_path.rglob("mine*")) == []
