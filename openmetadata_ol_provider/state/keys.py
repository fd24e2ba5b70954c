"""Keys of the Airflow Variables that hold the state."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

#: Airflow's limit on the length of a Variable's key, in characters.
MAX_KEY = 250


def default_state_key(dag_id: str, topics: Sequence[str]) -> str:
    """Return the state key for the tasks of one DAG that read the same topics."""
    return bounded_key(f"openmetadata_ol.{dag_id}.{'+'.join(sorted(set(topics)))}")


def parked_key(state_key: str) -> str:
    """Return the key of the Variable that holds the parking lot."""
    return bounded_key(f"{state_key}.parked")


def ledger_key(state_key: str) -> str:
    """Return the key of the Variable that holds the ledger."""
    return bounded_key(f"{state_key}.ledger")


def segment_key(state_key: str, slot: int) -> str:
    """Return the key of the Variable that holds a segment of the state.

    :param slot: number of the segment's place, from 0
    """
    return bounded_key(f"{state_key}.s{slot:02}")


def assets_key(state_key: str) -> str:
    """Return the key of the Variable that holds the asset events that are not known to be given."""
    return bounded_key(f"{state_key}.assets")


def receipts_key(state_key: str) -> str:
    """Return the key of the Variable that holds the receipts."""
    return bounded_key(f"{state_key}.receipts")


def lanes_key(state_key: str) -> str:
    """Return the key of the Variable that holds the numbers of lanes."""
    return bounded_key(f"{state_key}.lanes")


def bounded_key(key: str) -> str:
    """Return a key as it is, or if it is too long its beginning and a digest of the whole."""
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: MAX_KEY - len(digest) - 1]}.{digest}"
