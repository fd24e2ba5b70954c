"""PostgreSQL in a folder of its own, from the packages of the system, listening on the loopback only."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.live.processes import Process
from tests.ports import free_ports

_START_TIMEOUT = 60.0
#: Who runs the server: it refuses to be run by root.
_USER = "postgres"
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def binaries() -> Path | None:
    """Return the folder with ``initdb`` and ``postgres``, ``None`` where they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    command = shutil.which("initdb")
    return found[-1].parent if found else Path(command).resolve().parent if command else None


class Postgres:
    """One cluster with one database.

    :param folder: an empty folder, in one that everybody may enter
    """

    def __init__(self, folder: Path) -> None:
        found = binaries()
        assert found is not None
        self._binaries = found
        self._data = folder / "data"
        (self._port,) = free_ports(1)
        # Nobody else can reach the folder of the socket, and the loopback has to be trusted for a test.
        if os.geteuid() == 0:
            shutil.chown(folder, _USER, _USER)
        folder.chmod(0o755)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "airflow", "--locale=C.UTF-8", "-E", "UTF8")
        settings = {"listen_addresses": "127.0.0.1", "port": str(self._port), "unix_socket_directories": str(folder)}
        options = [f"-c{key}={value}" for key, value in settings.items()] + [f"-c{option}" for option in _QUICK]
        self._server = Process(self._as_user("postgres", "-D", str(self._data), *options), folder / "postgres.log")

    @property
    def url(self) -> str:
        """Address of the database, as SQLAlchemy takes it."""
        return f"postgresql+psycopg2://airflow@127.0.0.1:{self._port}/airflow"

    def start(self) -> None:
        """Start the server and create the database."""
        self._server.start()
        deadline = time.monotonic() + _START_TIMEOUT
        ready = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port), "-U", "airflow", "-d", "postgres"]
        while subprocess.run([str(self._binaries / ready[0]), *ready[1:]], check=False).returncode:
            if not self._server.running or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self._server.tail()}")
            time.sleep(0.2)
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "airflow", "airflow")

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()

    def _as_user(self, command: str, *arguments: str) -> list[str]:
        line = [str(self._binaries / command), *arguments]
        if os.geteuid() != 0 or getpass.getuser() == _USER:
            return line
        return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *line]

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(
            self._as_user(command, *arguments), capture_output=True, text=True, check=False, cwd=self._data.parent
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")
