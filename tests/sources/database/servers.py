"""Databases for the tests: PostgreSQL and MariaDB from the system's packages, in a folder of their own on a free port."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "g'h{e}i:m@/1"
USER = "reader"


@dataclass
class Server:
    """A running server, with a user who owns the database `shop`."""

    port: int
    folder: Path
    process: subprocess.Popen
    command: Sequence[str]
    environment: dict[str, str]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=120)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def free_port() -> int:
    """A port below those that the system gives to whoever asks for any: nobody takes it before the server does."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    end = int(given.read_text().split()[0]) if given.exists() else 32768
    below = range(max(1024, end - 10_000), end) or range(20_000, 30_000)
    for port in random.SystemRandom().choices(below, k=100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("a hundred ports are all taken")


def postgresql_programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    if folders:
        return folders[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def mariadb_programs() -> tuple[str, str] | None:
    """The server, and the program that makes its folder."""
    server = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    return (server, installer) if server and installer else None


def _as(user: str) -> list[str]:
    """What lets root run a server, which refuses to run as root."""
    if os.getuid() != 0:
        return []
    account = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _own(folder: Path, user: str) -> None:
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, user, user)
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o111)


def _until_it_answers(server: Server) -> None:
    for _ in range(1200):
        if server.process.poll() is not None:
            raise RuntimeError(f"the server of {server.folder} ended by itself")
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server of {server.folder} does not answer")


@contextmanager
def postgresql(folder: Path, programs: Path) -> Iterator[Server]:
    """A PostgreSQL that syncs nothing."""
    _own(folder, "postgres")
    port = free_port()
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder), "PGTZ": "America/New_York"}
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    subprocess.run(
        [*_as("postgres"), programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--no-sync", "-E", "UTF8", f"--pwfile={secret}"],
        check=True, env=environment, stdout=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",
        "timezone": "America/New_York",
        "max_connections": 30,
        "shared_buffers": "32MB",
    }
    command = [
        *_as("postgres"),
        str(programs / "postgres"),
        "-D",
        str(data),
        *(f"--{k}={v}" for k, v in options.items()),
    ]
    server = Server(port, folder, None, command, environment)  # type: ignore[arg-type]
    server.start()
    try:
        _until_it_answers(server)
        _postgresql_ready(port)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=120)


def _postgresql_ready(port: int) -> None:
    for _ in range(1200):
        try:
            with postgresql_connection(port, "postgres") as cursor:
                cursor.execute("CREATE DATABASE shop")
                return
        except Exception as error:
            if "starting up" not in str(error):
                raise
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL is starting up for two minutes")


@contextmanager
def postgresql_connection(
    port: int, database: str = "shop", user: str = USER, password: str = PASSWORD
) -> Iterator[Any]:
    """A cursor whose statements are committed one by one."""
    from urllib.parse import quote

    from adbc_driver_postgresql import dbapi

    with (
        dbapi.connect(
            f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{port}/{database}", autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        yield cursor


@contextmanager
def mariadb(folder: Path, programs: tuple[str, str]) -> Iterator[Server]:
    """A MariaDB that syncs nothing."""
    server_program, installer = programs
    _own(folder, "mysql")
    port = free_port()
    data = folder / "data"
    temporary = f"--tmpdir={folder}"  # TMPDIR may be a folder that its user cannot write to
    subprocess.run(
        [installer, "--no-defaults", f"--datadir={data}", temporary, "--auth-root-authentication-method=normal", "--skip-test-db", *(["--user=mysql"] if os.getuid() == 0 else [])],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    start = folder / "start.sql"
    quoted = PASSWORD.replace("'", "''")
    statements = (
        "CREATE DATABASE IF NOT EXISTS shop",
        f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY '{quoted}'",
        f"GRANT ALL ON *.* TO {USER}@'127.0.0.1' WITH GRANT OPTION",
    )
    start.write_text("".join(f"{statement};\n" for statement in statements))
    start.chmod(0o644)
    command = [
        *_as("mysql"),
        server_program,
        "--no-defaults",
        f"--datadir={data}",
        temporary,
        f"--socket={folder}/s",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--init-file={start}",
        "--innodb-flush-log-at-trx-commit=0",
        "--default-time-zone=-05:00",
        "--skip-name-resolve",
        "--innodb-buffer-pool-size=32M",
    ]
    server = Server(port, folder, None, command, dict(os.environ))  # type: ignore[arg-type]
    server.start()
    try:
        _until_it_answers(server)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=120)


@contextmanager
def mariadb_connection(port: int, user: str = USER, password: str = PASSWORD) -> Iterator[Any]:
    import pymysql

    connection = pymysql.connect(
        host="127.0.0.1", port=port, user=user, password=password, database="shop", autocommit=True
    )
    try:
        yield connection.cursor()
    finally:
        connection.close()
