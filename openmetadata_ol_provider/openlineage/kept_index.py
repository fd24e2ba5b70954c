"""Keeps the index of a state's runs from one batch of a task to the next."""

from __future__ import annotations

from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import RunState

#: Attribute of a state under which its index is kept.
_INDEX = "_index"


def take_index(state: RunState) -> RunIndex:
    """Return the index of a state's runs: the one that the batch before has kept, once, else a new one.

    :param state: state whose runs the caller is going to change in the index
    """
    index: RunIndex | None = vars(state).pop(_INDEX, None)
    if index is None or index.follows is not state.runs:
        return RunIndex(state.runs)
    index.follows = None
    return index


def keep_index(state: RunState, index: RunIndex) -> None:
    """Keep an index with the state whose runs it has, for the next batch of the task; it is not part of its value."""
    index.parts.release()
    index.forgotten = {}
    index.follows = state.runs
    vars(state)[_INDEX] = index
