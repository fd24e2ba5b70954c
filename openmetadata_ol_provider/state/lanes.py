"""Lanes: tasks that run side by side and share the partitions of all topics, each partition in exactly one lane.

Each lane has a checkpoint, runs, parking lot and ledger of its own, and knows nothing of the others. Events that belong
together have to be in one lane, hence in one partition: OpenLineage's clients ensure that by their message keys.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.kafka.offsets import lane_of
from openmetadata_ol_provider.state.keys import bounded_key

#: How the state key of a lane ends: the number of the lane, and that of lanes.
LANE_KEY = re.compile(r"\.lane-(\d+)-of-(\d+)$")


class Lane(NamedTuple):
    """One of several lanes; by default the only one.

    :param number: number of the lane, counted from 0
    :param lanes: number of lanes
    """

    number: int = 0
    lanes: int = 1

    @property
    def is_alone(self) -> bool:
        """Whether this is the only lane, so that its task reads everything."""
        return self.lanes == 1

    def takes(self, topic: str, partition: int) -> bool:
        """Return whether a partition belongs to this lane; the answer depends only on the number of lanes."""
        return lane_of(topic, partition, self.lanes) == self.number

    def keeps(self, name: str) -> bool:
        """Return whether this lane takes over something without a partition when the number of lanes changes."""
        return zlib.crc32(name.encode()) % self.lanes == self.number

    def key(self, state_key: str) -> str:
        """Return the state key of the lane.

        :param state_key: state key without lanes
        """
        return state_key if self.is_alone else bounded_key(f"{state_key}.lane-{self.number}-of-{self.lanes}")

    def __str__(self) -> str:
        return "the only lane" if self.is_alone else f"lane {self.number} of {self.lanes}"


def as_lane(lane: object, lanes: object) -> Lane:
    """Return the lane that an operator's parameters name; they may be text, rendered by templates.

    :param lane: number from 0 up to, not including, ``lanes``; ``None`` without lanes
    :param lanes: number of lanes
    :raises ConfigError: if there is no such lane
    """
    count = _number("lanes", lanes)
    if count < 1:
        raise ConfigError(f"lanes is {lanes!r}; give 1 or more")
    if lane is None:
        if count > 1:
            raise ConfigError(
                f"lanes is {count} but lane is not given; map the task over all of them: "
                f".partial(..., lanes={count}).expand(lane=list(range({count})))"
            )
        return Lane()
    index = _number("lane", lane)
    if not 0 <= index < count:
        numbers = "0" if count == 1 else f"0 to {count - 1}"
        raise ConfigError(f"lane is {index} but lanes is {count}; give {numbers}, or more lanes")
    return Lane(index, count)


def lane_of_key(state_key: str, owner: str, lanes: int) -> int:
    """Return the number of the lane that a state key belongs to; 0 if it is none's.

    :param owner: state key without the lane
    """
    return next((number for number in range(lanes) if Lane(number, lanes).key(owner) == state_key), 0)


def _number(name: str, value: object) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError  # noqa: TRY301, TRY004 - reported below
        return int(value)
    except ValueError:
        raise ConfigError(f"{name} is {value!r}; give a whole number") from None
