"""The sensor that waits for OpenLineage events, in a worker or (deferred) in the triggerer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)

from openmetadata_ol_provider.ingestion.parameters import check_count
from openmetadata_ol_provider.operators._base import (
    dead_letter_target,
    parse_bool,
    read_request,
    start_position,
    topic_list,
)
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.kafka.start_position import StartPosition
    from openmetadata_ol_provider.openlineage.positions import Checkpoint

# The trigger watches the deadline and reports it; Airflow's own timeout is for a trigger that never returns.
_GRACE_PERIOD = timedelta(minutes=2)


class OpenLineageSensor(CheckedParameters, BaseSensorOperator):
    """Wait until there are events to read, and return how many each partition has (a ``Backlog`` as a dict).

    It reads watermarks only: it joins no group, reads no messages and commits nothing.

    :param topics: names, or regular expressions when they start with ``^`` (templated)
    :param kafka_config_id: Airflow connection of type ``kafka`` (templated)
    :param min_events: number of events to wait for; a data loss ends the wait immediately
    :param dead_letter_topic: the dead-letter topic, as for ConsumeOpenLineageOperator (templated); patterns in
        ``topics`` do not match it
    :param state_key: Variable with the checkpoint (templated; default: that of this DAG's other tasks for ``topics``)
    :param start_from: start position, as for ConsumeOpenLineageOperator (templated)
    :param replay_from: position from which the other tasks read again, as for ConsumeOpenLineageOperator (templated);
        events to read again end the wait
    :param lanes: number of lanes that the other tasks read by (templated); the sensor waits for all of them
    :param end_when_queued: ``True`` to skip the rest of the run as soon as another run of the DAG is queued (default:
        if the DAG's ``max_active_runs`` is 1, because the other run could not begin before the wait is over)
    :param deferrable: ``True`` to wait in the triggerer (default: ``[operators] default_deferrable``)
    :param poke_interval: seconds between two checks; the trigger starts with shorter intervals
    :param timeout: seconds after which the task fails (or is skipped, with ``soft_fail``)
    """

    template_fields: Sequence[str] = (
        "topics",
        "kafka_config_id",
        "dead_letter_topic",
        "state_key",
        "start_from",
        "replay_from",
        "lanes",
    )

    def __init__(
        self,
        *,
        topics: Sequence[str],
        kafka_config_id: str = "kafka_default",
        min_events: int = 1,
        dead_letter_topic: str | None = None,
        state_key: str | None = None,
        start_from: str | None = None,
        replay_from: Any = None,
        lanes: int | str = 1,
        end_when_queued: bool | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.topics = topics
        self.kafka_config_id = kafka_config_id
        self.min_events = min_events
        self.dead_letter_topic = dead_letter_topic
        self.state_key = state_key
        self.start_from = start_from
        self.replay_from = replay_from
        self.lanes = lanes
        self.end_when_queued = None if end_when_queued is None else parse_bool("end_when_queued", end_when_queued)
        self.deferrable = parse_bool("deferrable", deferrable)
        self._has_warned = False
        self._last_backlog: Backlog | None = None
        check_count("min_events", min_events)
        check_literals(self)

    @property
    def _topics(self) -> list[str]:
        return topic_list(self.topics)

    @property
    def _exclude(self) -> list[str]:
        return list(dead_letter_target(self).exclude)

    @property
    def _start(self) -> StartPosition:
        return start_position(self)

    @property
    def _number_of_lanes(self) -> int:
        from openmetadata_ol_provider.state.lanes import as_lane

        return as_lane(0, self.lanes).lanes

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002 - Airflow's signature
        """Check once.

        :raises AirflowSkipException: if another run of the DAG is queued and nothing is to be read
        """
        backlog = self._check(self._checkpoint())
        if not backlog.ready(self.min_events) and self._is_run_queued():
            raise AirflowSkipException(
                f"another run of {self.dag_id} is queued, and waits for the end of this one; {self._idle_since()}"
            )
        if backlog.ready(self.min_events):
            self._store_lag(backlog)
        return PokeReturnValue(is_done=backlog.ready(self.min_events), xcom_value=backlog.to_dict())

    def execute(self, context: Context) -> Any:
        """Check; when there is nothing yet, wait here or defer."""
        if not self.deferrable:
            try:
                return super().execute(context)
            except (AirflowSensorTimeout, AirflowSkipException):
                if self._last_backlog is not None:
                    self._store_lag(self._last_backlog)
                self.log.warning("The wait is over: %s", self._idle_since())
                raise
        checkpoint = self._checkpoint()
        backlog = self._first_check(checkpoint)
        if backlog is not None and backlog.ready(self.min_events):
            self._store_lag(backlog)
            return backlog.to_dict()

        from openmetadata_ol_provider.triggers.openlineage import OpenLineageTrigger

        trigger = OpenLineageTrigger(
            topics=self._topics,
            kafka_config_id=self.kafka_config_id,
            checkpoint=checkpoint,
            min_events=self.min_events,
            poll_interval=self.poke_interval,
            deadline=time.time() + self.timeout,
            exclude=self._exclude,
            start_from=str(self._start),
            default_group=self._group(),
            queued_runs_of=self.dag_id if self._ends_when_queued() else None,
        )
        return self.defer(
            trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout) + _GRACE_PERIOD
        )

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Return the backlog of the trigger's event.

        :raises AirflowSensorTimeout: if too few events came in time (``soft_fail`` turns it into a skip)
        :raises AirflowSkipException: if another run of the DAG is queued
        :raises AirflowException: if the trigger reports an error or nothing
        """
        from openmetadata_ol_provider.openlineage.listing import counted
        from openmetadata_ol_provider.triggers.openlineage import TriggerStatus

        status = (event or {}).get("status")
        if event is not None and "backlog" in event:
            from openmetadata_ol_provider.kafka.offsets import Backlog

            self._store_lag(Backlog.from_dict(event["backlog"]))
        if event is not None and status == TriggerStatus.BACKLOG:
            backlog: dict[str, Any] = event["backlog"]
            self.log.info("%s to read", counted(backlog["events"], "event"))
            return backlog
        message = str((event or {}).get("message") or f"the trigger returned {event!r}")
        if status in (TriggerStatus.TIMEOUT, TriggerStatus.QUEUED_RUN):
            message = f"{message}; {self._idle_since()}"
            # With soft_fail, Airflow puts a text of its own in the place of the error's.
            self.log.warning("The wait is over: %s", message)
        if self.never_fail or status == TriggerStatus.QUEUED_RUN:
            # Airflow 3 does this itself, Airflow 2 does not.
            raise AirflowSkipException(message)
        if status == TriggerStatus.TIMEOUT:
            raise AirflowSensorTimeout(message)
        raise AirflowException(message)

    def _first_check(self, checkpoint: Checkpoint) -> Backlog | None:
        """Check like a sensor that does not defer: ``silent_fail`` and ``never_fail`` apply."""
        try:
            return self._check(checkpoint)
        except Exception as error:
            if self.silent_fail:
                self.log.exception("The first check failed; the trigger continues")
                return None
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise

    def _check(self, checkpoint: Checkpoint) -> Backlog:
        from openmetadata_ol_provider.ingestion.first_start import first_start
        from openmetadata_ol_provider.openlineage.listing import counted

        backlog = self._hook().backlog(self._topics, checkpoint, self._exclude, self._start)
        if not self._has_warned and (begun := first_start(backlog, checkpoint, self._start, self._state_key())):
            self._has_warned = True
            self.log.warning("%s", begun.text)
        on = counted(len(backlog.partitions), "partition")
        self.log.info("%s to read on %s", counted(backlog.events, "event"), on)
        self._last_backlog = backlog
        return backlog

    def _store_lag(self, backlog: Backlog) -> None:
        """Store how much is waiting, for the page in Airflow's web interface."""
        from openmetadata_ol_provider.ingestion.receipts import lag_of, store_lag
        from openmetadata_ol_provider.state.receipts import ReceiptStore

        store_lag(ReceiptStore(self._state_key(), lanes=self._number_of_lanes), lag_of(backlog, "sensor"))

    def _checkpoint(self) -> Checkpoint:
        from openmetadata_ol_provider.state.repartition import read_checkpoints

        stored = read_checkpoints(self._state_key(), self._number_of_lanes)
        # The stored checkpoint stays: the task that reads moves it.
        return read_request(self).rewind(self._hook(), self._topics, stored, self._exclude)

    def _ends_when_queued(self) -> bool:
        if self.end_when_queued is not None:
            return self.end_when_queued
        return bool(self.has_dag() and self.dag.max_active_runs == 1)  # type: ignore[no-untyped-call]

    def _is_run_queued(self) -> bool:
        from openmetadata_ol_provider.version_compat import count_queued_runs

        if not self._ends_when_queued():
            return False
        try:
            return count_queued_runs(self.dag_id) > 0
        except Exception as error:  # noqa: BLE001 - Airflow's; not knowing it only lets the other run wait
            self.log.warning("Queued runs cannot be counted, so they wait for the end of this wait: %s", error)
            return False

    def _idle_since(self) -> str:
        """Return since when nothing has arrived, for the log of a run that is skipped."""
        from openmetadata_ol_provider.state.repartition import read_last_update

        moved = read_last_update(self._state_key(), self._number_of_lanes)
        return f"nothing has arrived since {moved}, when the checkpoint moved last" if moved else "nothing was read yet"

    def _hook(self) -> OpenLineageKafkaHook:
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook

        return OpenLineageKafkaHook(self.kafka_config_id, self._group())

    def _group(self) -> str:
        from openmetadata_ol_provider.kafka.default_group import default_group

        return default_group(self.dag_id, self._topics)

    def _state_key(self) -> str:
        from openmetadata_ol_provider.state.keys import default_state_key

        return self.state_key or default_state_key(self.dag_id, self._topics)
