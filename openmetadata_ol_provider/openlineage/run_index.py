"""Finds the runs among their remembered parts, and the run that another one refers to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import count
from typing import Final, TypeVar

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.job_names import alike
from openmetadata_ol_provider.openlineage.job_types import job_type_of
from openmetadata_ol_provider.openlineage.run_groups import Facts, Follower, Followers, RunGroups
from openmetadata_ol_provider.openlineage.run_identity import are_proven_apart, ids_above, join, parent_id
from openmetadata_ol_provider.openlineage.run_ids import RunIds
from openmetadata_ol_provider.openlineage.run_state import PresumedEnd, Run, part_key
from openmetadata_ol_provider.openlineage.run_table import RunTable
from openmetadata_ol_provider.openlineage.stored_rows import Aspect

#: Ids of the runs that a run names as its parent and its root.
PARENTS: Final = Facts(ids_above, Aspect.PARENT)
_Fact = TypeVar("_Fact", bound=Hashable)
_Follower = TypeVar("_Follower", bound=Follower)


class RunIndex:
    """The runs of a state, by the key of one of their parts, and their keys by run id and by what is asked for.

    It follows the runs from batch to batch of a task (``kept_index``): a batch costs what it concerns, not all runs.

    :param parts: parts by key, as they are remembered; not changed
    """

    def __init__(self, parts: Mapping[str, Run]) -> None:
        #: Parts by key, as they are remembered.
        self.parts = RunTable(parts)
        #: Runs by key: parts, those of one run as their sum. Their order is that of :meth:`in_order`.
        self.runs = RunTable(parts)
        #: Whether an earlier version may have remembered one of the runs.
        self.has_legacy = self.parts.has_legacy()
        #: Runs that the batch has forgotten, by key.
        self.forgotten: dict[str, Run] = {}
        #: Starts of pipeline runs that the runs needed when they were counted last.
        self.needed_starts = 0
        #: Mapping that this index follows, to be recognised by identity.
        self.follows: Mapping[str, Run] | None = None
        self._touched: dict[str, None] | None = None
        self._followers = Followers(self.runs)
        self._ids = RunIds(self.parts)
        #: Returns whether a part that is not forgotten has a run id.
        self.has_id: Callable[[str], bool] = self._ids.__contains__
        # Of the parts behind the first rows.
        self._positions: dict[str, int] | None = None
        self._next_position = count(self.parts.rows.base)
        self._whole: dict[str, str] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._joined_at: dict[str, int] = {}
        self._shared: dict[str, dict[str, tuple[str, ...]]] = {}
        # Run ids whose runs have to be found again, each with its parts that were forgotten.
        self._unsettled: dict[str, list[str]] = {}
        shared = {run_id: keys for run_id in self._ids.shared() if len(keys := self._ids.keys(run_id)) > 1}
        for run_id, keys in sorted(shared.items(), key=lambda item: self._position(item[1][0])):
            self._join(run_id, keys)

    # -- from batch to batch ---------------------------------------------------------------------------------------

    def begin_batch(self, parts: Mapping[str, Run]) -> None:
        """Add and replace the parts that a batch has events of; this index is changed."""
        self.forgotten = {}
        self._settle()
        self.replace_parts(parts)
        self._settle()

    def replace_parts(self, parts: Mapping[str, Run]) -> None:
        """Add and replace parts; the sums of those with a common run id follow when the next batch begins."""
        for key, run in parts.items():
            if key not in self.parts:
                self._add_key(key, run.run_id)
            self.parts[key] = run
            if len(self._ids.keys(run.run_id)) > 1:
                self._unsettled.setdefault(run.run_id, [])
            else:
                self._put(key, run)

    def annotate(self, key: str, run: Run) -> None:
        """Replace a run that has one part by one that differs in nothing by which runs are found or ended."""
        if isinstance(self.runs.added.get(key), Run):
            self.parts[key] = self.runs[key] = run
        else:
            # Followers look up stored runs by their rows, which it leaves now.
            self.replace_parts({key: run})

    def forget(self, key: str) -> None:
        """Forget a run with all of its parts; this index is changed."""
        run = self.forgotten[key] = self._take(key)
        for member in self.members(key):
            if self.parts.pop(member, None) is not None:
                self._ids.discard(member, run.run_id)
                self._unsettled.setdefault(run.run_id, []).append(member)
        others = self._shared.get(run.run_id, {})
        if run.namespace in others:
            others[run.namespace] = tuple(other for other in others[run.namespace] if other != key)

    def note_ends(self, key: str, presumed_end: PresumedEnd | None, root_end: PresumedEnd | None) -> None:
        """Note the ends of a run that others state, in all of its parts; this index is changed."""
        run = self.runs.get(key)
        if run is not None:
            self._put(key, replace(run, presumed_end=presumed_end, root_end=root_end))
            for member in self.members(key):
                self.parts[member] = replace(self.parts[member], presumed_end=presumed_end, root_end=root_end)

    def take_touched(self) -> Collection[str] | None:
        """Return the keys of the runs that were added or changed since the last call; ``None``: that may be any."""
        touched, self._touched = self._touched, {}
        return touched

    def _put(self, key: str, run: Run) -> None:
        self._followers.note_change(key)
        self.runs[key] = run
        if self._touched is not None:
            self._touched[key] = None

    def _take(self, key: str) -> Run:
        self._followers.note_change(key)
        return self.runs.pop(key)

    def _add_key(self, key: str, run_id: str) -> None:
        self._ids.add(key, run_id)
        if self._positions is not None:
            self._positions[key] = next(self._next_position)

    def _settle(self) -> None:
        """Find the runs again of run ids with parts that were added, replaced or forgotten."""
        for run_id, forgotten in self._unsettled.items():
            keys = self._ids.keys(run_id)
            for part in (*keys, *forgotten):
                whole = self._whole.pop(part, part)
                self._members.pop(whole, None)
                self._joined_at.pop(whole, None)
                if whole in self.runs:
                    self._take(whole)
            self._shared.pop(run_id, None)
            for key in keys:
                self._put(key, self.parts[key])
            for part in forgotten:
                if self._positions is not None and part not in self.parts:
                    self._positions.pop(part, None)
            if len(keys) > 1:
                self._join(run_id, keys)
        self._unsettled = {}

    def _join(self, run_id: str, keys: Iterable[str]) -> None:
        """Join the parts of one run id."""
        by_namespace: dict[str, dict[str, Run]] = {}
        for key in keys:
            by_namespace.setdefault(self.parts[key].namespace, {})[key] = self.parts[key]
        position = 0
        for namespace, parts in by_namespace.items():
            if len(parts) < 2:
                continue
            joined = join(parts)
            for run, members in joined:
                for key in members:
                    self._take(key)
                    self._whole[key] = members[0]
                self._put(members[0], run)
                self._members[members[0]] = members
                self._joined_at[members[0]] = position
                position += 1
            if len(joined) > 1:
                self._shared.setdefault(run_id, {})[namespace] = tuple(members[0] for _, members in joined)

    # -- runs by what they have in common --------------------------------------------------------------------------

    def grouped(self, facts: Facts[_Fact]) -> RunGroups[_Fact]:
        """Return the keys of the runs by facts about them, which are kept up to date from then on.

        :param facts: a constant of a module
        """
        return self._followers.get(facts, lambda runs: RunGroups(facts, runs))

    def followed_by(self, kind: Callable[[RunTable], _Follower]) -> _Follower:
        """Return what a class has made of the runs, which is kept up to date from then on."""
        return self._followers.get(kind, kind)

    def in_order(self, keys: Iterable[str]) -> list[str]:
        """Return keys of runs in the order of all runs: that of their first events, joined ones at the end."""
        ordered = list(keys)
        return sorted(ordered, key=self._rank) if len(ordered) > 1 else ordered

    def parts_in_order(self, parts: Iterable[str]) -> list[str]:
        """Return keys of parts in the order of their first events; those that are forgotten come first."""
        return sorted(parts, key=self._position)

    def _known_positions(self) -> dict[str, int]:
        """Return the positions of the parts behind the first rows."""
        if self._positions is None:
            self._positions = dict(zip(self.parts.added, self._next_position, strict=False))
        return self._positions

    def _position(self, part: str) -> int:
        """Return the position of a part; -1 if there is no such part."""
        position = self._known_positions().get(part)
        if position is None:
            position = self.parts.position(part)
        return -1 if position is None else position

    def _rank(self, key: str) -> tuple[int, int, int]:
        if key not in self._joined_at:
            return 0, self._position(key), 0
        return 1, self._position(self._ids.keys(self.runs[key].run_id)[0]), self._joined_at[key]

    def below(self, run_ids: AbstractSet[str]) -> list[str]:
        """Return the keys of the runs whose parent has one of some run ids, in the order of all runs."""
        keys = (parents := self.grouped(PARENTS)).keys_of_any(parents.among(run_ids))
        return self.in_order(key for key in keys if parent_id(self.runs[key].run_facets) in run_ids)

    # -- parts and runs --------------------------------------------------------------------------------------------

    def key_of(self, part: str) -> str:
        """Return the key of the run that a part belongs to.

        :param part: key of the part
        """
        return self._whole.get(part, part)

    def members(self, key: str) -> tuple[str, ...]:
        """Return the keys of a run's parts."""
        return self._members.get(key) or (key,)

    def parts_of_id(self, run_id: str) -> Sequence[str]:
        """Return the keys of the parts with a run id, without those that the batch has forgotten."""
        return self._ids.keys(run_id)

    def keys_of_id(self, run_id: str) -> list[str]:
        """Return the keys of the runs with a run id."""
        return [key for key in dict.fromkeys(map(self.key_of, self._ids.keys(run_id))) if key in self.runs]

    def of_id(self, run_id: str) -> list[Run]:
        """Return the runs with a run id."""
        return [self.runs[key] for key in self.keys_of_id(run_id)]

    def sharing(self, run: Run) -> list[Run]:
        """Return the runs of all jobs that use the run id of a run, itself among them."""
        keys = self._shared.get(run.run_id, {}).get(run.namespace, ())
        return [self.runs[key] for key in keys] or [run]

    def shares_id(self, run: Run) -> bool:
        """Return whether runs of other jobs have the run id of a run."""
        return bool(self._shared) and run.namespace in self._shared.get(run.run_id, {})

    def unproven(self, run: Run) -> tuple[str, ...]:
        """Return the job names of a run id if nothing shows whether they are one job under several names."""
        if not self.shares_id(run):
            return ()
        runs = self.sharing(run)
        return () if len(runs) < 2 or are_proven_apart(runs) else tuple(sorted({one.name for one in runs}))

    def failed_at_once(self, run: Run) -> bool:
        """Return whether a run has failed at once under another name, so that it must not be presumed to run."""
        return self.shares_id(run) and any(
            other.state == "FAIL" and not (other.saw_running or other.inputs or other.outputs)
            for other in self.sharing(run)
            if other.name != run.name
        )

    def lookup(self, namespace: str, name: str, run_id: str) -> Run | None:
        """Return the run that another one refers to, ``None`` if it is not known.

        :param namespace: namespace of its job; empty if the reference does not name one
        :param name: name of its job, perhaps in another spelling than its own events have
        """
        return None if (key := self.lookup_key(namespace, name, run_id)) is None else self.runs[key]

    def lookup_key(self, namespace: str, name: str, run_id: str) -> str | None:
        """Return the key of the run that another one refers to, ``None`` if it is not known."""
        key = part_key(namespace, run_id, name)
        key = self._whole.get(key, key)
        if key in self.runs:
            return key
        same_id = [(key, self.runs[key]) for key in self.keys_of_id(run_id)]
        # Two deployments with the same jobs may send the same run ids: another namespace is another run.
        near = [key for key, run in same_id if run.namespace == namespace and _answers(run, name)]
        if not near and not namespace:
            near = [key for key, run in same_id if run.name == name]
        return near[0] if len(near) == 1 else None

    def in_other_namespace(self, namespace: str, name: str, run_id: str) -> str | None:
        """Return another namespace that has a run with a name and run id, ``None`` if there is none."""
        runs = (self.parts.get(key) for key in self.parts_of_id(run_id))
        namespaces = (run.namespace for run in runs if run is not None and run.name == name)
        return min((other for other in namespaces if other != namespace), default=None)


def _answers(run: Run, name: str) -> bool:
    """Return whether a run may be meant by a name: Spark sends its application's raw name in some facets."""
    return run.legacy or alike(run.name, name) or (run.spark and job_type_of(run.job_facets) == "APPLICATION")
