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


def lanes_key(state_key: str) -> str:
    """Return the key of the Variable that holds the numbers of lanes."""
    return bounded_key(f"{state_key}.lanes")


def bounded_key(key: str) -> str:
    """Return a key as it is, or if it is too long its beginning and a digest of the whole."""
    if len(key) <= MAX_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: MAX_KEY - len(digest) - 1]}.{digest}"
