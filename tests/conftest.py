"""An Airflow of its own for the tests: a home in a temporary folder, with a database when a test asks for one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.contract.seen import every_body_is_seen  # noqa: F401 - a fixture, for all tests
from tests.dealing import (  # noqa: F401 - hooks
    pytest_collection_modifyitems,
    pytest_runtest_protocol,
    pytest_xdist_make_scheduler,
)

# On a busy machine an example takes many times as long.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
# Airflow reads these when it is first imported, which the test modules do.
os.environ |= {
    "AIRFLOW_HOME": _HOME.name,
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME.name}/airflow.db",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[1] / "dags"),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}

# What earlier versions import is deprecated by now; here every warning after its first import is an error.
_WARN_AT_IMPORT = {
    "2.": ("airflow.models", "airflow.sensors.base", "airflow.triggers.base", "airflow.utils.db", "airflow.www.app"),
    "3.2.": ("airflow",),
}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for release, modules in _WARN_AT_IMPORT.items():
        if version("apache-airflow").startswith(release):
            for module in modules:
                import_module(module)


def pytest_configure(config: pytest.Config) -> None:
    """Leave to Airflow 3.0 to 3.2 what their own modules, and the libraries of their time, warn about."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Inherited from a shell that runs the tests in the background; commands that the tests start would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if version("apache-airflow").startswith(("3.0.", "3.1.", "3.2.")):
        for theirs in (
            "ignore::Warning:airflow[.].*",
            "ignore::DeprecationWarning:opentelemetry[.].*",
        ):
            config.addinivalue_line("filterwarnings", theirs)


SEED = Path(__file__).parents[1] / "openmetadata_ol_provider" / "sandbox" / "data" / "catalogue.json"


#: Test that runs without having asked for ``airflow_db``, if one does.
_WITHOUT_DATABASE: list[str] = []


@pytest.fixture(autouse=True)
def without_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let only tests that ask for Airflow's tables reach them: the others would fail where they run first."""
    if "airflow_db" in request.fixturenames:
        yield
        return
    _WITHOUT_DATABASE.append(request.node.nodeid)
    yield
    _WITHOUT_DATABASE.clear()


def _refuse_statements(*_: Any) -> None:
    """Fail as if Airflow's tables did not exist."""
    assert not _WITHOUT_DATABASE, f"{_WITHOUT_DATABASE[0]} reads Airflow's tables: it has to use the fixture airflow_db"


@pytest.fixture(scope="session")
def airflow_db() -> Path:
    """Create Airflow's tables: Variables are kept there. Return a copy that nobody writes to."""
    # Airflow's own imports and migrations warn, and other modules than ours are not ours to judge.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow import settings as airflow_settings
        from airflow.utils.db import initdb
        from sqlalchemy import event

        initdb()
        event.listen(airflow_settings.engine, "before_cursor_execute", _refuse_statements)
    home, copy = Path(_HOME.name), Path(_HOME.name) / "empty.db"
    with closing(sqlite3.connect(home / "airflow.db")) as made, closing(sqlite3.connect(copy)) as empty:
        made.backup(empty)
    return copy


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    with KafkaBroker({"openlineage.events": 3}) as running:
        yield running


@pytest.fixture
def catalogue() -> Iterator[CatalogueServer]:
    with CatalogueServer(seed=SEED, token="test-token") as running:
        yield running


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch, broker: KafkaBroker, catalogue: CatalogueServer) -> None:
    """Point Airflow's two default connections at the sandbox."""
    kafka = {"conn_type": "kafka", "extra": {"bootstrap.servers": broker.bootstrap, "group.id": "tests"}}
    openmetadata = {"conn_type": "openmetadata", "host": catalogue.url, "password": "test-token"}
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(openmetadata))
