"""Finds the parts of runs with a run id: some producers give several jobs one run id."""

from __future__ import annotations

from collections.abc import Sequence

from openmetadata_ol_provider.openlineage.key_groups import KeyGroups
from openmetadata_ol_provider.openlineage.run_table import RunTable


class RunIds:
    """The keys of the parts with each run id.

    :param parts: parts by key; what is added and forgotten there has to be noted here
    """

    def __init__(self, parts: RunTable) -> None:
        self._parts = parts
        # Keys of what comes behind the first rows.
        self._added = KeyGroups[str]()
        for key, run_id in parts.added_ids():
            self.add(key, run_id)

    def __contains__(self, run_id: str) -> bool:
        """Return whether there is a part with a run id."""
        return run_id in self._added or bool(self._parts.first_keys_of_id(run_id))

    def keys(self, run_id: str) -> Sequence[str]:
        """Return the keys of the parts with a run id, in the order in which they were added."""
        return [*self._parts.first_keys_of_id(run_id), *self._added.keys(run_id)]

    def shared(self) -> list[str]:
        """Return the run ids that several parts may have."""
        several = [run_id for run_id in self._added if len(self._added.keys(run_id)) > 1]
        both = [run_id for run_id in self._added if self._parts.rows.numbers_of_id(run_id)]
        return list(dict.fromkeys((*self._parts.rows.shared_ids(), *both, *several)))

    def add(self, key: str, run_id: str) -> None:
        """Note that a part comes behind all others."""
        self._added.add(run_id, key)

    def discard(self, key: str, run_id: str) -> None:
        """Note that a part is forgotten."""
        self._added.discard(run_id, key)
