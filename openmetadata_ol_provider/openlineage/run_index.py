"""Finds the runs among their remembered parts, and the run that another one refers to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.job_names import alike
from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_identity import are_proven_apart, join, parent_id
from openmetadata_ol_provider.openlineage.run_state import PresumedEnd, Run, part_key


class RunIndex:
    """The runs of a state, by the key of one of their parts, and their keys by run id.

    :param parts: parts by key, as they are remembered; not changed
    """

    def __init__(self, parts: Mapping[str, Run]) -> None:
        #: Parts by key, as they are remembered.
        self.parts: dict[str, Run] = dict(parts)
        #: Runs by key: parts, those of one run as their sum.
        self.runs: dict[str, Run] = self.parts
        self._keys: dict[str, list[str]] = {}
        self._whole: dict[str, str] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._shared: dict[tuple[str, str], tuple[str, ...]] = {}
        self._parent_ids: dict[str, str] | None = None
        self._last = {run.run_id: key for key, run in parts.items()}
        if len(self._last) < len(parts):
            self.runs = dict(parts)
            # All but the last part of each run id that several parts have.
            for key, run in parts.items():
                if self._last[run.run_id] != key:
                    self._keys.setdefault(run.run_id, []).append(key)
            for run_id, keys in self._keys.items():
                keys.append(self._last[run_id])
                self._join(keys)

    def _join(self, keys: Iterable[str]) -> None:
        """Join the parts of one run id."""
        by_namespace: dict[str, dict[str, Run]] = {}
        for key in keys:
            by_namespace.setdefault(self.parts[key].namespace, {})[key] = self.parts[key]
        for parts in by_namespace.values():
            if len(parts) < 2:
                continue
            joined = join(parts)
            for run, members in joined:
                whole = members[0]
                for key in members:
                    self.runs.pop(key, None)
                    self._whole[key] = whole
                self.runs[whole] = run
                self._members[whole] = members
            if len(joined) > 1:
                wholes = tuple(members[0] for _, members in joined)
                self._shared |= {(self.runs[key].namespace, self.runs[key].run_id): wholes for key in wholes}

    def key_of(self, part: str) -> str:
        """Return the key of the run that a part belongs to.

        :param part: key of the part
        """
        return self._whole.get(part, part)

    def members(self, key: str) -> tuple[str, ...]:
        """Return the keys of a run's parts."""
        return self._members.get(key) or (key,)

    def below(self, run_ids: Collection[str]) -> list[str]:
        """Return the keys of the runs whose parent has one of some run ids, in the order of all runs."""
        if not run_ids:
            return []
        if self._parent_ids is None:
            self._parent_ids = {key: parent for key, run in self.runs.items() if (parent := parent_id(run.run_facets))}
        return [key for key, parent in self._parent_ids.items() if parent in run_ids and key in self.runs]

    def forget(self, key: str) -> None:
        """Forget a run with all of its parts; this index is changed."""
        run = self.runs.pop(key)
        for member in self.members(key):
            self.parts.pop(member, None)
        others = self._shared.get((run.namespace, run.run_id))
        if others:
            self._shared[run.namespace, run.run_id] = tuple(other for other in others if other != key)

    def note_ends(self, key: str, presumed_end: PresumedEnd | None, root_end: PresumedEnd | None) -> None:
        """Note the ends of a run that others state, in all of its parts; this index is changed."""
        run = self.runs.get(key)
        if run is not None:
            self.runs[key] = replace(run, presumed_end=presumed_end, root_end=root_end)
            for member in self.members(key):
                self.parts[member] = replace(self.parts[member], presumed_end=presumed_end, root_end=root_end)

    def sharing(self, run: Run) -> list[Run]:
        """Return the runs of all jobs that use the run id of a run, itself among them."""
        keys = self._shared.get((run.namespace, run.run_id), ())
        return [self.runs[key] for key in keys] or [run]

    def shares_id(self, run: Run) -> bool:
        """Return whether runs of other jobs have the run id of a run."""
        return bool(self._shared) and (run.namespace, run.run_id) in self._shared

    def unproven(self, run: Run) -> tuple[str, ...]:
        """Return the job names of a run id if nothing tells whether they are one job under several names."""
        if not self.shares_id(run):
            return ()
        runs = self.sharing(run)
        return () if len(runs) < 2 or are_proven_apart(runs) else tuple(sorted({one.name for one in runs}))

    def failed_at_once(self, run: Run) -> bool:
        """Return whether a run has failed at once under another name, so that it must not be presumed to run."""
        if not self.shares_id(run):
            return False
        return any(
            other.state == "FAIL" and not (other.saw_running or other.inputs or other.outputs)
            for other in self.sharing(run)
            if other.name != run.name
        )

    def lookup(self, namespace: str, name: str, run_id: str) -> Run | None:
        """Return the run that another one refers to, ``None`` if it is not known.

        :param namespace: namespace of its job; empty if the reference does not name one
        :param name: name of its job, perhaps in another spelling than its own events have
        """
        key = self._find(namespace, name, run_id)
        return self.runs[key] if key is not None else None

    def lookup_key(self, namespace: str, name: str, run_id: str) -> str | None:
        """Return the key of the run that another one refers to, ``None`` if it is not known."""
        return self._find(namespace, name, run_id)

    def _find(self, namespace: str, name: str, run_id: str) -> str | None:
        key = part_key(namespace, run_id, name)
        key = self._whole.get(key, key)
        if key in self.runs:
            return key
        if run_id not in self._last:
            return None
        keys = {self.key_of(key): None for key in self._keys.get(run_id) or (self._last[run_id],)}
        same_id = [(key, run) for key in keys if (run := self.runs.get(key)) is not None]
        # Two deployments with the same jobs may send the same run ids: another namespace is another run.
        near = [key for key, run in same_id if run.namespace == namespace and _answers(run, name)]
        if not near and not namespace:
            near = [key for key, run in same_id if run.name == name]
        return near[0] if len(near) == 1 else None

    def in_other_namespace(self, namespace: str, name: str, run_id: str) -> str | None:
        """Return another namespace that has a run with a name and run id, ``None`` if there is none."""
        if run_id not in self._last:
            return None
        runs = (self.parts.get(key) for key in self._keys.get(run_id) or (self._last[run_id],))
        namespaces = (run.namespace for run in runs if run is not None and run.name == name)
        return min((other for other in namespaces if other != namespace), default=None)


def _answers(run: Run, name: str) -> bool:
    """Return whether a run may be meant by a name: Spark sends its application's raw name in some facets."""
    if run.legacy or alike(run.name, name):
        return True
    kind = run.job_facets.jobType if run.job_facets else None
    return run.spark and kind is not None and (kind.jobType or "").upper() == "APPLICATION"


#: Most job names in a problem.
_MAX_NAMES = 5


def identity_problems(index: RunIndex, changed: Iterable[Run]) -> Iterator[Problem]:
    """Yield what is doubtful about the identity of runs.

    :param index: all runs that are remembered
    :param changed: runs with events in the batch
    """
    doubtful: dict[tuple[str, str], tuple[str, ...]] = {}
    for run in changed:
        if run.other_names:
            detail = (
                f"events of {_listed((run.name, *run.other_names))} were merged into one run by an earlier version: it "
                "stays one, with one status, and gives only the edges that one event states by itself"
            )
            yield Problem(ProblemKind.MERGED_RUN, f"run {run.run_id} of {run.namespace}", detail)
        elif index.shares_id(run) and (run.namespace, run.run_id) not in doubtful:
            doubtful[run.namespace, run.run_id] = index.unproven(run)
    for (namespace, run_id), names in sorted(doubtful.items()):
        if names:
            detail = (
                f"{_listed(names)} send this run id, and nothing tells whether they are one job under several names: "
                "each is a run of its own. If they are one, let the producer send one job name for all events of a run"
            )
            yield Problem(ProblemKind.SHARED_RUN_ID, f"run {run_id} of {namespace}", detail)


def _listed(names: tuple[str, ...]) -> str:
    names = tuple(sorted(names))
    if len(names) > _MAX_NAMES:
        return listed(names, _MAX_NAMES)
    return f"{', '.join(names[:-1])} and {names[-1]}"
