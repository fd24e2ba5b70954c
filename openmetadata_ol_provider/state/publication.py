"""What publications hand on to one another beside the checkpoint, each in an Airflow Variable of its own.

Parking (``<state key>.parked``) must not be lost: it is written before the checkpoint moves, so a crash in between
parks the same things again. The ledger (``<state key>.ledger``) may be lost or deleted: everything is then compared
with the catalogue once. It must not be older than the catalogue, though: what a publication that died has changed, and
its ledger would not tell, could never be changed back. So that a publication has begun is written down before it, and
until one has come to its end the ledger is not believed.
"""

from __future__ import annotations

import logging
import uuid

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver, Usage
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parked, Parking
from openmetadata_ol_provider.state.checkpoint import Checkpoint, bounded_key, delete_state, replace_checkpoint
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

log = logging.getLogger(__name__)

_ITEMS = dict[str, Parked]


def parked_key(state_key: str) -> str:
    """Return the Variable's key for what is parked."""
    return bounded_key(f"{state_key}.parked")


def ledger_key(state_key: str) -> str:
    """Return the Variable's key for the ledger."""
    return bounded_key(f"{state_key}.ledger")


def read_memory(state_key: str, usage: Usage) -> CarryOver:
    """Read what earlier publications left.

    :param usage: of :func:`~openmetadata_ol_provider.state.checkpoint.read_state`
    :raises CheckpointError: if the Variable with what is parked does not hold what this package wrote
    """
    ledger = read_ledger(state_key)
    # Where the state was deleted, runs may be read again, and those that the ledger holds would not be counted.
    known = ledger.doubted() if ledger.begun or not get_variable(state_key) else ledger
    return CarryOver(known, Parking(read_parked(state_key)), dict(usage), interrupted=ledger.begun)


def read_parked(state_key: str) -> dict[str, Parked]:
    """Read what is parked, by key.

    :raises CheckpointError: if the Variable does not hold what this package wrote
    """
    key = parked_key(state_key)
    text = get_variable(key)
    try:
        return unpack(text, _ITEMS) if text else {}
    except ValueError as error:
        raise CheckpointError(
            f"Variable {key!r} does not hold what was parked ({error}). Restore it, or delete it: the lineage that "
            "waits in it then comes with the next runs of its jobs"
        ) from None


def write_parked(state_key: str, parking: Parking) -> None:
    """Write what was parked and released since it was read; what others changed meanwhile stays as they left it."""
    if parking.changes:
        write_all_parked(state_key, parking.changed(read_parked(state_key)))
        parking.changes.clear()


def write_all_parked(state_key: str, items: dict[str, Parked]) -> None:
    """Write what is parked, whatever was parked before."""
    set_variable(parked_key(state_key), pack(items) if items else "", "Lineage that waits to be published")


def begin_publication(state_key: str, memory: CarryOver) -> None:
    """Write down, once, that a publication begins."""
    if not memory.token:
        memory.token = uuid.uuid4().hex
        write_ledger(state_key, memory.ledger.doubted(begun=True, token=memory.token))


def end_publication(state_key: str, memory: CarryOver) -> bool:
    """Write the ledger at the end of publications, if any was begun.

    :return: ``False`` if another task has published meanwhile; then no ledger is believed
    """
    if not memory.token:
        return True
    alone = read_ledger(state_key).token == memory.token
    write_ledger(state_key, memory.ledger if alone else memory.ledger.doubted(begun=True))
    return alone


def write_ledger(state_key: str, ledger: Ledger) -> None:
    """Write the ledger, whoever wrote the one before."""
    set_variable(ledger_key(state_key), pack(ledger), "What was published: may be deleted at any time")


def doubt_ledger(state_key: str) -> None:
    """Have the ledger, whoever wrote it, not be believed: something else was published since."""
    write_ledger(state_key, read_ledger(state_key).doubted(begun=True))


def move_checkpoint(state_key: str, expected: Checkpoint, checkpoint: Checkpoint) -> None:
    """Set the checkpoint anew; what is read again is compared with the catalogue again, whatever the ledger holds.

    :raises CheckpointError: if it does not stand where it is expected
    """
    replace_checkpoint(state_key, expected, checkpoint)
    doubt_ledger(state_key)


def forget(state_key: str) -> None:
    """Delete checkpoint, runs and ledger. What is parked stays: it is still to be published."""
    delete_state(state_key)
    delete_variable(ledger_key(state_key))


def read_ledger(state_key: str) -> Ledger:
    """Read the ledger; one that is damaged is begun anew."""
    text = get_variable(ledger_key(state_key))
    try:
        return unpack(text, Ledger) if text else Ledger()
    except ValueError as error:
        log.warning("the ledger in Variable %r is not readable (%s): it is made anew", ledger_key(state_key), error)
        return Ledger()
