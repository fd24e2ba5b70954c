"""What was published before an error is reported with it, also if what follows a publication fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from steps_support import TOPIC, Sender, consume, ingest, publish, run_event, run_steps, translate

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import DeadLetterError, OvertakenError
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.error_report import report_of
from openmetadata_ol_provider.ingestion.loop import IngestLoop, IngestSettings
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
from openmetadata_ol_provider.kafka.messages import DeadLetter
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.state.lanes import Lane

KEY = f"openmetadata_ol.lineage.{TOPIC}"
pytestmark = pytest.mark.usefixtures("connections", "catalogue")


class Interrupting(OpenLineageKafkaHook):
    """Does something else before it writes dead letters, which follow the publication.

    :param act: what to do
    """

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act

    def dead_letter(self, letters: Sequence[DeadLetter], topic: str) -> int:
        self._act()
        return super().dead_letter(letters, topic)


def work(act: Callable[[], object]) -> PublishReport:
    """Ingest everything, and do something between a publication and its dead letters."""
    settings = IngestSettings([TOPIC], KEY, Lane(), BatchLimits(50, 1 << 25, 60.0), DeadLetterTarget(None), Limits())
    return IngestLoop(settings, Interrupting(act), OpenMetadataHook().get_conn(), Config()).run()


def refuse() -> None:
    raise DeadLetterError("the topic is full")


def report_after(
    send: Sender, act: Callable[[], object], error: type[Exception], match: str | None = None
) -> PublishReport:
    """Return the report that an error has, after a batch of an event and a message that is none.

    :param act: see :func:`work`; it leads to the error
    """
    send.events(run_event("r1"))
    send.message(b"no event")
    with pytest.raises(error, match=match) as caught:
        work(act)
    report = report_of(caught.value)
    assert report is not None
    return report


def test_dead_letters_that_cannot_be_written(send: Sender) -> None:
    report = report_after(send, refuse, DeadLetterError)
    assert (report.events, report.edges.published, report.dead_letters) == (1, 1, 0)


def test_a_checkpoint_that_another_task_has_moved(send: Sender) -> None:
    report = report_after(send, run_steps, OvertakenError)
    assert (report.events, report.edges.published, report.dead_letters) == (1, 1, 1)


def test_a_state_that_cannot_be_written(send: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_after(
        send,
        lambda: monkeypatch.setattr("openmetadata_ol_provider.state.segmented_variable.set_variable", _no_database),
        RuntimeError,
        "no database",
    )
    assert (report.events, report.edges.published) == (1, 1)


def test_a_repair_that_fails_does_not_hide_that_another_task_has_moved_the_checkpoint(
    send: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def overtake() -> None:
        run_steps()
        monkeypatch.setattr("openmetadata_ol_provider.state.segmented_variable.set_variable", _no_database)

    report = report_after(send, overtake, OvertakenError)
    assert report.edges.published == 1
    assert "may be overwritten until its jobs run again: RuntimeError: no database" in caplog.text


def _no_database(*_: object) -> None:
    raise RuntimeError("no database")


def test_a_connection_that_is_gone_when_the_publish_task_commits(
    send: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    send.events(run_event("r1", outputs=("shop.public.orders", "shop.public.gone")))
    # Of its own: Airflow 2 makes the default ones in its database.
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_GONE", os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    plan = translate(consume(kafka_config_id="kafka_gone"))
    monkeypatch.delenv("AIRFLOW_CONN_KAFKA_GONE")
    capsys.readouterr()
    with pytest.raises(AirflowException, match="kafka_gone"):
        publish(plan)
    # Airflow 3 writes the log of a task to stdout here, version 2 through the standard library.
    log = "\n".join([capsys.readouterr().out, *(record.getMessage() for record in caplog.records)])
    assert "unresolved: " in log
    assert "shop.public.gone" in log
    report = ingest()
    assert (report["edges"]["unchanged"], report["parked"]) == (1, 1)
