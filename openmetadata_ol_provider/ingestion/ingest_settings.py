"""Defines the input and the options of the loop that works through a backlog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.ingestion.read_request import ReadRequest

if TYPE_CHECKING:
    from openmetadata_ol_provider.ingestion.asset_events import AssetEvents
    from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
    from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.receipts.receipt import TaskRef
    from openmetadata_ol_provider.state.lanes import Lane


class IngestSettings(NamedTuple):
    """The input and the options of one run of the loop.

    :param topics: names, or regular expressions when they start with ``^``
    :param state_key: Variable with checkpoint and open runs, without the suffix of a lane
    :param lane: the lane whose partitions are read
    :param batch_limits: limits of one batch; ``max_duration`` limits the whole loop
    :param dead_letter_target: destination of malformed messages
    :param run_limits: limits of the remembered runs
    :param read_request: the messages to read; a span of time is read completely, however long it takes
    :param dry_run: ``True`` to report only; nothing is written and nothing moves
    :param full_refresh: ``True`` to compare everything with the catalogue, whatever the ledger holds
    :param metrics: receiver of lag, losses and sizes; default: none
    :param assets: keeper of asset events; default: none are given
    :param receipts: number of runs whose outcome is kept; default: none
    :param task: task instance that works through the backlog
    :param on_topics: receiver of the names of the topics that are read; default: none
    """

    topics: Sequence[str]
    state_key: str
    lane: Lane
    batch_limits: BatchLimits
    dead_letter_target: DeadLetterTarget
    run_limits: Limits
    read_request: ReadRequest = ReadRequest()
    dry_run: bool = False
    full_refresh: bool = False
    metrics: ReadingMetrics | None = None
    assets: AssetEvents | None = None
    receipts: int = 0
    task: TaskRef | None = None
    on_topics: Callable[[set[str]], None] | None = None
