"""Names the states that exist, when a command was asked for one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.sanitize import printable

if TYPE_CHECKING:
    from openmetadata_ol_provider.state.store import StateStore


def other_states(state_key: str, stores: Sequence[StateStore]) -> str:
    """Return the continuation of a sentence that names the other states of this Airflow.

    :param state_key: state key that was asked for
    :param stores: the states of its lanes
    :return: empty if one of them exists
    """
    if any(store.read_head() is not None for store in stores):
        return ""
    from openmetadata_ol_provider.state.stored_keys import StoredKey, stored_state_keys

    asked_for = StoredKey(state_key, len(stores))
    others = [printable(str(key)) for key in stored_state_keys() if key != asked_for]
    if not others:
        return "; no task has stored a state in this Airflow yet"
    remedy = "name one with --state-key, or with --dag-id and --topics"
    return f"; the tasks of this Airflow have stored {listed(others)}: {remedy}"
