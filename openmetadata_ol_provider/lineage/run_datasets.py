"""The datasets on the two sides of a run, as lineage sees them: named, without those that have no part in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from openmetadata_ol_provider.lineage.identities import Naming, scheme_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.openlineage.facets import ColumnLineageFacet, DatasetFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState

# Kafka allows neither in a topic's name: Spark joins the topics it subscribes to with commas, Flink with semicolons.
_TOPIC_LIST = re.compile(r"[,;]")


class Side(NamedTuple):
    """A dataset on one side of a run, with the identities that its name and symlinks give it.

    :param temporary: exists between jobs only: lineage goes through it, not to it
    """

    id: DatasetId
    identities: tuple[Identity, ...]
    column_lineage: ColumnLineageFacet | None = None
    temporary: bool = False


def sides(datasets: Iterable[DatasetState], naming: Naming, aliases: Aliases) -> list[Side]:
    """Prepare the inputs or outputs of a run, sorted, so that the order of arrival never shows in the plan."""
    found = []
    for dataset in sorted(datasets, key=lambda dataset: (dataset.namespace, dataset.name)):
        facets = dataset.facets or DatasetFacets()
        if takes_part(facets):
            found.append(
                Side(
                    DatasetId(dataset.namespace, dataset.name),
                    naming.identities(dataset.namespace, dataset.name, aliases.links(dataset)),
                    _column_lineage(facets),
                    is_temporary(dataset.namespace, dataset.name, facets),
                )
            )
    return found


def takes_part(facets: DatasetFacets) -> bool:
    """Tell whether a dataset has a part in its run's lineage: not one that was dropped, nor a dbt ephemeral model.

    An ephemeral model is a CTE of the models that use it: no database has it.
    """
    change, model = facets.lifecycleStateChange, facets.dbt_model
    if change is not None and (change.lifecycleStateChange or "").upper() == "DROP":
        return False
    return model is None or model.config is None or (model.config.materialized or "").lower() != "ephemeral"


_STAGING = re.compile(r"(^|/)(\.spark-bigquery-[^/]*|\.spark-staging[^/]*|\.hive-staging[^/]*|_temporary)(/|$)")


def is_temporary(namespace: str, name: str, facets: DatasetFacets) -> bool:
    """Tell a dataset that exists between jobs only: in memory, a job's output, a staging directory."""
    kind = facets.datasetType
    if kind is not None and (kind.datasetType or "").upper() == "JOB_OUTPUT":
        return True
    return scheme_of(namespace) == "inmemory" or _STAGING.search(name) is not None


def _column_lineage(facets: DatasetFacets) -> ColumnLineageFacet | None:
    found = facets.columnLineage
    return found if found is not None and not found.deleted and (found.fields or found.dataset) else None


def single_topics(datasets: Iterable[DatasetState]) -> Iterator[DatasetState]:
    """Yield the datasets, a list of topics (``a,b`` or ``a;b``) as one dataset a topic."""
    for dataset in datasets:
        if scheme_of(dataset.namespace) != "kafka" or not _TOPIC_LIST.search(dataset.name):
            yield dataset
            continue
        for topic in _TOPIC_LIST.split(dataset.name):
            if topic.strip():
                yield DatasetState(
                    namespace=dataset.namespace, name=topic.strip(), facets=dataset.facets, times=dataset.times
                )
