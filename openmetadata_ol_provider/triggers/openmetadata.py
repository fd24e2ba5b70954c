"""The trigger of the sensors that wait for something in OpenMetadata."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from enum import Enum
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.openmetadata.gates.gate import Gate, Verdict, gate_from_dict, with_table
from openmetadata_ol_provider.triggers._thread import ThreadBound

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


class GateStatus(str, Enum):
    """``status`` in the payload of :class:`OpenMetadataGateTrigger`'s event."""

    PASSED = "passed"
    FAILED = "failed"
    MISSING = "missing"
    TIMEOUT = "timeout"
    ERROR = "error"


class OpenMetadataGateTrigger(BaseTrigger):
    """Fires once when a table was written, or its tests have passed, or it is certain that they have not.

    The payload is ``{"status": ..., "message": ..., "facts": {...}}`` with the status ``passed``, ``failed``,
    ``missing``, ``timeout`` or ``error``. If OpenMetadata does not answer, the trigger retries until the deadline; an
    error that a retry cannot fix is reported immediately.

    :param gate: what to wait for, from :func:`~openmetadata_ol_provider.openmetadata.gates.gate.gate_to_dict`
    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    :param poll_interval: time between two checks, in seconds
    :param deadline: time at which to give up, in seconds since the epoch, so that a restart of the triggerer does
        not extend it; default: never
    """

    def __init__(
        self,
        gate: dict[str, Any],
        *,
        openmetadata_conn_id: str = "openmetadata_default",
        poll_interval: float = 60.0,
        deadline: float | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.gate = gate
        self.openmetadata_conn_id = openmetadata_conn_id
        self.poll_interval = poll_interval
        self.deadline = deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the complete arguments, so that any triggerer can continue."""
        return (
            "openmetadata_ol_provider.triggers.openmetadata.OpenMetadataGateTrigger",
            {
                "gate": self.gate,
                "openmetadata_conn_id": self.openmetadata_conn_id,
                "poll_interval": self.poll_interval,
                "deadline": self.deadline,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield the single event."""
        # Close the connection before the event: Airflow may never resume the generator after a yield.
        async with _GateConnection(self.openmetadata_conn_id) as connection:
            payload = await self._wait(connection)
        yield TriggerEvent(payload)  # type: ignore[no-untyped-call]

    async def _wait(self, connection: _GateConnection) -> dict[str, Any]:
        gate = gate_from_dict(self.gate)
        while True:
            try:
                verdict = await connection.check(gate)
                gate = with_table(gate, verdict)
                self.log.info("%s", verdict.detail)
                if verdict.state != "waiting":
                    return _payload(GateStatus(verdict.state), verdict.detail, verdict.facts)
                last = verdict.detail
            except OpenLineageProviderError as error:
                if not error.retriable:
                    return _payload(GateStatus.ERROR, str(error))
                self.log.warning("Retrying in %g s: %s", self.poll_interval, error)
                last = f"last error: {error}"
            remaining = self.poll_interval if self.deadline is None else self.deadline - time.time()
            if remaining <= 0:
                return _payload(GateStatus.TIMEOUT, last)
            await asyncio.sleep(min(self.poll_interval, remaining))


def _payload(status: GateStatus, message: str, facts: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"status": status.value, "message": message, "facts": facts or {}}


class _GateConnection(ThreadBound):
    """A client with a thread of its own, because it blocks; a context manager.

    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    """

    def __init__(self, openmetadata_conn_id: str) -> None:
        super().__init__("openmetadata-trigger")
        self._openmetadata_conn_id = openmetadata_conn_id
        self._client: OpenMetadataClient | None = None

    async def check(self, gate: Gate) -> Verdict:
        """Look once.

        :raises OpenLineageProviderError: if the connection is wrong, or the catalogue refuses or does not answer
        """
        from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook

        if self._client is None:
            hook = OpenMetadataHook(self._openmetadata_conn_id)
            await hook.load_connection()
            self._client = await self._run(hook.get_conn)
        client = self._client

        def look() -> Verdict:
            from openmetadata_ol_provider.openmetadata.gates.check import check_gate

            return check_gate(client, gate, time.time())

        return await self._run(look)

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
