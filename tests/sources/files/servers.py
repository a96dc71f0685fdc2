"""Object stores for the tests: an S3 server (moto) and one of Azure Storage (Azurite), each a process of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sources.database.servers import free_port

ACCOUNT = "devstoreaccount1"
# What every emulator of Azure Storage has; it opens nothing else.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextmanager
def moto() -> Iterator[str]:
    """An S3 server; gives its address."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, f"http://127.0.0.1:{port}") as url:
        yield url


def azurite_program() -> str | None:
    """Azurite's main file: `npm install azurite` puts it below the folder that INGOT_AZURITE names."""
    folder = Path(os.environ.get("INGOT_AZURITE", Path(__file__).parents[3] / ".venv" / "azurite"))
    program = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    return str(program) if program.exists() and shutil.which("node") else None


@contextmanager
def azurite(program: str) -> Iterator[str]:
    """A server of Azure Storage that keeps all in memory; gives the address of its account."""
    port = free_port()
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    command = ["node", program, "--blobHost", "127.0.0.1", "--blobPort", str(port), *options]
    with _running(command, f"http://127.0.0.1:{port}") as url:
        yield f"{url}/{ACCOUNT}"


@contextmanager
def _running(command: Sequence[str], url: str) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=120)


def _wait_for(url: str, process: subprocess.Popen) -> None:
    """Until the server answers, whatever it says."""
    for _ in range(2400):
        if process.poll() is not None:
            raise RuntimeError(f"the server for the tests ended: {process.args}")
        try:
            urllib.request.urlopen(url, timeout=10).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server for the tests does not answer")


def make_s3_bucket(url: str, bucket: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/{bucket}", method="PUT"), timeout=30).close()


def put_raw(url: str, content: bytes) -> None:
    """Put an object whose name the package would not write."""
    headers = {"Content-Type": "application/octet-stream"}
    urllib.request.urlopen(urllib.request.Request(url, content, headers, method="PUT"), timeout=30).close()


def make_azure_container(url: str, container: str) -> None:
    """Create a container, signed with the account's key as Azure wants it (Shared Key)."""
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    signed = (
        "PUT"
        + "\n" * 12
        + f"x-ms-date:{date}\nx-ms-version:2021-12-02\n/{ACCOUNT}/{ACCOUNT}/{container}\nrestype:container"
    )
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), signed.encode(), hashlib.sha256).digest()
    headers = {
        "x-ms-date": date,
        "x-ms-version": "2021-12-02",
        "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}",
        "Content-Type": "",
        "Content-Length": "0",
    }
    request = urllib.request.Request(f"{url}/{container}?restype=container", b"", headers, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()
