"""Reads and writes everything that is kept under one state key, and notices a second task that publishes with it.

Airflow Variables hold it:

- checkpoint, runs and usage counts (``<state key>``, and the segments that it refers to) move together, after the
  effects of a batch are durable: see :mod:`~openmetadata_ol_provider.state.head_store`;
- the parking lot (``<state key>.parked``) must not be lost: it is written before the checkpoint moves, so a crash in
  between parks the same things again;
- the ledger (``<state key>.ledger``) may be lost at any time: everything is then compared with the catalogue once. But
  it must never be older than the catalogue, or what a publication that died has changed could never be changed back.

So a task claims the state before it publishes: the ledger is marked untrusted and carries the task's token until the
task is done. Variables have no compare-and-set, so a claim cannot keep a second task out; it makes sure that at least
one of two tasks notices the other, by the checkpoint or by the token.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Final

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.segments.change import StateChange, StoredAs
from openmetadata_ol_provider.openlineage.serialization import unpack
from openmetadata_ol_provider.openlineage.variable_text import from_text, pack_json, to_text
from openmetadata_ol_provider.openmetadata.publishing.core.history import History, UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import MATCHING, Ledger, LedgerChanges
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import ParkedItems, packed_changes, packed_json
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking, ParkingChanges
from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
from openmetadata_ol_provider.state.asset_queue import note_rewind
from openmetadata_ol_provider.state.chain import text_digest
from openmetadata_ol_provider.state.head_store import HeadStore
from openmetadata_ol_provider.state.keys import ledger_key, parked_key
from openmetadata_ol_provider.state.shared_variable import change_variable
from openmetadata_ol_provider.version_compat import delete_variable

log = logging.getLogger(__name__)
_PARKED: Final = "Lineage that waits to be published"


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
        # The parked items that this task has read or written last, with the digest of their text.
        self._parked = text_digest(""), ParkedItems({})

    def move_checkpoint(self, expected: Checkpoint, checkpoint: Checkpoint) -> None:
        """Set the checkpoint, and distrust the ledger, so that everything read again is compared with the catalogue.

        :param expected: checkpoint that is expected to be stored
        :raises CheckpointError: if another checkpoint is stored
        """
        # First, because a note of what was not read again after all does no harm.
        note_rewind(self.state_key, expected, checkpoint)
        self.replace_checkpoint(expected, checkpoint)
        self.invalidate_ledger()

    def forget(self) -> None:
        """Delete checkpoint, runs, usage counts and ledger; what is parked still has to be published."""
        self.delete_state()
        delete_variable(ledger_key(self.state_key))

    # -- parking lot ---------------------------------------------------------------------------------------------

    def read_parked(self) -> ParkedItems:
        """Return the parked items by key.

        :raises CheckpointError: if the Variable was not written by this package
        """
        return self._parked_of(self._get(parked_key(self.state_key)) or "")

    def _parked_of(self, text: str) -> ParkedItems:
        fingerprint = text_digest(text)
        if fingerprint != self._parked[0]:
            try:
                items = unpack(text, dict[str, msgspec.Raw]) if text else {}
                self._parked = fingerprint, packed_json(items)
            except (ValueError, msgspec.MsgspecError) as error:
                raise CheckpointError(
                    f"Variable {parked_key(self.state_key)!r} does not contain parked lineage ({error}). Restore it, "
                    "or delete it: its lineage is then published with the next runs of its jobs"
                ) from None
        return self._parked[1]

    def write_parked(self, items: Mapping[str, Parked]) -> None:
        """Write the parked items, whatever was parked before."""
        parked = items if isinstance(items, ParkedItems) else ParkedItems(packed_changes(items))
        self._set(parked_key(self.state_key), self._parked_text(parked), _PARKED)

    def _parked_text(self, parked: ParkedItems) -> str:
        text = pack_json(parked.json_pieces()) if parked else ""
        self._parked = text_digest(text), parked
        return text

    def update_parked(self, changes: ParkingChanges) -> None:
        """Park and release items; what another task changed meanwhile stays as it left it."""
        if changes:
            key = parked_key(self.state_key)
            text = change_variable(
                key, lambda before: self._parked_text(self._parked_of(before).updated(changes)), _PARKED
            )
            self._sizes[key] = len(text)

    def _restore_parked(self, changes: ParkingChanges) -> None:
        """Park and release once more what a slower task has undone, which had read the items before."""
        if changes:
            parked = self.read_parked()
            undone = {key: item for key, item in changes.items() if (key in parked) != (item is not None)}
            self.update_parked(undone)

    # -- ledger --------------------------------------------------------------------------------------------------

    def read_ledger(self) -> Ledger:
        """Return the ledger; an empty one if it is missing or damaged."""
        key = ledger_key(self.state_key)
        text = self._get(key)
        try:
            return from_text(text, Ledger) if text else Ledger()
        except ValueError as error:
            log.warning("the ledger in Variable %r is not readable (%s): an empty one is used instead", key, error)
            return Ledger()

    def write_ledger(self, ledger: Ledger) -> None:
        """Write the ledger, whatever was written before."""
        self._set(ledger_key(self.state_key), to_text(ledger), "What was published: may be deleted at any time")

    def invalidate_ledger(self) -> None:
        """Mark the ledger untrusted, so that everything is compared with the catalogue; ends every claim."""
        self.write_ledger(self.read_ledger().invalidated(begun=True))

    def add_to_ledger(self, changes: LedgerChanges) -> str:
        """Record what a publication outside of the tasks of this state key has written.

        :param changes: changes of the publication
        :return: why the record is missing or may be replaced, for people; empty if it lasts
        """
        ledger = self.read_ledger()
        if ledger.edges and ledger.catalogue != changes.target.catalogue:
            return "the tasks of this state key publish to another catalogue"
        matching = ledger.matching if ledger.edges else MATCHING
        added = ledger.updated(changes._replace(days=ledger.days))
        self.write_ledger(msgspec.structs.replace(added, matching=matching, begun=ledger.begun, token=ledger.token))
        return "a task with this state key is publishing, or was killed" if ledger.begun else ""

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
        self.write_ledger(history.ledger.invalidated(begun=True, token=token))
        return history._replace(token=token)

    def commit(
        self, origin: BatchOrigin, change: StateChange, publication: Publication, history: History
    ) -> StoredAs | None:
        """Store what a publication changed: the parking lot, then the checkpoint with runs, usage counts and held rows.

        The ledger is written once, by :meth:`release`: a crash before that costs only comparisons.

        :param change: what the batch has changed in what is remembered
        :param history: what the publication was given
        :return: the texts that hold what is remembered; ``None`` if the batch has no ranges, so that it was not stored
        :raises CheckpointError: if another task has moved the checkpoint meanwhile
        """
        self.update_parked(publication.parking)
        if not origin.ranges:
            self.write_held(history.held, publication.held)
            return None
        stored_as = self.advance(origin, change, publication.usage, publication.held)
        self._restore_parked(publication.parking)
        return stored_as

    def record(self, history: History) -> None:
        """Write what is in the ledger by now, as long as no other task has claimed the state: it stays untrusted."""
        if self.read_ledger().token == history.token:
            self.write_ledger(history.ledger.invalidated(begun=True, token=history.token))

    def release(self, history: History) -> bool:
        """Write the ledger after the last publication of a task, and end its claim.

        :return: ``False`` if another task has claimed or moved the state meanwhile; the ledger stays untrusted then
        """
        if not history.token:
            return True
        is_alone = self.read_ledger().token == history.token
        self.write_ledger(history.ledger if is_alone else history.ledger.invalidated(begun=True))
        # Afterwards: another task may have claimed the state, published and ended since the token was compared.
        if is_alone and not self.is_as_written:
            self.invalidate_ledger()
            return False
        return is_alone
