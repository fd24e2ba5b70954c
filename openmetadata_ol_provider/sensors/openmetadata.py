"""Sensors that wait until OpenMetadata shows that a table was written, or that its tests have passed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)

from openmetadata_ol_provider.openmetadata.gates.gate import (
    RUN_STATES,
    TEST_STATES,
    FreshnessGate,
    QualityGate,
    TableName,
    gate_to_dict,
    with_table,
)
from openmetadata_ol_provider.operators._base import airflow_errors, catalogue_client, parse_bool, read_config
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals
from openmetadata_ol_provider.sensors._gate_parameters import (
    check_gate_literals,
    check_states,
    parse_since,
    parse_table,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from openmetadata_ol_provider.openmetadata.gates.gate import Gate, Verdict

# The trigger watches the deadline and reports it; Airflow's own timeout is for a trigger that never returns.
_GRACE_PERIOD = timedelta(minutes=2)


class _GateSensor(CheckedParameters, BaseSensorOperator):
    """Looks at a table in OpenMetadata until a gate is passed, in a worker or (deferred) in the triggerer."""

    template_fields: Sequence[str] = (
        *("table", "dataset_namespace", "dataset_name", "since", "config", "openmetadata_conn_id"),
    )
    ui_color = "#f7f3d0"
    _needs_since = False

    def __init__(
        self,
        *,
        table: str | None = None,
        dataset_namespace: str | None = None,
        dataset_name: str | None = None,
        since: datetime | timedelta | str | None = None,
        failed_states: Sequence[str] = (),
        check_existence: bool = True,
        config: Any = None,
        openmetadata_conn_id: str = "openmetadata_default",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.dataset_namespace = dataset_namespace
        self.dataset_name = dataset_name
        self.since = since
        self.failed_states = failed_states
        self.check_existence = check_existence
        self.config = config
        self.openmetadata_conn_id = openmetadata_conn_id
        self.deferrable = parse_bool("deferrable", deferrable)
        check_literals(self)
        self._check(self, mapped=False)

    @classmethod
    def partial(cls, **parameters: Any) -> Any:
        """Return Airflow's partial of this sensor, to be expanded.

        :raises ConfigError: naming the parameter that is wrong, its value and the remedy
        """
        cls._check(SimpleNamespace(**parameters), mapped=True)
        return super().partial(**parameters)

    @classmethod
    def _check(cls, parameters: Any, *, mapped: bool) -> None:
        check_gate_literals(parameters, mapped=mapped, since_required=cls._needs_since)
        parse_bool("check_existence", getattr(parameters, "check_existence", True))

    def _gate(self) -> Gate:
        """Return what the rendered parameters say."""
        raise NotImplementedError

    def _table(self) -> TableName:
        return parse_table(self.table, self.dataset_namespace, self.dataset_name, read_config(self.config))

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002 - Airflow's signature
        """Look once.

        :raises AirflowFailException: if the gate has failed, or a parameter is wrong
        """
        with airflow_errors():
            verdict = self._look(self._gate())
        return PokeReturnValue(is_done=verdict.state == "passed", xcom_value=verdict.facts)

    def execute(self, context: Context) -> Any:
        """Look; when there is nothing yet, wait here or defer."""
        if not self.deferrable:
            return super().execute(context)
        with airflow_errors():
            gate = self._gate()
        first = self._first_look(gate)
        if first is not None and first.state == "passed":
            return first.facts

        from openmetadata_ol_provider.triggers.openmetadata import OpenMetadataGateTrigger

        trigger = OpenMetadataGateTrigger(
            gate_to_dict(gate if first is None else with_table(gate, first)),
            openmetadata_conn_id=self.openmetadata_conn_id,
            poll_interval=self.poke_interval,
            deadline=time.time() + self.timeout,
        )
        return self.defer(
            trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout) + _GRACE_PERIOD
        )

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Return the facts of the trigger's event.

        :raises AirflowSensorTimeout: if the gate was not passed in time (``soft_fail`` turns it into a skip)
        :raises AirflowFailException: if the gate has failed
        :raises AirflowException: if the trigger reports an error or nothing
        """
        from openmetadata_ol_provider.triggers.openmetadata import GateStatus

        status = (event or {}).get("status")
        message = str((event or {}).get("message") or f"the trigger returned {event!r}")
        if event is not None and status == GateStatus.PASSED:
            self.log.info("%s", message)
            facts: dict[str, Any] = event["facts"]
            return facts
        if status is not None:
            # With soft_fail, Airflow puts a text of its own in the place of the error's.
            self.log.warning("The wait is over: %s", message)
        if self.never_fail:
            # Airflow 3 does this itself, Airflow 2 does not.
            raise AirflowSkipException(message)
        if status == GateStatus.TIMEOUT:
            raise AirflowSensorTimeout(message)
        if status in (GateStatus.FAILED, GateStatus.MISSING):
            raise AirflowFailException(message)
        raise AirflowException(message)

    def _first_look(self, gate: Gate) -> Verdict | None:
        """Look like a sensor that does not defer: ``soft_fail``, ``silent_fail`` and ``never_fail`` apply."""
        try:
            with airflow_errors():
                return self._look(gate)
        except AirflowException as error:
            is_final = isinstance(error, AirflowFailException)
            if self.silent_fail and not is_final:
                self.log.exception("The first look failed; the trigger continues")
                return None
            if self.never_fail or (self.soft_fail and is_final):
                raise AirflowSkipException(str(error)) from error
            raise

    def _look(self, gate: Gate) -> Verdict:
        from openmetadata_ol_provider.openmetadata.gates.check import check_gate

        with catalogue_client(self) as client:
            verdict = check_gate(client, gate, time.time())
        if verdict.state in ("failed", "missing"):
            raise AirflowFailException(verdict.detail)
        self.log.info("%s", verdict.detail)
        return verdict


class OpenMetadataFreshnessSensor(_GateSensor):
    """Wait until a successful run has written a table, and return ``table``, ``written_at``, ``by`` and ``source``.

    What OpenMetadata knows counts, from any source: the table's pipeline observability (OpenMetadata 1.11 and
    later), the statuses of the pipelines in its upstream lineage, its system profile.

    :param table: FQN of the table, ``service.database.schema.table`` (templated)
    :param dataset_namespace: namespace of the table in OpenLineage events, instead of ``table`` (templated)
    :param dataset_name: name of the table in OpenLineage events, together with ``dataset_namespace`` (templated)
    :param since: time at or after which the run has to have ended (datetime or ISO 8601, templated), or the greatest
        age, as a timedelta
    :param failed_states: statuses of the newest run since then that fail the task at once: ``Failed``, ``Skipped``,
        ``Pending``, ``Running``; default: none do, and the sensor waits for the next run
    :param check_existence: ``True`` to fail at once if OpenMetadata does not have the table, ``False`` to wait for it
    :param config: config document, as for the publishing operators (templated); its rules resolve ``dataset_namespace``
    :param openmetadata_conn_id: Airflow connection of type ``openmetadata`` (templated)
    :param deferrable: ``True`` to wait in the triggerer (default: ``[operators] default_deferrable``)
    :param poke_interval: seconds between two checks
    :param timeout: seconds after which the task fails (or is skipped, with ``soft_fail``)
    """

    _needs_since = True

    @classmethod
    def _check(cls, parameters: Any, *, mapped: bool) -> None:
        super()._check(parameters, mapped=mapped)
        check_states("failed_states", getattr(parameters, "failed_states", ()), RUN_STATES)

    def _gate(self) -> FreshnessGate:
        check_states("failed_states", self.failed_states, RUN_STATES)
        return FreshnessGate(
            self._table(),
            parse_since(self.since, required=True),
            tuple(self.failed_states),
            parse_bool("check_existence", self.check_existence),
        )


class OpenMetadataTestResultSensor(_GateSensor):
    """Wait until the data quality tests of a table have passed, and return ``table`` and ``tests`` with their results.

    :param table: FQN of the table, ``service.database.schema.table`` (templated)
    :param dataset_namespace: namespace of the table in OpenLineage events, instead of ``table`` (templated)
    :param dataset_name: name of the table in OpenLineage events, together with ``dataset_namespace`` (templated)
    :param test_cases: names or FQNs of the test cases to wait for (templated); default: all of the table and of its
        columns, of which there has to be one
    :param since: time from which on results count (datetime or ISO 8601, templated), or their greatest age, as a
        timedelta; default: the latest result of each test counts, however old
    :param allowed_states: statuses of a result that count as passed: ``Success``, ``Failed``, ``Aborted``, ``Queued``
    :param failed_states: statuses of a result that fail the task at once; default: ``Failed``; of all others, the
        sensor waits for the next result
    :param check_existence: ``True`` to fail at once if OpenMetadata has no such table or test case, ``False`` to wait
        for it
    :param config: config document, as for the publishing operators (templated); its rules resolve ``dataset_namespace``
    :param openmetadata_conn_id: Airflow connection of type ``openmetadata`` (templated)
    :param deferrable: ``True`` to wait in the triggerer (default: ``[operators] default_deferrable``)
    :param poke_interval: seconds between two checks
    :param timeout: seconds after which the task fails (or is skipped, with ``soft_fail``)
    """

    template_fields: Sequence[str] = (*_GateSensor.template_fields, "test_cases")

    def __init__(
        self,
        *,
        table: str | None = None,
        dataset_namespace: str | None = None,
        dataset_name: str | None = None,
        test_cases: Sequence[str] | str = (),
        since: datetime | timedelta | str | None = None,
        allowed_states: Sequence[str] = ("Success",),
        failed_states: Sequence[str] = ("Failed",),
        check_existence: bool = True,
        config: Any = None,
        openmetadata_conn_id: str = "openmetadata_default",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        self.test_cases = test_cases
        self.allowed_states = allowed_states
        super().__init__(
            table=table,
            dataset_namespace=dataset_namespace,
            dataset_name=dataset_name,
            since=since,
            failed_states=failed_states,
            check_existence=check_existence,
            config=config,
            openmetadata_conn_id=openmetadata_conn_id,
            deferrable=deferrable,
            **kwargs,
        )

    @classmethod
    def _check(cls, parameters: Any, *, mapped: bool) -> None:
        super()._check(parameters, mapped=mapped)
        allowed = getattr(parameters, "allowed_states", ("Success",))
        check_states("allowed_states", allowed, TEST_STATES, empty=False)
        failed = getattr(parameters, "failed_states", ("Failed",))
        check_states("failed_states", failed, TEST_STATES)

    def _gate(self) -> QualityGate:
        self._check(self, mapped=False)
        return QualityGate(
            self._table(),
            parse_since(self.since, required=False),
            tuple([self.test_cases] if isinstance(self.test_cases, str) else self.test_cases),
            tuple(self.allowed_states),
            tuple(self.failed_states),
            parse_bool("check_existence", self.check_existence),
        )
