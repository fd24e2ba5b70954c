"""Prepares the inputs and outputs of a run for lineage: with identities, without those that have no part in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from openmetadata_ol_provider.lineage.identities import Naming, scheme_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.lineage.systems import system_of
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.facets import ColumnLineageFacet, DatasetFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState

# BigQuery's connector of Spark sends QUERY, Redshift's operators _generated_query, JDBC the query in brackets.
_SQL = re.compile(r"\s*(?:\(\s*)+(?:select|with)\s|\s*select\s+\S[^;]*\sfrom\s", re.IGNORECASE)
MAX_SQL = 2_000
# Spark joins the topics it subscribes to with commas, Flink with semicolons; Kafka allows neither in a topic's name.
_TOPIC_LIST = re.compile(r"[,;]")


class Side(Value, frozen=True):
    """An input or output of a run, with the identities from its name and symlinks.

    :param temporary: whether it exists between jobs only: lineage goes through it, not to it
    """

    id: DatasetId
    identities: tuple[Identity, ...]
    column_lineage: ColumnLineageFacet | None = None
    temporary: bool = False


def sides(datasets: Iterable[DatasetState], naming: Naming, aliases: Aliases) -> list[Side]:
    """Return the prepared inputs or outputs of a run, sorted, so that the order of arrival does not matter."""
    prepared = []
    for dataset in sorted(datasets, key=lambda dataset: (dataset.namespace, dataset.name)):
        facets = dataset.facets or DatasetFacets()
        if takes_part(facets) and not is_pseudo(dataset.namespace, dataset.name):
            prepared.append(
                Side(
                    DatasetId(dataset.namespace, dataset.name),
                    naming.identities(dataset.namespace, dataset.name, aliases.links(dataset)),
                    _column_lineage(facets),
                    is_temporary(dataset.namespace, dataset.name, facets),
                )
            )
    return prepared


def takes_part(facets: DatasetFacets) -> bool:
    """Tell whether a dataset has a part in its run's lineage: it was not dropped, and is not an ephemeral dbt model.

    An ephemeral model is a CTE in the models that use it, and exists in no database.
    """
    change, model = facets.lifecycleStateChange, facets.dbt_model
    if change is not None and (change.lifecycleStateChange or "").upper() == "DROP":
        return False
    return model is None or model.config is None or (model.config.materialized or "").lower() != "ephemeral"


@lru_cache(maxsize=4096)
def is_pseudo(namespace: str, name: str) -> bool:
    """Tell whether a name is the producer's word for a query where a table is expected, or the query itself."""
    if name != "QUERY" and not name.endswith("_generated_query") and _SQL.match(name) is None:
        return False
    if name != "QUERY" and "select" not in name[:MAX_SQL].lower() and name.rpartition(".")[2] != "_generated_query":
        return False
    system = system_of(scheme_of(namespace))
    return system is None or system.kind == "table"


_STAGING = re.compile(r"(^|/)(\.spark-bigquery-[^/]*|\.spark-staging[^/]*|\.hive-staging[^/]*|_temporary)(/|$)")


def is_temporary(namespace: str, name: str, facets: DatasetFacets) -> bool:
    """Tell whether a dataset exists between jobs only: in memory, as a job's output, or in a staging directory."""
    kind = facets.datasetType
    if kind is not None and (kind.datasetType or "").upper() == "JOB_OUTPUT":
        return True
    return scheme_of(namespace) == "inmemory" or _STAGING.search(name) is not None


def _column_lineage(facets: DatasetFacets) -> ColumnLineageFacet | None:
    facet = facets.columnLineage
    return facet if facet is not None and not facet.deleted and (facet.fields or facet.dataset) else None


def single_topics(datasets: Iterable[DatasetState]) -> list[DatasetState]:
    """Return the datasets, each topic of a list (``a,b`` or ``a;b``) as a dataset of its own."""
    single = []
    for dataset in datasets:
        if not _TOPIC_LIST.search(dataset.name) or scheme_of(dataset.namespace) != "kafka":
            single.append(dataset)
            continue
        single += [
            DatasetState(namespace=dataset.namespace, name=topic.strip(), facets=dataset.facets, times=dataset.times)
            for topic in _TOPIC_LIST.split(dataset.name)
            if topic.strip()
        ]
    return single
