"""The states of lanes, and what becomes of them when partitions are divided into another number of lanes.

Each division is a generation. The Variable ``<state key>.lanes`` holds the numbers of lanes, one for each generation,
and a state says of which it is. A lane that has none of the present generation takes over, before it reads, what those
of the generation before have left (and where one of these never began, of the one before that): for each of its
partitions the furthest checkpoint; all runs, since nobody knows in which partition one goes on (the lanes in which it
does not, forget it in silence); its share of what is parked; and the ledgers. Once all lanes have done so, the old
states are emptied, so that a task of before that is cleared is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import Usage
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.state.checkpoint import (
    Checkpoint,
    StoredState,
    bounded_key,
    read_head,
    read_state,
    write_generation,
    write_whole,
)
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.publication import (
    ledger_key,
    parked_key,
    read_ledger,
    read_parked,
    write_all_parked,
    write_ledger,
)
from openmetadata_ol_provider.version_compat import get_variable, set_variable

log = logging.getLogger(__name__)


class LaneHistory(msgspec.Struct, frozen=True):
    """The numbers of lanes there were, until the states of the one before are no longer needed.

    :param first: generation of the first of them
    :param counts: one for each generation
    """

    first: int = 0
    counts: tuple[int, ...] = (1,)

    @property
    def generation(self) -> int:
        """The present one."""
        return self.first + len(self.counts) - 1

    def lanes(self, generation: int) -> list[Lane]:
        """Return the lanes of a generation."""
        count = self.counts[generation - self.first]
        return [Lane(index, count) for index in range(count)]

    def followed_by(self, count: int) -> LaneHistory:
        """Return the divisions with a new one, if there are other lanes than before."""
        return self if self.counts[-1] == count else LaneHistory(self.first, (*self.counts, count))


class _Source(NamedTuple):
    """A state to take over from.

    :param key: its Variable
    :param through: the lanes that something has to belong to: the lane in question first, that of the state last
    """

    key: str
    through: tuple[Lane, ...]
    checkpoint: Checkpoint

    def takes(self, topic: str, partition: int) -> bool:
        return all(lane.takes(topic, partition) for lane in self.through)

    def keeps(self, name: str) -> bool:
        # What is parked there is there; only those that took over since have divided it by name.
        return all(lane.keeps(name) for lane in self.through[:-1])


def lanes_key(state_key: str) -> str:
    """Return the Variable's key for the divisions into lanes."""
    return bounded_key(f"{state_key}.lanes")


def ensure_lane_state(state_key: str, lane: Lane) -> str:
    """Return the key of a lane's state, having taken over what the lane's partitions had before, if anything.

    :param state_key: of the state without lanes
    :raises CheckpointError: if a Variable does not hold what this package wrote
    """
    own = lane.key(state_key)
    head = read_head(own)
    if lane.is_alone and head is not None and head.generation is None:
        # There never were any lanes, or somebody has set this by hand.
        return own
    before = _read_divisions(state_key)
    divisions = before.followed_by(lane.lanes)
    if divisions != before:
        _begin(state_key, before, divisions)
    if head is None or head.generation not in {None, divisions.generation}:
        if len(divisions.counts) == 1:
            return own
        _take_over(state_key, lane, divisions)
    if len(divisions.counts) > 1:
        _retire(state_key, divisions)
    return own


def read_lane(state_key: str, lane: Lane) -> StoredState:
    """Return the state that a lane goes on with, as :func:`prepare` would make it; nothing is written."""
    sources = _sources(state_key, lane, _read_divisions(state_key).followed_by(lane.lanes))
    return _united(sources, lane)


def read_checkpoints(state_key: str, lanes: int) -> Checkpoint:
    """Return where all lanes together stand; nothing is written."""
    head = read_head(state_key) if lanes == 1 else None
    if head is not None and head.generation is None:
        return head.checkpoint
    divisions = _read_divisions(state_key).followed_by(lanes)
    sources = [
        source for lane in divisions.lanes(divisions.generation) for source in _sources(state_key, lane, divisions)
    ]
    return _furthest(sources)


# -- changes -----------------------------------------------------------------------------------------------------


def _begin(state_key: str, before: LaneHistory, divisions: LaneHistory) -> None:
    """Begin a generation; several lanes may do so at the same time, each the same."""
    for lane in before.lanes(before.generation):
        head = read_head(lane.key(state_key))
        if head is not None and head.generation is None:
            # From now on it is no longer the present one.
            write_generation(lane.key(state_key), before.generation)
    log.info("%s: %d lanes follow %d", state_key, divisions.counts[-1], before.counts[-1])
    _write_divisions(state_key, divisions)


def _take_over(state_key: str, lane: Lane, divisions: LaneHistory) -> None:
    """Write the lane's state last: until then it is not there, and all of this is done again."""
    own = lane.key(state_key)
    sources = list(_sources(state_key, lane, divisions))
    state = _united(sources, lane)
    parked = {key: item for source in sources for key, item in read_parked(source.key).items() if source.keeps(key)}
    write_all_parked(own, parked)
    write_ledger(own, _ledger(read_ledger(source.key) for source in sources))
    write_whole(own, state, divisions.generation)
    log.info(
        "%s takes over from %s: %d partitions, %d runs, %d parked",
        lane,
        ", ".join(source.key for source in sources) or "nobody",
        sum(map(len, state.checkpoint.values())),
        len(state.runs.runs),
        len(parked),
    )


def _retire(state_key: str, divisions: LaneHistory) -> None:
    """Empty the states of before, once every lane has its own."""
    present = [lane.key(state_key) for lane in divisions.lanes(divisions.generation)]
    heads = [read_head(key) for key in present]
    if any(head is None or head.generation not in {None, divisions.generation} for head in heads):
        return
    old = {
        lane.key(state_key)
        for generation in range(divisions.first, divisions.generation)
        for lane in divisions.lanes(generation)
    }
    for key in sorted(old.difference(present)):
        for name in (key, parked_key(key), ledger_key(key)):
            if get_variable(name):
                set_variable(name, "", "Not needed any more: its contents were taken over by other lanes")
    _write_divisions(state_key, LaneHistory(divisions.generation, divisions.counts[-1:]))


# -- what is taken over ------------------------------------------------------------------------------------------


def _sources(
    state_key: str, lane: Lane, divisions: LaneHistory, generation: int | None = None, through: tuple[Lane, ...] = ()
) -> Iterator[_Source]:
    """Yield the states from which a lane of a generation has what it has: its own if it has begun."""
    generation = divisions.generation if generation is None else generation
    through = (*through, lane)
    head = read_head(lane.key(state_key))
    if head is not None and head.generation in {None, generation}:
        yield _Source(lane.key(state_key), through, head.checkpoint)
    elif generation > divisions.first:
        for earlier in divisions.lanes(generation - 1):
            yield from _sources(state_key, earlier, divisions, generation - 1, through)


def _united(sources: Iterable[_Source], lane: Lane) -> StoredState:
    sources = list(sources)
    stored = [read_state(source.key) for source in sources]
    runs = merge_run_states(state.runs for state in stored)
    if all(len(source.through) > 1 for source in sources):
        marked = {
            key: msgspec.structs.replace(run, from_previous_lanes=not lane.is_alone) for key, run in runs.runs.items()
        }
        runs = msgspec.structs.replace(runs, runs=marked)
    usage: Usage = {}
    for state in stored:
        for key, count in state.usage.items():
            # Lanes that had a total from the same predecessor have counted on from it.
            usage[key] = max(count, usage.get(key, 0))
    return StoredState(_furthest(sources), runs, usage)


def _furthest(sources: Iterable[_Source]) -> Checkpoint:
    checkpoint: Checkpoint = {}
    for source in sources:
        for topic, partitions in source.checkpoint.items():
            for partition, offset in partitions.items():
                if source.takes(topic, int(partition)):
                    known = checkpoint.setdefault(topic, {})
                    known[partition] = max(offset, known.get(partition, 0))
    return checkpoint


def _ledger(ledgers: Iterable[Ledger]) -> Ledger:
    """Return what several ledgers hold; one for another catalogue or configuration than the largest counts nothing."""
    ledgers = list(ledgers)
    by_size = sorted(ledgers, key=lambda ledger: len(ledger.facts) + len(ledger.edges))
    united = by_size.pop() if by_size else Ledger()
    for ledger in by_size:
        if (ledger.catalogue, ledger.config) == (united.catalogue, united.config):
            united = Ledger(
                united.catalogue,
                united.config,
                facts={**ledger.facts, **united.facts},
                edges={**ledger.edges, **united.edges},
                ended={**ledger.ended, **united.ended},
            )
    # What a publication that died has changed, none of them tells.
    return united.doubted(begun=True) if any(ledger.begun for ledger in ledgers) else united


# -- the Variable ------------------------------------------------------------------------------------------------


def _read_divisions(state_key: str) -> LaneHistory:
    key = lanes_key(state_key)
    text = get_variable(key)
    if not text:
        return LaneHistory()
    try:
        divisions = msgspec.json.decode(text, type=LaneHistory)
        if not divisions.counts or min(divisions.counts) < 1:
            raise ValueError(f"counts are {divisions.counts}")  # noqa: TRY301 - told below
    except ValueError as error:
        raise CheckpointError(
            f"Variable {key!r} does not say how partitions were divided into lanes ({error}). Restore it, or set it to "
            '{"first": 0, "counts": [N]}, N the number of lanes by which the states are there'
        ) from None
    return divisions


def _write_divisions(state_key: str, divisions: LaneHistory) -> None:
    text = msgspec.json.encode(divisions).decode()
    set_variable(lanes_key(state_key), text, "Lanes of openmetadata-ol-provider: do not edit by hand")
