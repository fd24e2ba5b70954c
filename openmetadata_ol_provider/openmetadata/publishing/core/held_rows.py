"""Rows of pipeline observability that wait to be written, because further batches of the task may replace them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from openmetadata_ol_provider.openmetadata.publishing.core.parked import pause_after


class HeldRow(msgspec.Struct, frozen=True, array_like=True):
    """A row that waits, with everything needed to write it: the newest run of a pipeline that wrote a table.

    :param table: id of the table
    :param pipeline: id of the pipeline
    :param at: key of the run's status, in epoch milliseconds
    :param start: start of the run in epoch milliseconds; ``None`` if it is not known
    :param end: end of the run in epoch milliseconds; ``None`` if it is not known
    :param final: whether the run itself has reported its end
    :param schedule: schedule of the pipeline, as its producer writes it
    :param average: mean duration of the pipeline's runs in milliseconds, and the number of them; ``None`` if not known
    :param service_type: type of the pipeline's service
    :param reused: whether another ingestion writes runs of the pipeline, too
    :param since: time of the first try, in seconds since 1970; 0 if it was not tried yet
    :param next_try: earliest time of the next try, in seconds since 1970
    :param tries: number of tries that failed
    """

    table: str
    table_fqn: str
    pipeline: str
    pipeline_fqn: str
    run_id: str
    at: int
    status: str
    start: int | None
    end: int | None
    final: bool
    schedule: str | None = None
    average: tuple[float, int] | None = None
    service_type: str | None = None
    reused: bool = False
    since: int = 0
    next_try: int = 0
    tries: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Id of the table and FQN of the pipeline."""
        return self.table, self.pipeline_fqn

    def continuing(self, before: HeldRow | None) -> HeldRow:
        """Return the row with the failed tries of the one that it replaces."""
        if before is None or not before.tries:
            return self
        return msgspec.structs.replace(self, since=before.since, next_try=before.next_try, tries=before.tries)

    def tried(self, now: float) -> HeldRow:
        """Return the row after one more try that failed.

        :param now: current time, in seconds since 1970
        """
        tries = self.tries + 1
        next_try = int(now) + pause_after(tries)
        return msgspec.structs.replace(self, since=self.since or int(now), next_try=next_try, tries=tries)


#: Rows that wait, by the id of their table and the FQN of their pipeline.
HeldRows = Mapping[tuple[str, str], HeldRow]
