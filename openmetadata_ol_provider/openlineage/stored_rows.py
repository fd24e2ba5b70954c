"""What a table of runs needs of the runs that come from a stored state, which are made when they are asked for.

Most runs that are remembered do not concern a batch. What has to be known of all of them is found out for each kind of
run, or from columns: see :class:`Aspect`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from openmetadata_ol_provider.openlineage.run_state import Run


class Aspect(enum.Enum):
    """What is looked at in a run."""

    #: Namespace and name of its job.
    JOB = enum.auto()
    #: How far it is: all but its id, the name of its job, run facets, times and facets of datasets; of inputs only
    #: whether there are any. Whether it has started or ended is seen in the times.
    PROGRESS = enum.auto()
    #: Its parent facets, nothing else.
    PARENT = enum.auto()
    #: What it says of the states of tasks, nothing else.
    TASK_STATES = enum.auto()


#: Stored names of the run facets that are looked at, where nothing else is.
FACETS: Final[Mapping[Aspect, tuple[str, ...]]] = {
    Aspect.PARENT: ("parent", "parentRun"),
    Aspect.TASK_STATES: ("airflowState",),
}


class Sample(NamedTuple):
    """Stored runs that are equal in an aspect.

    :param run: a run of which only that aspect may be looked at
    :param rows: the numbers of the runs, in several sequences
    """

    run: Run
    rows: Sequence[Sequence[int]]


class StoredRows(Protocol):
    """Runs of a stored state, by number; until they are released, equal numbers give one and the same run.

    The first of them, which are most, were read at once and can be looked up by key and run id. What comes from changes
    of the state has higher numbers, and is added to a table by its key.
    """

    @property
    def base(self) -> int:
        """Number of the rows that can be looked up."""

    @property
    def count(self) -> int:
        """Number of all rows."""

    def number(self, key: str) -> int | None:
        """Return the number of the run with a key, ``None`` if none of those that can be looked up has it."""

    def numbers_of_id(self, run_id: str) -> Sequence[int]:
        """Return the numbers of the runs with a run id, of those that can be looked up, ascending."""

    def shared_ids(self) -> Iterator[str]:
        """Yield the run ids that several of the runs that can be looked up have."""

    def key(self, number: int) -> str:
        """Return the key of a run."""

    def run_id(self, number: int) -> str:
        """Return the id of a run."""

    def run(self, number: int) -> Run:
        """Return a run."""

    def release(self) -> None:
        """Forget which runs were made, so that they take no memory; they are made again when they are asked for."""

    def ends(self, numbers: Sequence[int]) -> list[int]:
        """Return the times of the ends of runs, of those without one of their first events."""

    def last_seen_at(self, numbers: Sequence[int]) -> list[int]:
        """Return when runs were last seen."""

    def was_seen_before(self, time: int) -> bool:
        """Return whether one of all runs was last seen before a time, perhaps one that is gone."""

    def has_legacy(self) -> bool:
        """Return whether an earlier version has remembered one of the runs, perhaps one that is gone."""

    def samples(self, aspect: Aspect) -> Iterator[Sample]:
        """Yield all runs, those that are equal in an aspect at a time."""


class NoRows:
    """The rows of a table whose runs are all made."""

    base = count = 0

    def number(self, key: str) -> int | None:  # noqa: ARG002 - there is none
        """Return ``None``."""
        return None

    def numbers_of_id(self, run_id: str) -> Sequence[int]:  # noqa: ARG002 - there are none
        """Return nothing."""
        return ()

    def shared_ids(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())

    def key(self, number: int) -> str:
        """Raise an error: there is no run."""
        raise IndexError(number)

    def run_id(self, number: int) -> str:
        """Raise an error: there is no run."""
        raise IndexError(number)

    def run(self, number: int) -> Run:
        """Raise an error: there is no run."""
        raise IndexError(number)

    def release(self) -> None:
        """Do nothing: there is no run."""

    def ends(self, numbers: Sequence[int]) -> list[int]:  # noqa: ARG002 - there are none
        """Return nothing."""
        return []

    def last_seen_at(self, numbers: Sequence[int]) -> list[int]:  # noqa: ARG002 - there are none
        """Return nothing."""
        return []

    def was_seen_before(self, time: int) -> bool:  # noqa: ARG002 - there is none
        """Return ``False``: there is no run."""
        return False

    def has_legacy(self) -> bool:
        """Return ``False``: there is no run."""
        return False

    def samples(self, aspect: Aspect) -> Iterator[Sample]:  # noqa: ARG002 - there are none
        """Yield nothing."""
        return iter(())


NO_ROWS: Final = NoRows()
