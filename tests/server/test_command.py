"""`ingot serve` and `ingot token`: where it listens, what it demands, how it ends."""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ingot.cli import main
from ingot.errors import ProjectError
from ingot.project import load_project
from server.serving import serving


def test_it_says_where_and_ends_cleanly_with_ctrl_c(project: Path):
    with serving(project, is_anew=True) as server:
        assert server.get("/").status_code == 200
        assert server.end() == 0
    assert server.said == []


def test_the_next_free_port_is_taken_when_none_is_named(project: Path):
    from ingot.server.command import PORT, _listen

    with _listen("127.0.0.1", None) as first, _listen("127.0.0.1", None) as second:
        ports = {first.getsockname()[1], second.getsockname()[1]}
        assert len(ports) == 2 and min(ports) >= PORT


def test_answers_are_sent_at_once():
    """asyncio switches Nagle's algorithm off only for sockets that say that they are TCP's: 44 ms an answer."""
    from ingot.server.command import _listen

    with _listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_port_that_is_named_and_taken_is_an_error(project: Path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["-C", str(project), "serve", "--port", str(port)]) == 1
    assert f"error[cannot-listen]: cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_other_addresses_demand_tokens(project: Path, host: str, capsys):
    assert main(["-C", str(project), "serve", "--host", host, "--port", "0"]) == 1
    assert "error[auth-missing]" in capsys.readouterr().err


def test_without_its_packages_it_says_what_to_install(project: Path):
    program = (
        "import sys\nsys.modules['fastapi'] = None\nfrom ingot.cli import main\n"
        f"sys.exit(main(['-C', {str(project)!r}, 'serve']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert 'hint: pip install "ingot[serve]"' in done.stderr


def test_a_folder_of_tables_is_served_without_a_project(project: Path, tmp_path: Path):
    lake = shutil.copytree(project / "lake", tmp_path / "tables", ignore=shutil.ignore_patterns("tmp"))
    with serving(lake) as server:
        assert {table["schema"] for table in server.get("/api/v1/tables").json()["tables"]} == {
            "bronze",
            "silver",
            "gold",
        }
        assert server.query("SELECT count(*) FROM gold.revenue").json()["rows"] == [[2]]
        assert len(server.get("/api/v1/graph").json()["nodes"]) == 3


def test_a_project_without_a_lake_is_served(project: Path, tmp_path: Path):
    (tmp_path / "ingot.yml").write_text("name: empty\n")
    (tmp_path / "transformations").mkdir()
    with serving(tmp_path) as server:
        for path in ("project", "tables", "graph", "updates", "sources", "catalog", "queries", "dashboards"):
            assert server.get(f"/api/v1/{path}").status_code == 200
        assert server.get("/api/v1/updates/current").status_code == 404
        assert server.query("SELECT 1").json()["rows"] == [[1]]
    assert not (tmp_path / "lake").exists()


def test_a_token_is_shown_once_and_its_hash_goes_into_the_settings(tmp_path: Path, capsys):
    assert main(["token", "Ada", "--role", "operator"]) == 0
    said = capsys.readouterr().out
    [token] = re.findall(r"^ingot_\S{40,}$", said, re.MULTILINE)
    entry = said[said.index("auth:") :]
    (tmp_path / "ingot.yml").write_text("name: shop\n" + entry)
    [read] = load_project(tmp_path).serve.tokens
    assert (read.name, read.role.label, read.sha256) == ("Ada", "operator", hashlib.sha256(token.encode()).hexdigest())
    assert token not in entry


SHA = "0" * 64


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("auth: {}", "missing-key", 2),
        ("auth:\n  tokens: []", "missing-key", 2),
        ("auth: {token: []}", "unknown-key", 2),
        ("auth:\n  tokens:\n    - {name: a, role: viewer}", "missing-key", 4),
        (f"auth:\n  tokens:\n    - {{name: a, role: boss, sha256: '{SHA}'}}", "unknown-role", 4),
        ("auth:\n  tokens:\n    - {name: a, role: viewer, sha256: ingot_secret}", "wrong-type", 4),
        (
            f"auth:\n  tokens:\n    - {{name: a, role: viewer, sha256: '{SHA}'}}\n    - {{name: a, role: admin, sha256: '{SHA}'}}",
            "duplicate-name",
            5,
        ),
        ("serve: {query_timeout_s: 0}", "wrong-type", 2),
        ("serve: {timeout: 3}", "unknown-key", 2),
    ],
)
def test_what_is_wrong_with_the_settings_is_told_with_the_line(tmp_path: Path, text: str, code: str, line: int):
    (tmp_path / "ingot.yml").write_text(f"name: shop\n{text}\n")
    with pytest.raises(ProjectError) as raised:
        load_project(tmp_path)
    assert raised.value.location is not None
    assert (raised.value.code, raised.value.location.line) == (code, line)
    assert "ingot_secret" not in raised.value.render()
