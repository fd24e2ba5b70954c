"""Keeps what was derived from datasets and jobs from one batch of a task to the next, because runs repeat themselves.

Decoded facets are frozen and shared (:mod:`~openmetadata_ol_provider.openlineage.facet_cache`), so what was derived
from them is looked up by their identity. It is not part of any value: without it everything is derived again, with the
same result.
"""

from __future__ import annotations

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.edges import DerivedEdges
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.run_datasets import PreparedSides
from openmetadata_ol_provider.openlineage.run_state import RunState

#: Attribute of a state under which the derivations of its batch are kept.
_DERIVATIONS = "_derivations"
#: Most datasets, with the column pairs of their lineage, that are kept: some 10 MB.
MAX_SIDES = 30_000
#: Most edges, with their column pairs, that are kept: some 10 MB.
MAX_EDGES = 30_000


class Derivations:
    """What was derived under one configuration.

    :param config: configuration
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.naming = Naming(config.datasets)
        self.sides = PreparedSides(MAX_SIDES)
        self.edges = DerivedEdges(MAX_EDGES)


def derivations_of(state: RunState | None, config: Config) -> Derivations:
    """Return what is kept with a state; nothing if it is that of another configuration, or of another task."""
    kept = vars(state).get(_DERIVATIONS) if state is not None else None
    return kept if isinstance(kept, Derivations) and kept.config is config else Derivations(config)


def keep_derivations(state: RunState, derivations: Derivations) -> None:
    """Keep derivations with a state, for the next batch of the task."""
    vars(state)[_DERIVATIONS] = derivations
