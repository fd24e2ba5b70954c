"""Stores the numbers of lanes that a state was divided into, one after the other."""

from __future__ import annotations

from typing import Final

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.serialization import decode_json
from openmetadata_ol_provider.state.collisions import refuse_state
from openmetadata_ol_provider.state.keys import lanes_key
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.version_compat import get_variable, set_variable

_REMEDY: Final = (
    'restore it, or set it to {"first": G, "counts": [N]}, where N is the number of lanes that have states now, and G '
    "the generation in the Variables of these (0: there is none)"
)


class LaneHistory(msgspec.Struct, frozen=True):
    """The numbers of lanes so far, as long as states of earlier generations are needed.

    :param first: the first generation in ``counts``
    :param counts: number of lanes of each generation
    """

    first: int = 0
    counts: tuple[int, ...] = (1,)

    @property
    def generation(self) -> int:
        """The present generation."""
        return self.first + len(self.counts) - 1

    def lanes(self, generation: int) -> list[Lane]:
        """Return the lanes of a generation."""
        count = self.counts[generation - self.first]
        return [Lane(index, count) for index in range(count)]

    def followed_by(self, count: int) -> LaneHistory:
        """Return the history with one more generation, if the number of lanes differs from the last."""
        return self if self.counts[-1] == count else LaneHistory(self.first, (*self.counts, count))


def read_lane_history(state_key: str) -> LaneHistory:
    """Return the stored history; without one, there were no lanes.

    :raises CheckpointError: if the Variable was not written by this package
    """
    key = lanes_key(state_key)
    text = get_variable(key)
    if not text:
        return LaneHistory()
    refuse_state(key, text)
    try:
        lane_history = decode_json(text, LaneHistory)
        if not lane_history.counts or min(lane_history.counts) < 1:
            raise ValueError(f"counts are {lane_history.counts}")  # noqa: TRY301 - reported below
    except ValueError as error:
        raise CheckpointError(
            f"Variable {key!r} does not say how partitions were divided into lanes ({error}): {_REMEDY}"
        ) from None
    return lane_history


def write_lane_history(state_key: str, lane_history: LaneHistory) -> None:
    """Store a history, whatever was stored before."""
    text = msgspec.json.encode(lane_history).decode()
    set_variable(lanes_key(state_key), text, "Lanes of openmetadata-ol-provider: do not edit by hand")


def require_known(state_key: str, lane_history: LaneHistory, generation: int | None) -> None:
    """Check that a history has the generation of a state, which would be forgotten otherwise.

    :param generation: generation of the state
    :raises CheckpointError: if the history is older
    """
    if generation is not None and generation > lane_history.generation:
        raise CheckpointError(
            f"Variable {lanes_key(state_key)!r} is missing or older than the states of its lanes. Nothing was changed. "
            f"Airflow may have failed to read it, so run the DAG again; if this happens again, {_REMEDY}"
        )
