"""What publications hand on to one another beside the checkpoint, each in an Airflow Variable of its own.

Parking (``<state key>.parked``) must not be lost: it is written before the checkpoint moves, so a crash in between
parks the same things again. The ledger (``<state key>.ledger``) may be lost or deleted: everything is then compared
with the catalogue once.
"""

from __future__ import annotations

import logging

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.packing import pack, unpack
from openmetadata_ol_provider.openmetadata.publication.ledger import Ledger
from openmetadata_ol_provider.openmetadata.publication.memory import Memory, Usage
from openmetadata_ol_provider.openmetadata.publication.parking import Parked, Parking
from openmetadata_ol_provider.version_compat import get_variable, set_variable

log = logging.getLogger(__name__)

_ITEMS = dict[str, Parked]


def parked_key(state_key: str) -> str:
    """Return the Variable's key for what is parked."""
    return f"{state_key}.parked"


def ledger_key(state_key: str) -> str:
    """Return the Variable's key for the ledger."""
    return f"{state_key}.ledger"


def read_memory(state_key: str, usage: Usage) -> Memory:
    """Read what earlier publications left.

    :param usage: of :func:`~openmetadata_ol_provider.state.read_state`
    :raises CheckpointError: if the Variable with what is parked does not hold what this package wrote
    """
    return Memory(read_ledger(state_key), Parking(read_parked(state_key)), dict(usage))


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


def write_ledger(state_key: str, ledger: Ledger) -> None:
    """Write the ledger."""
    set_variable(ledger_key(state_key), pack(ledger), "What was published: may be deleted at any time")


def read_ledger(state_key: str) -> Ledger:
    """Read the ledger; one that is damaged is begun anew."""
    text = get_variable(ledger_key(state_key))
    try:
        return unpack(text, Ledger) if text else Ledger()
    except ValueError as error:
        log.warning("the ledger in Variable %r is not readable (%s): it is made anew", ledger_key(state_key), error)
        return Ledger()
