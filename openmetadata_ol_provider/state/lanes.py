"""Lanes: the partitions of all topics dealt out to tasks that run side by side, each partition to exactly one.

Each lane has a checkpoint, runs, parking and ledger of its own, and knows nothing of the others. What belongs together
has to be in one lane, so in one partition: OpenLineage's clients see to it by their message keys.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.kafka.offsets import lane_of
from openmetadata_ol_provider.state.checkpoint import bounded_key


class Lane(NamedTuple):
    """One of a number of lanes; without lanes, the only one.

    :param number: from 0
    :param lanes: how many there are
    """

    number: int = 0
    lanes: int = 1

    @property
    def is_alone(self) -> bool:
        """Whether there are no lanes: this task reads everything."""
        return self.lanes == 1

    def takes(self, topic: str, partition: int) -> bool:
        """Tell whether a partition is this lane's: the same for as long as there are so many lanes."""
        return lane_of(topic, partition, self.lanes) == self.number

    def keeps(self, name: str) -> bool:
        """Tell whether something that is in no partition is this lane's to keep when lanes are divided anew."""
        return zlib.crc32(name.encode()) % self.lanes == self.number

    def key(self, state_key: str) -> str:
        """Return the Variable's key for the lane's state.

        :param state_key: of the state without lanes
        """
        return state_key if self.is_alone else bounded_key(f"{state_key}.lane-{self.number}-of-{self.lanes}")

    def __str__(self) -> str:
        return "the only lane" if self.is_alone else f"lane {self.number} of {self.lanes}"


def as_lane(lane: object, lanes: object) -> Lane:
    """Return the lane that an operator's parameters name; they may be texts, made by templates.

    :param lane: 0 up to, not including, ``lanes``; ``None`` where there are no lanes
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
        raise ConfigError(f"lane is {index} but lanes is {count}; give 0 to {count - 1}, or more lanes")
    return Lane(index, count)


def _number(name: str, value: object) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError  # noqa: TRY301, TRY004 - told below
        return int(value)
    except ValueError:
        raise ConfigError(f"{name} is {value!r}; give a whole number") from None
