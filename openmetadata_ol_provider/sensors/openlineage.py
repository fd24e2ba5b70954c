"""Waiting for OpenLineage events, in a worker or (deferred) in the triggerer."""

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

from openmetadata_ol_provider.exceptions import ConfigError

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from openmetadata_ol_provider.kafka.offsets import Backlog, Checkpoint
    from openmetadata_ol_provider.kafka.start_position import StartPoint

# The trigger keeps the deadline itself and says so; Airflow's own timeout is for a trigger that does not come back.
_GRACE = timedelta(minutes=2)


class OpenLineageSensor(BaseSensorOperator):
    """Wait until events are to be read, and return which partitions have how many (a ``Backlog`` as a dict).

    It looks at watermarks only: it joins no group, reads nothing and commits nothing.

    :param topics: names, or regular expressions when they start with ``^`` (templated)
    :param kafka_config_id: Airflow connection of type ``kafka`` (templated)
    :param min_events: wait for so many events, or for a loss, which is to be told at once
    :param dead_letter_topic: as for ConsumeOpenLineageOperator (templated): a pattern of topics shall not match it
    :param state_key: Variable with the checkpoint (templated); ``None``: that of this DAG's other tasks for ``topics``
    :param start_from: as for ConsumeOpenLineageOperator (templated)
    :param replay_from: as for ConsumeOpenLineageOperator (templated): what is to be read again need not be waited for
    :param lanes: the number of lanes by which the other tasks read (templated): it waits for all of them
    :param deferrable: wait in the triggerer; default: ``[operators] default_deferrable``
    :param poke_interval: seconds between two looks; the trigger begins with shorter ones
    :param timeout: seconds after which the task fails (is skipped with ``soft_fail``)
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
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if min_events < 1:
            raise ConfigError(f"min_events is {min_events}; it has to be at least 1")
        self.topics = topics
        self.kafka_config_id = kafka_config_id
        self.min_events = min_events
        self.dead_letter_topic = dead_letter_topic
        self.state_key = state_key
        self.start_from = start_from
        self.replay_from = replay_from
        self.lanes = lanes
        self.deferrable = deferrable

    @property
    def _topics(self) -> list[str]:
        # One name is taken for a list of one; only at use, since a template may turn into either.
        return [self.topics] if isinstance(self.topics, str) else list(self.topics)

    @property
    def _exclude(self) -> list[str]:
        from openmetadata_ol_provider.operators._base import dead_letter_target

        return list(dead_letter_target(self).exclude)

    @property
    def _start(self) -> StartPoint:
        from openmetadata_ol_provider.operators._base import start_of

        return start_of(self)

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002 - Airflow's signature
        """Look once."""
        backlog = self._look(self._checkpoint())
        return PokeReturnValue(is_done=backlog.ready(self.min_events), xcom_value=backlog.to_dict())

    def execute(self, context: Context) -> Any:
        """Look; when there is nothing yet, wait here or defer."""
        if not self.deferrable:
            return super().execute(context)
        checkpoint = self._checkpoint()
        backlog = self._first_look(checkpoint)
        if backlog is not None and backlog.ready(self.min_events):
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
        )
        return self.defer(
            trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout) + _GRACE
        )

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Take the trigger's event.

        :raises AirflowSensorTimeout: when nothing came in time (``soft_fail`` makes it a skip, as for every sensor)
        :raises AirflowException: when the trigger reports an error or nothing
        """
        from openmetadata_ol_provider.triggers.openlineage import TriggerStatus

        status = (event or {}).get("status")
        if event is not None and status == TriggerStatus.BACKLOG:
            backlog: dict[str, Any] = event["backlog"]
            self.log.info("%d events are to be read", backlog["events"])
            return backlog
        message = str((event or {}).get("message") or f"the trigger came back with {event!r}")
        if self.never_fail:
            # Airflow 3 would do this itself, Airflow 2 does not.
            raise AirflowSkipException(message)
        if status == TriggerStatus.TIMEOUT:
            raise AirflowSensorTimeout(message)
        raise AirflowException(message)

    def _first_look(self, checkpoint: Checkpoint) -> Backlog | None:
        """Look as a sensor that does not defer would: ``silent_fail`` and ``never_fail`` apply."""
        try:
            return self._look(checkpoint)
        except Exception as error:
            if self.silent_fail:
                self.log.exception("The first look failed; the trigger goes on")
                return None
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise

    def _look(self, checkpoint: Checkpoint) -> Backlog:
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook

        backlog = OpenLineageKafkaHook(self.kafka_config_id).backlog(
            self._topics, checkpoint, self._exclude, self._start
        )
        self.log.info("%d events on %d partitions are to be read", backlog.events, len(backlog.partitions))
        return backlog

    def _checkpoint(self) -> Checkpoint:
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.operators._base import read_request
        from openmetadata_ol_provider.state.checkpoint import default_state_key
        from openmetadata_ol_provider.state.lanes import as_lane
        from openmetadata_ol_provider.state.repartition import read_checkpoints

        state_key = self.state_key or default_state_key(self.dag_id, self._topics)
        stored = read_checkpoints(state_key, as_lane(0, self.lanes).lanes)
        # Only for looking: the task that reads moves it.
        hook = OpenLineageKafkaHook(self.kafka_config_id)
        return read_request(self).rewound(hook, self._topics, stored, self._exclude)
