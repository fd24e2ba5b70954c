"""Notes whether models of dbt are stored or ephemeral, which changes when somebody changes their project."""

from __future__ import annotations

from collections.abc import Mapping

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.openlineage.run_state import TemporaryDataset, name_key


class Materializations:
    """What the runs of a batch say about datasets; what the latest of them says counts."""

    def __init__(self) -> None:
        self._latest: dict[DatasetId, tuple[int, bool]] = {}

    def note(self, side: Side, at: int) -> None:
        """Note what a run says about an input or output.

        :param at: end of the run, in microseconds
        """
        if side.stored or side.temporary:
            stated = at, side.stored
            self._latest[side.id] = max(self._latest.get(side.id, stated), stated)

    def stored(self) -> set[DatasetId]:
        """Return the datasets that are stored."""
        return {id_ for id_, (_, is_stored) in self._latest.items() if is_stored}

    def without_stored(self, remembered: Mapping[str, TemporaryDataset]) -> Mapping[str, TemporaryDataset]:
        """Return the temporary datasets of earlier batches without those that are stored by now.

        :param remembered: temporary datasets by key
        """
        keys = {name_key(one.namespace, one.name) for one in self.stored()} if remembered else ()
        return {key: one for key, one in remembered.items() if key not in keys} if keys else remembered
