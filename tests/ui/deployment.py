"""A database and an API server of Airflow, with users of different roles."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from typing_extensions import Self

from tests.live.processes import Process
from tests.ports import free_ports

if TYPE_CHECKING:
    from requests import Response, Session

_ROOT = Path(__file__).parents[2]
_START_TIMEOUT = 600.0
#: Seconds that an answer may take: the machine may be busy.
_ANSWER_TIMEOUT = 300.0
#: Users by role; each one's password is the name.
ROLES = ("admin", "viewer")
#: Loads the plugin from this checkout, whatever is installed; Airflow takes a plugin of one name once.
_PLUGIN = "from openmetadata_ol_provider.web.plugin import LineageDeliveryPlugin\n"


class Deployment:
    """An API server that runs as long as the context, with a database of its own.

    :param folder: empty folder: its home
    """

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        (folder / "plugins").mkdir()
        (folder / "plugins" / "lineage_delivery.py").write_text(_PLUGIN, encoding="utf-8")
        passwords = folder / "passwords.json"
        passwords.write_text(json.dumps({role: role for role in ROLES}), encoding="utf-8")
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
            "PYTHONPATH": str(_ROOT),
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(64),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "AIRFLOW__OPENLINEAGE__DISABLED": "True",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        self._seeding = folder / "seed.log"
        with self._seeding.open("wb") as log:
            # One process for all situations: the import of Airflow takes longer than to store what they show.
            self._seed = subprocess.Popen(
                [sys.executable, "-m", "tests.ui.seed"],
                env=self._environment,
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        #: DAG id -> id of its run.
        self.runs: dict[str, str] = json.loads(self._seeded("creation of the database"))
        self._situation = ""
        command = [sys.executable, "-m", "airflow", "api-server"]
        self._server = Process(command, folder / "api-server.log", self._environment)

    def show(self, situation: str) -> Deployment:
        """Fill the database for a situation, see :mod:`tests.ui.seed`, and return the deployment."""
        if situation != self._situation:
            assert self._seed.stdin is not None
            print(situation, file=self._seed.stdin, flush=True)
            assert self._seeded(f"situation {situation}").strip() == situation
            self._situation = situation
        return self

    def _seeded(self, what: str) -> str:
        assert self._seed.stdout is not None
        answer = self._seed.stdout.readline()
        assert answer, f"{what}: {self._seeding.read_text(encoding='utf-8', errors='replace')[-4000:]}"
        return answer

    def __enter__(self) -> Self:
        self._server.start()
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._is_well():
            assert self._server.running, f"Airflow's API server has ended:\n{self._server.tail()}"
            late = f"Airflow's API server does not show the page after {_START_TIMEOUT:g} s:\n{self._server.tail()}"
            assert time.monotonic() < deadline, late
            time.sleep(0.5)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End its processes."""
        self._server.stop()
        self._seed.communicate()

    def _is_well(self) -> bool:
        """Whether the page answers, which has the server import everything that it needs for that."""
        from requests import ConnectionError as Unreachable

        try:
            return self.session(None).get(f"{self.url}/openmetadata-ol/", timeout=_ANSWER_TIMEOUT).status_code == 401
        except Unreachable:
            return False

    def log(self) -> str:
        """Return the end of the server's output."""
        return self._server.tail()

    def token(self, role: str) -> str:
        """Return the token with which a user is logged in."""
        login = {"username": role, "password": role}
        answer = self.session(None).post(f"{self.url}/auth/token", json=login, timeout=_ANSWER_TIMEOUT)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])

    def session(self, role: str | None) -> Session:
        """Return a session of a user, or of nobody."""
        from requests import Session

        session = Session()
        if role is not None:
            session.headers["Authorization"] = f"Bearer {self.token(role)}"
        return session

    def get(self, path: str, role: str | None = "admin") -> Response:
        """Ask one of the page's routes."""
        return self.session(role).get(f"{self.url}/openmetadata-ol/{path}", timeout=_ANSWER_TIMEOUT)
