"""Hands state over when the number of lanes changes.

Each number of lanes is a generation. The Variable ``<state key>.lanes`` holds the numbers of lanes, one for each
generation, and a state records the generation that it belongs to. A lane without a state of the present generation
takes over, before it reads, what the previous generation has left (or, where one of its lanes never began, the
generation before that): the furthest checkpoint of each of its partitions; all runs, because it is unknown in which
partition one goes on (the lanes in which it does not, forget it in silence); its share of the parking lot, of the
asset events and of what waits to be written; and the ledgers. Once all lanes have done so, the old states are emptied,
so that an old task that is cleared is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.state.asset_queue import AssetQueue, merge_queues, read_queue, share_of, write_queue
from openmetadata_ol_provider.state.collisions import is_state
from openmetadata_ol_provider.state.document import StoredState, agreed_topic_ids, is_of_generation
from openmetadata_ol_provider.state.head_store import TAKEN_OVER
from openmetadata_ol_provider.state.held_merge import merge_held
from openmetadata_ol_provider.state.keys import assets_key, receipts_key
from openmetadata_ol_provider.state.lane_history import (
    LaneHistory,
    read_lane_history,
    require_known,
    write_lane_history,
)
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable, set_variable

log = logging.getLogger(__name__)


class _Source(NamedTuple):
    """A state to take over from.

    :param store: the state
    :param path: lanes that a partition has to belong to: first the lane that takes over, last the lane of the state
    :param checkpoint: checkpoint of the state
    """

    store: StateStore
    path: tuple[Lane, ...]
    checkpoint: Checkpoint

    def takes(self, topic: str, partition: int) -> bool:
        return all(lane.takes(topic, partition) for lane in self.path)

    def keeps(self, name: str) -> bool:
        # The state itself has it already; only the lanes that took over since have divided it by name.
        return all(lane.keeps(name) for lane in self.path[:-1])


def ensure_lane_state(state_key: str, lane: Lane) -> str:
    """Return the state key of a lane, after taking over what the lane's partitions had before, if anything.

    :param state_key: state key without lanes
    :raises CheckpointError: if a Variable was not written by this package
    """
    own = StateStore(lane.key(state_key))
    head = own.read_head()
    if lane.is_alone and head is not None and head.generation is None:
        # There never were any lanes, or somebody has written this state by hand.
        return own.state_key
    stored = read_lane_history(state_key)
    lane_history = stored.followed_by(lane.lanes)
    if head is not None and len(lane_history.counts) > 1:
        require_known(state_key, lane_history, head.generation)
    if lane_history != stored:
        _begin_generation(state_key, stored, lane_history)
    if not own.has_begun(lane_history.generation):
        if len(lane_history.counts) == 1:
            return own.state_key
        _take_over(state_key, own, lane, lane_history)
    if len(lane_history.counts) > 1:
        _retire_old_states(state_key, lane_history)
    return own.state_key


def read_lane(state_key: str, lane: Lane) -> StoredState:
    """Return the state that a lane continues, as :func:`ensure_lane_state` would store it; nothing is written."""
    sources = list(_sources(state_key, lane, read_lane_history(state_key).followed_by(lane.lanes)))
    return _merge_states(sources, lane)


def read_checkpoints(state_key: str, lanes: int) -> Checkpoint:
    """Return the checkpoints of all lanes together; nothing is written."""
    head = StateStore(state_key).read_head() if lanes == 1 else None
    if head is not None and head.generation is None:
        return head.checkpoint
    lane_history = read_lane_history(state_key).followed_by(lanes)
    return _furthest(
        source
        for lane in lane_history.lanes(lane_history.generation)
        for source in _sources(state_key, lane, lane_history)
    )


def read_last_update(state_key: str, lanes: int) -> str:
    """Return the time of the last write to the states of all lanes, ISO 8601; empty if there is none."""
    heads = [StateStore(Lane(number, lanes).key(state_key)).read_head() for number in range(lanes)]
    return max((head.updated_at for head in heads if head is not None), default="")


# -- changes -----------------------------------------------------------------------------------------------------


def _begin_generation(state_key: str, before: LaneHistory, lane_history: LaneHistory) -> None:
    """Begin a generation; several lanes may do so at the same time, with the same result."""
    for lane in before.lanes(before.generation):
        store = StateStore(lane.key(state_key))
        head = store.read_head()
        if head is None:
            continue
        require_known(state_key, before, head.generation)
        if head.generation is None:
            # From now on it is no longer of the present generation.
            store.write_generation(before.generation)
    lanes = counted(lane_history.counts[-1], "lane")
    log.info("%s: now %s, before %d", state_key, lanes, before.counts[-1])
    write_lane_history(state_key, lane_history)


def _take_over(state_key: str, own: StateStore, lane: Lane, lane_history: LaneHistory) -> None:
    """Take over from earlier generations; the state comes last, so that after a crash all of this is repeated.

    Another task of the lane that has done so meanwhile may have gone on: its state stays.
    """
    sources = list(_sources(state_key, lane, lane_history))
    state = _merge_states(sources, lane)
    parked = {key: item for source in sources for key, item in source.store.read_parked().items() if source.keeps(key)}
    queue = merge_queues(share_of(read_queue(one.store.state_key), one.keeps, one.takes) for one in sources)
    ledger = _merge_ledgers(source.store.read_ledger() for source in sources)
    if own.has_begun(lane_history.generation):
        return
    own.write_parked(parked)
    if queue != AssetQueue():
        write_queue(own.state_key, queue)
    own.write_ledger(ledger)
    if not own.write_state(state, lane_history.generation, begins=True):
        # The ledger that was overwritten may have been newer.
        own.invalidate_ledger()
        return
    log.info(
        "%s takes over from %s: %s, %s, %d parked",
        lane,
        ", ".join(source.store.state_key for source in sources) or "nobody",
        counted(sum(map(len, state.checkpoint.values())), "partition"),
        counted(len(state.runs.runs), "run"),
        len(parked),
    )


def _retire_old_states(state_key: str, lane_history: LaneHistory) -> None:
    """Empty the states of earlier generations, once every lane has its own."""
    present = [lane.key(state_key) for lane in lane_history.lanes(lane_history.generation)]
    heads = [StateStore(key).read_head() for key in present]
    if any(head is None or not is_of_generation(head.generation, lane_history.generation) for head in heads):
        return
    old = {
        lane.key(state_key)
        for generation in range(lane_history.first, lane_history.generation)
        for lane in lane_history.lanes(generation)
    }
    for key in sorted(old.difference(present)):
        StateStore(key).empty()
        for name in (assets_key(key), receipts_key(key)):
            if (text := get_variable(name)) and not is_state(text):
                set_variable(name, "", TAKEN_OVER)
    write_lane_history(state_key, LaneHistory(lane_history.generation, lane_history.counts[-1:]))


# -- merging what is taken over ----------------------------------------------------------------------------------


def _sources(
    state_key: str, lane: Lane, lane_history: LaneHistory, generation: int | None = None, path: tuple[Lane, ...] = ()
) -> Iterator[_Source]:
    """Yield the states that a lane of a generation continues: its own, or those of the generation before."""
    generation = lane_history.generation if generation is None else generation
    path = (*path, lane)
    store = StateStore(lane.key(state_key))
    head = store.read_head()
    if head is not None and is_of_generation(head.generation, generation):
        yield _Source(store, path, head.checkpoint)
    elif generation > lane_history.first:
        for earlier in lane_history.lanes(generation - 1):
            yield from _sources(state_key, earlier, lane_history, generation - 1, path)


def _merge_states(sources: list[_Source], lane: Lane) -> StoredState:
    states = [source.store.read_state() for source in sources]
    runs = merge_run_states(state.runs for state in states)
    if all(len(source.path) > 1 for source in sources):
        marked = {
            key: msgspec.structs.replace(run, from_previous_lanes=not lane.is_alone) for key, run in runs.runs.items()
        }
        runs = msgspec.structs.replace(runs, runs=marked)
    usage: UsageCounts = {}
    for state in states:
        for key, count in state.usage.items():
            # Lanes that took over a total from the same lane have counted on from it.
            usage[key] = max(count, usage.get(key, 0))
    held = merge_held((state.held, source.keeps) for source, state in zip(sources, states, strict=True))
    return StoredState(_furthest(sources), runs, usage, held=held, topic_ids=agreed_topic_ids(states))


def _furthest(sources: Iterable[_Source]) -> Checkpoint:
    furthest: dict[str, dict[str, int]] = {}
    for source in sources:
        for topic, partitions in source.checkpoint.items():
            for partition, offset in partitions.items():
                if source.takes(topic, int(partition)):
                    positions = furthest.setdefault(topic, {})
                    positions[partition] = max(offset, positions.get(partition, 0))
    return furthest


def _merge_ledgers(ledgers: Iterable[Ledger]) -> Ledger:
    """Return several ledgers as one; those for another catalogue or configuration than the largest are left out."""
    by_size = sorted(ledgers, key=lambda ledger: len(ledger.facts) + len(ledger.edges))
    is_untrusted = any(ledger.begun for ledger in by_size)
    merged = by_size.pop() if by_size else Ledger()
    for ledger in by_size:
        if (ledger.catalogue, ledger.config) == (merged.catalogue, merged.config):
            merged = Ledger(
                merged.catalogue,
                merged.config,
                facts={**ledger.facts, **merged.facts},
                edges={**ledger.edges, **merged.edges},
                ended={**ledger.ended, **merged.ended},
                matching=min(ledger.matching, merged.matching),
                extended={**ledger.extended, **merged.extended},
            )
    # None of them records what a publication that died has changed.
    return merged.invalidated(begun=True) if is_untrusted else merged
