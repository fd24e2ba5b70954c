"""Airflow's database or API fails while the state is read: nothing is taken for missing, and nothing is forgotten.

Airflow itself takes a Variable that it cannot read for one that does not exist.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from steps_support import DAG_ID, EDGE, TOPIC, Sender, ingest, run_event, run_steps, state_document

from openmetadata_ol_provider.exceptions import UnreadableVariableError
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Fact, Ledger
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.ledger_store import LedgerStore
from openmetadata_ol_provider.version_compat import get_variable

pytestmark = pytest.mark.usefixtures("connections")
STATE = f"openmetadata_ol.{DAG_ID}.{TOPIC}"


@contextmanager
def failing_reads(first: int, number: int) -> Iterator[list[str]]:
    """Let the database fail when some of the reads of the state's Variables are carried out."""
    from airflow import settings
    from sqlalchemy import event
    from sqlalchemy.exc import OperationalError

    seen: list[str] = []

    def execute(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        keys = [value for value in parameters if str(value).startswith(STATE)]
        if statement.startswith("SELECT") and "variable" in statement and keys:
            seen.append(keys[0])
            if first <= len(seen) < first + number:
                raise OperationalError(statement, parameters, Exception("the database is restarting"))

    event.listen(settings.engine, "before_cursor_execute", execute)
    try:
        yield seen
    finally:
        event.remove(settings.engine, "before_cursor_execute", execute)


def start_and_end(send: Sender, *, job: str) -> Iterator[None]:
    """Send what a run reads with its START, and what it writes with its COMPLETE."""
    send.events(run_event(f"run-{job}", "START", job=f"nightly.{job}", outputs=()))
    yield
    send.events(run_event(f"run-{job}", minute=1, job=f"nightly.{job}", inputs=()))
    yield


@pytest.mark.exhaustive
@pytest.mark.parametrize("task", [ingest, run_steps])
@pytest.mark.parametrize("number", [1, 2, 5])
def test_whatever_read_fails_the_next_try_has_all_that_was_remembered(
    task: Any, number: int, send: Sender, catalogue: CatalogueServer
) -> None:
    first, failed, reads = 1, 0, 1
    while first <= reads:
        sent = start_and_end(send, job=f"load_{first}")
        next(sent)
        task()
        next(sent)
        with failing_reads(first, number) as seen:
            try:
                task()
            except Exception:  # noqa: BLE001 - whatever it is, Airflow tries the task again
                failed += 1
        reads = len(seen)
        task()
        assert f'nightly.load_{first}"' in catalogue.edges()[EDGE]["description"], f"{first} of {seen}"
        first += 1
    assert failed > 0


@pytest.mark.parametrize("task", [ingest, run_steps])
def test_a_variable_of_that_name_in_the_environment_is_not_the_state(
    task: Any, send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send.events(run_event("run-1"))
    task()
    monkeypatch.setenv(f"AIRFLOW_VAR_{STATE.upper()}", json.dumps(state_document()))
    send.events(run_event("run-2", minute=1, job="nightly.other"))
    assert task()["events"] == 1
    assert task()["events"] == 0


@pytest.fixture
def use_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return a function that gives Airflow a Fernet key that it has not had before."""
    from airflow.models import crypto
    from cryptography.fernet import Fernet

    def forget() -> None:
        if hasattr(crypto.get_fernet, "cache_clear"):
            crypto.get_fernet.cache_clear()
        monkeypatch.setattr(crypto, "_fernet", None, raising=False)

    def replace() -> None:
        monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", Fernet.generate_key().decode())
        forget()

    yield replace
    monkeypatch.undo()
    forget()


def test_a_state_that_cannot_be_decrypted_is_an_error_and_stays(
    send: Sender, catalogue: CatalogueServer, use_key: Callable[[], None]
) -> None:
    use_key()
    send.events(run_event("run-1"))
    ingest()
    kept = stored_text()
    use_key()
    with pytest.raises(AirflowFailException, match="Fernet key"):
        ingest()
    assert stored_text() == kept


def stored_text() -> str:
    """Return what the database has, encrypted."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        return str(session.query(Variable).filter(Variable.key == STATE).one()._val)


# -- Airflow 3: a task asks its supervisor, which asks the API server --------------------------------------------------


class Supervisor:
    """Answers each message of a task with what the API server said."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def send(self, _message: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str | None]:
    """Return a function that reads a Variable as a task does, and is given an answer to it."""
    runner = pytest.importorskip("airflow.sdk.execution_time.task_runner")

    def read(answer: Any) -> str | None:
        monkeypatch.setattr(runner, "SUPERVISOR_COMMS", Supervisor(answer), raising=False)
        return get_variable(STATE)

    return read


def test_only_a_variable_that_the_api_does_not_find_is_missing(asked: Callable[[Any], str | None]) -> None:
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, VariableResult

    assert asked(VariableResult(key=STATE, value="text")) == "text"
    assert asked(ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND)) is None
    for failure in (
        AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR)),
        ErrorResponse(error=ErrorType.PERMISSION_DENIED),
    ):
        with pytest.raises(AirflowRuntimeError):
            asked(failure)


class ApiServer:
    """Answers a task as Airflow's API server does that cannot read the values of its Variables, but lists their names.

    :param stored: text of each Variable; ``None`` where it cannot be read
    """

    def __init__(self, stored: dict[str, str | None]) -> None:
        self.stored = stored
        #: Status code of its answer to those who ask for names.
        self.refusal = 0
        #: Number of Variables that may be written before the state cannot be read any more.
        self.writes = 1000

    def send(self, message: Any) -> Any:
        from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
        from airflow.sdk.execution_time import comms

        if isinstance(message, comms.GetConnection):
            return comms.ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)
        if isinstance(message, comms.MaskSecret):
            return None
        if isinstance(message, comms.PutVariable):
            self.writes -= 1
            self.stored[message.key] = message.value
            if self.writes == 0:
                self.stored[STATE] = None
            return comms.OKResponse(ok=True)
        if self.refusal and isinstance(message, comms.GetVariableKeys):
            detail = {"status_code": self.refusal}
            raise AirflowRuntimeError(comms.ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=detail))
        if isinstance(message, comms.GetVariable):
            text = self.stored.get(message.key)
            if text is None:
                return comms.ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND)
            return comms.VariableResult(key=message.key, value=text)
        assert isinstance(message, comms.GetVariableKeys)
        keys = sorted(key for key in self.stored if key.startswith(message.prefix or ""))
        return comms.VariableKeysResult(keys=keys[: message.limit], total_entries=len(keys))


@pytest.fixture
def api_server(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str | None]], ApiServer]:
    """Return a function that lets this process ask an API server with such Variables."""
    runner = pytest.importorskip("airflow.sdk.execution_time.task_runner")
    comms = pytest.importorskip("airflow.sdk.execution_time.comms")
    if not hasattr(comms, "GetVariableKeys"):
        pytest.skip("Airflow lists the names of Variables from 3.3 on")

    def ask(stored: dict[str, str | None]) -> ApiServer:
        server = ApiServer(stored)
        monkeypatch.setattr(runner, "SUPERVISOR_COMMS", server, raising=False)
        return server

    return ask


def test_a_variable_that_the_api_lists_but_does_not_return_is_not_missing(
    api_server: Callable[[dict[str, str | None]], ApiServer],
) -> None:
    server = api_server({STATE: None, f"{STATE}.s00": "segment"})
    with pytest.raises(UnreadableVariableError, match=f"'{STATE}' exists, .* fernet_key") as raised:
        get_variable(STATE)
    # The database of the API server may answer again.
    assert raised.value.retriable
    assert get_variable(f"{STATE}.s00") == "segment"
    # What begins with the name is not of the name.
    server.stored = {f"{STATE}.s00": None, f"{STATE}2": None}
    assert get_variable(STATE) is None


@pytest.mark.parametrize("status", [403, 404, 405])
def test_an_api_server_that_lists_no_names_is_believed(
    api_server: Callable[[dict[str, str | None]], ApiServer], status: int
) -> None:
    server = api_server({STATE: None})
    server.refusal = status
    assert get_variable(STATE) is None


def test_an_api_server_that_fails_to_list_names_is_not_believed(
    api_server: Callable[[dict[str, str | None]], ApiServer],
) -> None:
    from airflow.sdk.exceptions import AirflowRuntimeError

    server = api_server({})
    server.refusal = 500
    with pytest.raises(AirflowRuntimeError, match="500"):
        get_variable(STATE)


def test_a_state_that_cannot_be_read_while_a_batch_is_published_is_no_other_tasks_fault(
    api_server: Callable[[dict[str, str | None]], ApiServer],
    send: Sender,
    catalogue: CatalogueServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = api_server({})
    send.events(run_event("run-1"))
    ingest()
    send.events(run_event("run-2", minute=1, job="nightly.other"))
    server.writes = 1
    with pytest.raises(
        AirflowException, match=f"'{STATE}' exists, but Airflow's API server does not return it"
    ) as raised:
        ingest()
    assert not isinstance(raised.value, AirflowFailException)
    assert "another task" not in caplog.text


def test_a_ledger_of_which_a_part_cannot_be_read_does_not_begin_again(
    api_server: Callable[[dict[str, str | None]], ApiServer],
) -> None:
    server = api_server({})
    draw = random.Random(1)  # noqa: S311 - no secret
    ledger = Ledger(1, 2, {draw.getrandbits(62): Fact(draw.getrandbits(62), 7.0) for _ in range(2000)}, matching=1)
    LedgerStore(STATE).write(ledger)
    assert LedgerStore(STATE).read() == ledger
    (segment,) = (key for key in server.stored if key.startswith(f"{STATE}.ledger.s"))
    server.stored[segment] = None
    with pytest.raises(UnreadableVariableError, match=f"'{segment}' exists"):
        LedgerStore(STATE).read()


def test_a_variable_that_another_task_writes_meanwhile_is_read(
    api_server: Callable[[dict[str, str | None]], ApiServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.execution_time import comms

    server = api_server({})
    send = server.send

    def write_meanwhile(message: Any) -> Any:
        if isinstance(message, comms.GetVariableKeys):
            server.stored[STATE] = "text"
        return send(message)

    monkeypatch.setattr(server, "send", write_meanwhile)
    assert get_variable(STATE) == "text"
