"""Reads and writes everything that is kept under one state key, and notices a second task that publishes with it.

Airflow Variables hold it:

- checkpoint, runs and usage counts (``<state key>``, and the segments that it refers to) move together, after the
  effects of a batch are durable: see :mod:`~openmetadata_ol_provider.state.head_store`;
- the parking lot (``<state key>.parked``, and its segments) must not be lost: it is written before the checkpoint
  moves, so a crash in between parks the same things again;
- the ledger (``<state key>.ledger``, and its segments) may be lost at any time: everything is then compared with the
  catalogue once. But it must never be older than the catalogue, or what a publication that died has changed could never
  be changed back.

So a task claims the state before it publishes: the ledger is marked untrusted and carries the task's token until the
task is done. Variables have no compare-and-set, so a claim cannot keep a second task out; it makes sure that at least
one of two tasks notices the other, by the checkpoint or by the token.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping

import msgspec

from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.segments.change import StateChange, StoredAs
from openmetadata_ol_provider.openmetadata.publishing.core.history import History, UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import MATCHING, EdgeFact, Ledger, LedgerChanges
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import ParkedItems
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking, ParkingChanges
from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
from openmetadata_ol_provider.state.asset_queue import note_rewind
from openmetadata_ol_provider.state.head_store import TAKEN_OVER, HeadStore
from openmetadata_ol_provider.state.ledger_store import LedgerStore
from openmetadata_ol_provider.state.parking_store import ParkingStore


def apply(history: History, publication: Publication) -> History:
    """Return the history after a publication; nothing is stored."""
    return history._replace(
        ledger=history.ledger.updated(publication.ledger),
        parking=history.parking.updated(publication.parking),
        usage=publication.usage,
        held=publication.held,
    )


class StateStore(HeadStore):
    """The state under one key.

    :param state_key: key of the Variable that holds the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        super().__init__(state_key)
        self._parking = ParkingStore(state_key)
        self._ledger = LedgerStore(state_key)

    @property
    def size(self) -> int:
        """Size of the Variables that were read or written, in bytes (they are ASCII)."""
        return super().size + self._parking.size + self._ledger.size

    def move_checkpoint(self, expected: Checkpoint, checkpoint: Checkpoint, confirmed: Collection[str] = ()) -> None:
        """Set the checkpoint, and distrust the ledger, so that everything read again is compared with the catalogue.

        :param expected: checkpoint that is expected to be stored
        :param confirmed: topics whose positions somebody has set, even if they are as before; default: none
        :raises CheckpointError: if another checkpoint is stored
        """
        # First, because a note of what was not read again after all does no harm.
        note_rewind(self.state_key, expected, checkpoint)
        self.replace_checkpoint(expected, checkpoint, confirmed)
        self.invalidate_ledger()

    def forget(self) -> None:
        """Delete checkpoint, runs, usage counts and ledger; what is parked still has to be published."""
        self.delete_state()
        self._ledger.delete()

    # -- parking lot ---------------------------------------------------------------------------------------------

    def read_parked(self) -> ParkedItems:
        """Return the parked items by key.

        :raises CheckpointError: if the Variable was not written by this package
        """
        return self._parking.read()

    def write_parked(self, items: Mapping[str, Parked]) -> None:
        """Write the parked items, whatever was parked before."""
        self._parking.write(items)

    def update_parked(self, changes: ParkingChanges) -> None:
        """Park and release items; what another task changed meanwhile stays as it left it."""
        self._parking.update(changes)

    def with_parked(self, history: History) -> History:
        """Return a history without the parked items that were dropped, or published, since it was read."""
        return history._replace(parking=Parking(self.read_parked())) if history.parking.items else history

    def _without_dropped(self, changes: ParkingChanges, before: ParkedItems) -> ParkingChanges:
        """Return the changes of a publication without items that were dropped, or published, while it tried them again.

        :param before: items that were parked before the publication
        """
        again = {key for key, item in changes.items() if item is not None and key in before}
        dropped = again.difference(self.read_parked()) if again else again
        return {key: item for key, item in changes.items() if key not in dropped}

    def _restore_parked(self, changes: ParkingChanges, before: ParkedItems) -> None:
        """Park and release once more what a slower task has undone, which had read the items before.

        :param before: items that were parked before the batch: if one of them is missing, it was dropped
        """
        if changes:
            parked = self.read_parked()
            undone = {
                key: item
                for key, item in changes.items()
                if (key in parked if item is None else key not in parked and key not in before)
            }
            self.update_parked(undone)

    def empty(self) -> None:
        """Leave empty texts in place of state, parking lot and ledger, whose contents other lanes have taken over."""
        self._head.empty(TAKEN_OVER)
        self._parking.empty(TAKEN_OVER)
        self._ledger.empty(TAKEN_OVER)

    # -- ledger --------------------------------------------------------------------------------------------------

    def read_ledger(self) -> Ledger:
        """Return the ledger; an empty one if it is missing or damaged."""
        return self._ledger.read()

    def write_ledger(self, ledger: Ledger) -> None:
        """Write the ledger, whatever was written before."""
        self._ledger.write(ledger)

    def invalidate_ledger(self) -> None:
        """Mark the ledger untrusted, so that everything is compared with the catalogue; ends every claim."""
        self._ledger.claim()

    def add_to_ledger(self, changes: LedgerChanges) -> str:
        """Record what a publication outside of the tasks of this state key has written.

        A task that is publishing meanwhile does not know of it; its claim ends, so that its ledger is not trusted.

        :param changes: changes of the publication
        :return: why the record is missing or may be replaced, for people; empty if it lasts
        """
        reason = ""

        def added(ledger: Ledger) -> Ledger | None:
            nonlocal reason
            if ledger.edges and ledger.catalogue != changes.target.catalogue:
                reason = "the tasks of this state key publish to another catalogue"
                return None
            reason = "a task with this state key is publishing, or was killed" if ledger.begun else ""
            matching = ledger.matching if ledger.edges else MATCHING
            after = ledger.updated(changes._replace(days=ledger.days))
            return msgspec.structs.replace(after, matching=matching, begun=ledger.begun, token="")

        self._ledger.update(added)
        return reason

    def forget_edges(self, left: Callable[[Ledger], dict[int, EdgeFact]]) -> None:
        """Take edges out of the ledger that were removed from the catalogue.

        A task that is publishing meanwhile has read them before; its claim ends, so that it does not call them current.

        :param left: function that returns the edges of a ledger that are left
        """

        def without(ledger: Ledger) -> Ledger | None:
            edges = left(ledger)
            return None if len(edges) == len(ledger.edges) else msgspec.structs.replace(ledger, edges=edges, token="")

        self._ledger.update(without)

    # -- publications --------------------------------------------------------------------------------------------

    def read_history(self, usage: UsageCounts | None = None) -> History:
        """Return what earlier publications left behind.

        :param usage: usage counts of the state, if it was read already
        :raises CheckpointError: if a Variable was not written by this package
        """
        head = self.read_head()
        if usage is None:
            usage = self.read_usage()
        ledger = self.read_ledger()
        # If the state was deleted, runs may be read again; those that the ledger calls current would not be counted.
        trusted = head is not None and not ledger.begun
        return History(
            ledger if trusted else ledger.invalidated(),
            Parking(self.read_parked()),
            usage,
            interrupted=ledger.begun,
            held=self.read_held(),
        )

    def claim(self, history: History) -> History:
        """Note, once for each task, that a publication begins: until it is released the ledger is not trusted."""
        if history.token:
            return history
        token = uuid.uuid4().hex
        if self._ledger.claim(token):
            return history._replace(token=token)
        # Another task has published since: what this one has read may be older than the catalogue.
        return history._replace(ledger=self.read_ledger().invalidated(), interrupted=True, token=token)

    def commit(
        self,
        origin: BatchOrigin,
        change: StateChange,
        publication: Publication,
        history: History,
        *,
        more: bool = False,
    ) -> StoredAs | None:
        """Store what a publication changed: the parking lot, then the checkpoint with runs, usage counts and held rows.

        The ledger is written once, by :meth:`release`: a crash before that costs only comparisons.

        :param change: what the batch has changed in what is remembered
        :param history: what the publication was given
        :param more: ``True`` if the task goes on to commit batches
        :return: the texts that hold what is remembered; ``None`` if the batch has no ranges, so that it was not stored
        :raises CheckpointError: if another task has moved the checkpoint meanwhile
        """
        parking = self._without_dropped(publication.parking, history.parking.items)
        self.update_parked(parking)
        if not origin.ranges:
            self.write_held(history.held, publication.held)
            return None
        stored_as = self.advance(origin, change, publication.usage, publication.held, more=more)
        self._restore_parked(parking, history.parking.items)
        self._ledger.count_changes(publication.ledger)
        return stored_as

    def record(self, history: History) -> None:
        """Write what is in the ledger by now, as long as no other task has claimed the state: it stays untrusted."""
        self._ledger.record(history.ledger.invalidated(begun=True, token=history.token))

    def release(self, history: History) -> bool:
        """Write the ledger after the last publication of a task, and end its claim.

        :return: ``False`` if another task has claimed or moved the state meanwhile; the ledger stays untrusted then
        """
        if not history.token:
            return True
        is_alone = self._ledger.release(history.ledger, history.token)
        # Afterwards: another task may have claimed the state, published and ended since the token was compared.
        if is_alone and not self.is_as_written:
            self.invalidate_ledger()
            return False
        return is_alone
