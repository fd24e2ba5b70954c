"""Reads and changes the ledger: a small head with the claim of the task that publishes, and segments with the entries.

A claim, its end and a mark of distrust change the head alone; the entries of a head with a claim are not believed,
whatever they are. At the end of a task, what it has changed is added if the entries are still those that it has read.

No change of another task is undone that makes the ledger untrusted: a head is only replaced if it is still the one that
was read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.variable_text import from_text
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger, LedgerChanges
from openmetadata_ol_provider.state.chain import MAX_TAIL, Chain, SegmentRef
from openmetadata_ol_provider.state.collisions import refuse_state
from openmetadata_ol_provider.state.keys import ledger_key
from openmetadata_ol_provider.state.ledger_text import (
    MOST_CHANGED,
    changed_ledger_text,
    entries_of_texts,
    joined_ledger,
    whole_ledger_text,
)
from openmetadata_ol_provider.state.segment_store import SegmentStore
from openmetadata_ol_provider.state.segmented_variable import SegmentedVariable, StoredHead
from openmetadata_ol_provider.state.versioned import decode_version

log = logging.getLogger(__name__)
#: Version that is written; before it, the ledger was one text.
_VERSION: Final = 2


class LedgerHead(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON of the ledger's Variable; see :class:`Ledger` for what it has of it.

    :param version: version of this format
    :param entries: facts and edges, the latest end of each job, and the stubs that have got columns lately
    :param retired: slots of segments that are no longer needed, but were before the last write
    :param writes: number of writes
    """

    version: int
    catalogue: int = 0
    config: int = 0
    begun: bool = False
    token: str = ""
    matching: int = 0
    days: tuple[int, ...] = ()
    entries: Chain = Chain()
    retired: tuple[int, ...] = ()
    writes: int = 0

    @classmethod
    def of(cls, ledger: Ledger, entries: Chain) -> LedgerHead:
        """Return the head of a ledger whose entries are written."""
        return cls(
            _VERSION,
            ledger.catalogue,
            ledger.config,
            ledger.begun,
            ledger.token,
            ledger.matching,
            ledger.days,
            entries,
        )

    @property
    def segments(self) -> tuple[SegmentRef, ...]:
        """All segments that it refers to."""
        return self.entries.segments


class LedgerStore:
    """The ledger of one state.

    :param state_key: key of the Variable that holds the checkpoint
    """

    def __init__(self, state_key: str) -> None:
        self._key = ledger_key(state_key)
        self._segments = SegmentStore(self._key, "ledger", "delete the ledger, so that everything is compared once")
        self._variable = SegmentedVariable(
            self._key, "What was published: may be deleted at any time", self._decode, self._segments
        )
        # The version of the ledger that this task has read last.
        self._read: tuple[bool, str, str] | None = None
        # The ledger itself, with the fingerprint of its entries, while most of it is as it was read.
        self._base: tuple[str, Ledger] | None = None
        self._changed = 0

    @property
    def size(self) -> int:
        """Characters of the Variables as they were read or written last."""
        return self._variable.size

    def read(self) -> Ledger:
        """Return the ledger; an empty one if it is missing or damaged."""
        return self._or_empty(lambda: self._variable.load(self._ledger_of))

    def write(self, ledger: Ledger) -> None:
        """Write the ledger, whatever was written before."""
        self._variable.change(lambda stored: self._with_entries(stored, ledger), lasting=False)

    def update(self, changed: Callable[[Ledger], Ledger | None]) -> None:
        """Change the ledger as it is stored, so that no claim that comes meanwhile is undone.

        :param changed: function that returns the ledger with the change, ``None`` if there is nothing to change; it is
            called again if another task has written
        """

        def with_change(stored: StoredHead[LedgerHead]) -> LedgerHead | None:
            ledger = changed(self._or_empty(lambda: self._ledger_of(stored.head)))
            return None if ledger is None else self._with_entries(stored, ledger)

        self._variable.change(with_change, lasting=False)

    def claim(self, token: str = "") -> bool:
        """Mark the ledger untrusted, without a look at its entries; ends every other claim.

        :param token: claim of a task; default: none
        :return: ``False`` if another task has changed the ledger since this one has read it
        """
        is_as_read = True

        def claimed(stored: StoredHead[LedgerHead]) -> LedgerHead:
            nonlocal is_as_read
            is_as_read = self._read in {None, _version(stored.head)}
            return self._claimed(stored, token)

        self._variable.change(claimed, lasting=False)
        return is_as_read

    def record(self, ledger: Ledger) -> None:
        """Write an untrusted ledger, as long as no other task has claimed it."""
        stored = self._variable.read()
        if stored.head.token == ledger.token:
            self._variable.replace(stored, self._with_entries(stored, ledger))

    def release(self, ledger: Ledger, token: str) -> bool:
        """Write the ledger after the last publication of a task.

        :param token: claim of the task
        :return: ``False`` if another task has claimed it meanwhile; it stays untrusted then
        """
        stored = self._variable.read()
        if stored.head.token == token and self._variable.replace(stored, self._with_entries(stored, ledger)):
            return True
        self.write(ledger.invalidated(begun=True))
        return False

    def count_changes(self, changes: LedgerChanges) -> None:
        """Note what a batch has changed, so that the ledger as it was read is not held longer than it is of use."""
        self._changed += len(changes.facts) + len(changes.edges)
        if self._base is not None:
            ledger = self._base[1]
            if self._changed > MOST_CHANGED * (len(ledger.facts) + len(ledger.edges)):
                self._base = None

    def empty(self, description: str) -> None:
        """Leave an empty text in place of what is no longer needed.

        :param description: why it is empty, for people
        """
        self._variable.empty(description)

    def delete(self) -> None:
        """Delete the ledger."""
        self._variable.delete()

    def _claimed(self, stored: StoredHead[LedgerHead], token: str) -> LedgerHead:
        entries = stored.head.entries
        if len(entries.tail) > MAX_TAIL:
            # The text of an earlier version becomes a segment as it is.
            entries = self._segments.extend(Chain(), entries.tail, joined_ledger, self._variable.protected(stored))
        return msgspec.structs.replace(stored.head, begun=True, token=token, entries=entries)

    def _with_entries(self, stored: StoredHead[LedgerHead], ledger: Ledger) -> LedgerHead:
        chain, text = stored.head.entries, None
        if self._base is not None and self._base[0] == chain.fingerprint:
            text = changed_ledger_text(self._base[1], ledger)
        if text is None:
            chain, text = Chain(), whole_ledger_text(ledger)
        # The texts take the memory that the ledger as it was read has taken.
        self._base = None
        if text:
            try:
                chain = self._segments.extend(chain, text, joined_ledger, self._variable.protected(stored))
            except (CheckpointError, ValueError):
                # What was read before is damaged now.
                text = whole_ledger_text(ledger)
                chain = self._segments.extend(Chain(), text, joined_ledger, self._variable.protected(stored))
        return LedgerHead.of(ledger, chain)

    def _or_empty(self, read: Callable[[], Ledger]) -> Ledger:
        try:
            return read()
        except (CheckpointError, ValueError) as error:
            self._warn(error)
            return Ledger()

    def _ledger_of(self, head: LedgerHead) -> Ledger:
        self._read = _version(head)
        entries = entries_of_texts(self._segments.texts(head.entries))
        ledger = Ledger(
            head.catalogue,
            head.config,
            entries.facts,
            entries.edges,
            entries.ended,
            head.begun,
            head.token,
            head.matching,
            entries.extended,
            head.days,
        )
        if head.begun:
            # A publication that was killed may have written anything since.
            return ledger.invalidated(begun=True, token=head.token)
        self._base, self._changed = (head.entries.fingerprint, ledger), 0
        return ledger

    def _decode(self, text: str) -> LedgerHead:
        if not text:
            return LedgerHead(_VERSION)
        refuse_state(self._key, text)
        try:
            if not text.startswith("{"):
                return LedgerHead.of(from_text(text, Ledger), Chain((), text))
            return decode_version(text, LedgerHead, _VERSION)
        except ValueError as error:
            self._warn(error)
            return LedgerHead(_VERSION)

    def _warn(self, error: Exception) -> None:
        log.warning("the ledger in Variable %r is not readable (%s): an empty one is used instead", self._key, error)


def _version(head: LedgerHead) -> tuple[bool, str, str]:
    """Return what differs between ledgers of which one says more, or something else, than the other."""
    return head.begun, head.token, head.entries.fingerprint
