"""The deliveries of one reading DAG as one value, whatever the number of its lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.problems import Rule
from openmetadata_ol_provider.receipts.document import ReceiptsDocument
from openmetadata_ol_provider.receipts.lag import merge_lags
from openmetadata_ol_provider.receipts.receipt import BatchReceipt, Lag, LetterNote, Receipt
from openmetadata_ol_provider.receipts.record import DeliveryRecord
from openmetadata_ol_provider.receipts.search import by_number


class LaneRecord(NamedTuple):
    """The receipts under one state key.

    :param state_key: state key of the lane
    :param owner: state key without the lane
    :param lag: what waited, as measured last
    :param problem: why the receipts cannot be read; empty if they can
    """

    state_key: str
    owner: str
    lanes: int
    lag: Lag | None
    record: DeliveryRecord
    problem: str = ""

    @classmethod
    def of(cls, document: ReceiptsDocument) -> LaneRecord:
        """Return the receipts of a document."""
        try:
            record, problem = document.unpacked(), ""
        except ValueError as error:
            record, problem = DeliveryRecord(), str(error)
        owner = document.owner or document.state_key
        return cls(document.state_key, owner, document.lanes, document.lag, record, problem)


class PublishedRun(NamedTuple):
    """A receipt, the batch that published it, and the address of OpenMetadata's web interface."""

    receipt: Receipt
    batch: BatchReceipt | None
    site: str = ""


class Deliveries(NamedTuple):
    """All that is known under one state key and its lanes.

    :param owner: state key without lanes
    :param lanes: lanes that have receipts or measurements; the state key itself among them, if only the sensor wrote
    """

    owner: str
    lanes: Sequence[LaneRecord]

    @property
    def lag(self) -> Lag | None:
        """What waits in all topics."""
        whole = next((lane.lag for lane in self.lanes if lane.state_key == self.owner and lane.lanes > 1), None)
        return merge_lags((lane.lag for lane in self.lanes if lane.lanes == 1 or lane.state_key != self.owner), whole)

    @property
    def runs(self) -> list[PublishedRun]:
        """Receipts of runs, the one that changed last first."""
        runs: list[PublishedRun] = []
        for lane in self.lanes:
            batches = by_number(lane.record.batches)
            # The later of two that changed in the same second comes later in the record.
            runs += [
                PublishedRun(receipt, batches.get(receipt.batch), lane.record.site)
                for receipt in reversed(lane.record.receipts)
            ]
        return sorted(runs, key=lambda run: -run.receipt.at)

    @property
    def batches(self) -> list[tuple[str, BatchReceipt]]:
        """State keys and batches, the latest first."""
        batches = [(lane.state_key, batch) for lane in self.lanes for batch in reversed(lane.record.batches)]
        return sorted(batches, key=lambda item: -item[1].at)

    @property
    def letters(self) -> list[LetterNote]:
        """Dead letters, the latest first."""
        letters = [letter for lane in self.lanes for letter in reversed(lane.record.letters)]
        return sorted(letters, key=lambda letter: -letter.at)

    @property
    def since(self) -> int:
        """Time from which on all published runs have a receipt, in seconds since 1970; 0 if nothing was published."""
        return max((lane.record.since for lane in self.lanes), default=0)

    @property
    def datasets(self) -> dict[str, dict[str, str]]:
        """Latest outcome of each dataset, by namespace and name."""
        merged: dict[str, dict[str, str]] = {}
        for lane in self.lanes:
            for namespace, note in lane.record.namespaces.items():
                merged.setdefault(namespace, {}).update(note.datasets)
        return merged

    @property
    def columns(self) -> dict[int, tuple[tuple[str, str], ...]]:
        """Column lineage of the edges that were written last, by ledger key: pairs of column names."""
        return {key: item.pairs for lane in self.lanes for item in lane.record.columns for key in item.keys}

    @property
    def site(self) -> str:
        """Address of OpenMetadata's web interface; empty if no lane has published anything."""
        return next((lane.record.site for lane in self.lanes if lane.record.site), "")

    def rules(self, namespace: str) -> list[Rule]:
        """Return the configuration that would settle what is not resolved in a namespace."""
        notes = [lane.record.namespaces.get(namespace) for lane in self.lanes]
        return list(dict.fromkeys(rule for note in notes if note for rule in note.rules))


def group_lanes(records: Iterable[LaneRecord]) -> list[Deliveries]:
    """Return the deliveries of all state keys, the one that published last first."""
    by_owner: dict[str, list[LaneRecord]] = {}
    for record in records:
        by_owner.setdefault(record.owner, []).append(record)
    grouped = [Deliveries(owner, _present(lanes)) for owner, lanes in by_owner.items()]
    return sorted(grouped, key=lambda deliveries: (-_last_at(deliveries), deliveries.owner))


def _present(lanes: list[LaneRecord]) -> list[LaneRecord]:
    """Return the lanes of the present number of lanes: the latest to have written tells how many there are."""
    latest = max(lanes, key=_written_at)
    return sorted((lane for lane in lanes if lane.lanes == latest.lanes), key=lambda lane: lane.state_key)


def _written_at(lane: LaneRecord) -> int:
    batch = lane.record.batches[-1].at if lane.record.batches else 0
    return max(batch, lane.lag.at if lane.lag else 0)


def _last_at(deliveries: Deliveries) -> int:
    return max((_written_at(lane) for lane in deliveries.lanes), default=0)
