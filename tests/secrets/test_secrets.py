"""Secrets are found by name in every store, get into sources alone, and are shown nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forked import ingot
from ingot.errors import IngotError, SourceError
from ingot.model import Project, SecretSpec
from ingot.secrets import Secrets, redacted
from ingot.secrets.azure_key_vault import AzureKeyVault, vault_name
from key_vault import VALUE, Vault, vault_client
from sources.misbehaving import Handler, WebServer, reply, serve


def secrets(root: Path, **spec: Any) -> Secrets:
    return Secrets(Project("p", root, root / "lake", secrets=SecretSpec(**spec)))


def test_the_environment_goes_before_the_file_and_the_file_before_the_folder(tmp_path, monkeypatch):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "shop").write_text("of the folder\n")
    store = secrets(tmp_path, folder=tmp_path / "kept")
    assert store.find("shop") == "of the folder"
    (tmp_path / ".env").write_text("# a comment\nexport INGOT_SECRET_SHOP='of the file'\n")
    assert store.find("shop") == "of the file"
    monkeypatch.setenv("INGOT_SECRET_SHOP", "of the environment")
    assert store.find("shop") == "of the environment"
    assert store.find("other") is None


def test_a_folder_gives_nothing_from_outside_of_it(tmp_path):
    (tmp_path / "kept" / "scope").mkdir(parents=True)
    (tmp_path / "outside").write_text("no")
    (tmp_path / "kept" / "scope" / "key").write_text("yes")
    store = secrets(tmp_path, folder=tmp_path / "kept")
    assert store.find("../outside") is None
    assert store.find("scope/key") == "yes"
    assert store.keys("scope") == ["key"]
    assert store.keys("..") == []


def test_options_are_filled_however_nested(tmp_path, monkeypatch):
    monkeypatch.setenv("INGOT_SECRET_SHOP", VALUE)
    options = {"headers": {"Authorization": "Bearer ${secret:shop}"}, "list": ["${secret:shop}", 1], "n": None}
    filled = secrets(tmp_path).filled(options, None)
    assert filled == {"headers": {"Authorization": f"Bearer {VALUE}"}, "list": [VALUE, 1], "n": None}


def test_a_secret_that_is_not_set_is_an_error_that_says_how_to_set_it(tmp_path):
    with pytest.raises(IngotError, match="the secret 'my-shop' is not set") as caught:
        secrets(tmp_path).filled("${secret:my-shop}", None)
    assert caught.value.code == "undefined-secret"
    assert "INGOT_SECRET_MY_SHOP" in (caught.value.hint or "")


def test_what_was_given_out_is_taken_out_of_texts(tmp_path, monkeypatch):
    monkeypatch.setenv("INGOT_SECRET_SHOP", VALUE)
    secrets(tmp_path).find("shop")
    assert redacted(f"cannot log in with {VALUE}!") == "cannot log in with •••!"


# --- whole updates ----------------------------------------------------------------------------------------------------

PROJECT = """
name: shop
configuration: {{header: "Bearer ${{secret:shop}}"}}
sources:
  orders: {{kind: http, url: "{url}/orders.csv", retries: 0, headers: {{Authorization: "${{header}}"}}, query: {{key: "${{secret:shop}}"}}}}
"""
TABLE = (
    "CREATE STREAMING TABLE bronze.orders AS SELECT * FROM STREAM read_files('${landing}/orders', format => 'csv', "
    "header => true, schema => 'id INT')"
)


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def run(folder: Path, *arguments: str) -> str:
    done = ingot(folder, *arguments)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "answers", [pytest.param("with data", marks=pytest.mark.slow), "with an error that repeats the request"]
)
def test_nothing_that_an_update_writes_or_shows_holds_the_secret(web: WebServer, tmp_path, monkeypatch, answers):
    def refuse(handler: Handler) -> None:
        handler.send_error(400, f"no {handler.headers.get('Authorization')} at {handler.path}")

    web.on("/orders.csv", reply(200, b"id\n1\n") if answers == "with data" else refuse)
    monkeypatch.setenv("INGOT_SECRET_SHOP", VALUE)
    (tmp_path / "ingot.yml").write_text(PROJECT.format(url=web.url))
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "a.sql").write_text(TABLE)
    shown = run(tmp_path, "dry-run") + run(tmp_path, "run") + run(tmp_path, "run", "--json") + run(tmp_path, "events")
    assert web.headers(0)["authorization"] == f"Bearer {VALUE}"
    assert web.paths[0] == f"/orders.csv?key={VALUE}"
    assert VALUE not in shown, shown
    assert VALUE.encode() not in everything_below(tmp_path)


def test_a_secret_within_an_address_is_neither_kept_nor_shown_however_it_is_spelled(web, tmp_path, monkeypatch):
    value = 'Tök3n +"quote'
    web.on("/T%C3%B6k3n%20+%22quote/orders.csv", reply(200, b"id\n1\n"), reply(500))
    monkeypatch.setenv("INGOT_SECRET_SHOP", value)
    (tmp_path / "ingot.yml").write_text(
        f"name: shop\nsources:\n  orders: {{kind: http, url: '{web.url}/${{secret:shop}}/orders.csv', retries: 0}}\n"
    )
    shown = run(tmp_path, "land") + run(tmp_path, "query", "SELECT url FROM landing.files") + run(tmp_path, "land")
    assert "500" in shown
    assert "orders.csv" in shown
    for spelled in (value, "T%C3%B6k3n", "Tök3n"):
        assert spelled not in shown
        assert spelled.encode() not in everything_below(tmp_path / "lake")


def test_a_plan_that_tells_what_failed_holds_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("INGOT_SECRET_SC_TOK", VALUE)
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "a.py").write_text(
        "from pyspark import pipelines as dp\n\n@dp.table\ndef a():\n"
        "    raise ValueError('bad ' + dbutils.secrets.get('sc', 'tok'))\n"
    )
    shown = "".join(
        run(tmp_path, *words) for words in (["dry-run"], ["dry-run", "--json"], ["lint"], ["run", "--json"])
    )
    assert "bad •••" in shown
    assert VALUE not in shown


def test_a_secret_in_a_definition_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("INGOT_SECRET_SHOP", VALUE)
    (tmp_path / "ingot.yml").write_text("name: shop\nconfiguration: {key: '${secret:shop}'}\n")
    (tmp_path / "transformations").mkdir()
    for text in ("${secret:shop}", "${key}"):
        (tmp_path / "transformations" / "a.sql").write_text(f"CREATE MATERIALIZED VIEW a AS SELECT '{text}' AS k")
        shown = run(tmp_path, "run")
        assert "error[misplaced-secret]" in shown
        assert VALUE not in shown


# --- Azure Key Vault --------------------------------------------------------------------------------------------------


def test_a_vault_gives_secrets_by_the_names_that_it_can_have():
    assert vault_name("shop/api_key") == "shop-api-key"
    with vault_client() as client:
        vault = AzureKeyVault("https://x.vault.azure.net", client)
        assert vault.find("shop/api_key") == VALUE
        assert vault.find("shop/other") is None
        assert vault.keys("shop") == ["api-key"]


def test_a_vault_that_refuses_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(Vault, "is_down", True)
    with (
        vault_client() as client,
        pytest.raises(SourceError, match=r"the key vault x.vault.azure.net cannot be asked") as caught,
    ):
        AzureKeyVault("https://x.vault.azure.net", client).find("shop/api_key")
    assert caught.value.code == "secret-store"


def test_a_package_that_is_missing_is_named_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.core.exceptions", None)
    with pytest.raises(SourceError) as caught:
        AzureKeyVault("https://x.vault.azure.net").find("shop")
    assert caught.value.hint == 'pip install "ingot[azure]"'


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve() as server:
        yield server
