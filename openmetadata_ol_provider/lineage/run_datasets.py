"""Prepares the inputs and outputs of a run for lineage: with identities, without those that have no part in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from openmetadata_ol_provider.lineage.identities import Naming, scheme_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import DatasetId, JobId
from openmetadata_ol_provider.lineage.recent import Recent
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.lineage.systems import system_of
from openmetadata_ol_provider.lineage.temporary_names import is_named_temporary
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.facets import ColumnLineageFacet, DatasetFacets, Identifier
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import DatasetState

# Spark's connector of BigQuery sends QUERY, those of Kusto, Synapse, JDBC and (below database and schema) Snowflake
# COMPLEX, Redshift's operators send _generated_query, JDBC the query in brackets. Hamilton sends --UNKNOWN--.
_UNKNOWN = "--UNKNOWN--"
_WORDS = frozenset({"QUERY", "COMPLEX", _UNKNOWN})
_OF_SNOWFLAKE = re.compile(r"[^.]+\.[^.]+\.COMPLEX")
_SQL = re.compile(r"\s*(?:[\w$]+\.){0,2}(?:\(\s*)+(?:select|with)\s|\s*select\s+\S[^;]*\sfrom\s", re.IGNORECASE)
MAX_SQL = 2_000
_LITERALS = re.compile(r"(?:^|\.)(?:_dummy_database\._dummy_table|values__tmp__table__\d+)$", re.IGNORECASE)
# Spark joins the topics it subscribes to with commas, Flink with semicolons; Kafka allows neither in a topic's name.
_TOPIC_LIST = re.compile(r"[,;]")
_NO_FACETS = DatasetFacets()


class Side(Value, frozen=True):
    """An input or output of a run, with the identities from its name and symlinks.

    :param temporary: whether it exists between jobs only: lineage goes through it, not to it
    :param stored: whether its facets say that it does not
    """

    id: DatasetId
    identities: tuple[Identity, ...]
    column_lineage: ColumnLineageFacet | None = None
    temporary: bool = False
    stored: bool = False


class _Prepared(Value, frozen=True):
    """A dataset as it was prepared.

    :param facets: facets that it was prepared with, which are kept for their identities
    :param links: symlinks that it was prepared with
    :param side: ``None`` if it has no part in lineage
    """

    facets: tuple[object, ...]
    links: Sequence[Identifier]
    side: Side | None


#: Datasets that were prepared, by namespace, name and identities of the facets that matter.
PreparedSides = Recent[tuple[str, str, tuple[int, ...]], _Prepared]


class Sides:
    """Prepares inputs and outputs; those that repeat themselves are the same objects.

    :param naming: normaliser of dataset names
    :param aliases: names remembered from other runs
    :param prepared: datasets that were prepared under the same configuration
    """

    def __init__(self, naming: Naming, aliases: Aliases, prepared: PreparedSides) -> None:
        self._naming = naming
        self._aliases = aliases
        self._prepared = prepared
        # The same for this batch by the identity of all facets, which is cheaper.
        self._sides: dict[tuple[str, str, int], tuple[Side | None, DatasetFacets | None]] = {}

    def of(self, datasets: Iterable[DatasetState]) -> list[Side]:
        """Return the prepared inputs or outputs of a run, sorted, so that the order of arrival does not matter."""
        prepared = [side for dataset in single_topics(datasets) if (side := self._side(dataset)) is not None]
        if len(prepared) > 1:
            prepared.sort(key=_by_name)
        return prepared

    def _side(self, dataset: DatasetState) -> Side | None:
        key = (dataset.namespace, dataset.name, id(dataset.facets))
        known = self._sides.get(key)
        if known is None:
            known = self._sides[key] = self._shared_side(dataset), dataset.facets
        return known[0]

    def _shared_side(self, dataset: DatasetState) -> Side | None:
        facets, links = dataset.facets or _NO_FACETS, self._aliases.links(dataset)
        used = (facets.columnLineage, facets.datasetType, facets.lifecycleStateChange, facets.dbt_model)
        key = (dataset.namespace, dataset.name, tuple(map(id, used)))
        known = self._prepared.get(key)
        if known is None or (known.links is not links and known.links != links):
            known = _Prepared(used, links, self._prepare(dataset.namespace, dataset.name, facets, links))
            self._prepared.put(key, known, weight=_weight(facets.columnLineage))
        return known.side

    def _prepare(self, namespace: str, name: str, facets: DatasetFacets, links: Sequence[Identifier]) -> Side | None:
        if not takes_part(facets) or is_pseudo(namespace, name) or holds_literals(namespace, name):
            return None
        identities = self._naming.identities(namespace, name, links)
        if (former := _former_name(facets)) is not None:
            identities = tuple(dict.fromkeys((*identities, *self._naming.identities(*former))))
        temporary = is_temporary(namespace, name, facets)
        stored = not temporary and materialization_of(facets) != ""
        return Side(DatasetId(namespace, name), identities, _column_lineage(facets), temporary, stored)


def _weight(facet: ColumnLineageFacet | None) -> int:
    """Return the number of column pairs that are kept with a dataset, which counts as one as well."""
    fields = facet.fields or {} if facet is not None else {}
    return 1 + sum([1 + len(field.inputFields or ()) for field in fields.values()])


def _by_name(side: Side) -> tuple[str, str]:
    return side.id.namespace, side.id.name


def takes_part(facets: DatasetFacets) -> bool:
    """Tell whether a dataset has a part in its run's lineage: it was not dropped."""
    change = facets.lifecycleStateChange
    return change is None or (change.lifecycleStateChange or "").upper() != "DROP"


def _former_name(facets: DatasetFacets) -> tuple[str, str] | None:
    """Return the name of a dataset before it was renamed, under which it is still the same."""
    change = facets.lifecycleStateChange
    if change is None or (change.lifecycleStateChange or "").upper() != "RENAME" or change.previousIdentifier is None:
        return None
    previous = change.previousIdentifier
    return (previous.namespace or "", previous.name) if previous.name else None


@lru_cache(maxsize=4096)
def is_pseudo(namespace: str, name: str) -> bool:
    """Tell whether a name is no table's: the producer's word for a query or for what it does not know, or a query."""
    if _OF_SNOWFLAKE.fullmatch(name) is not None:
        return scheme_of(namespace) == "snowflake"
    if name not in _WORDS and not name.endswith("_generated_query") and _SQL.match(name) is None:
        return False
    is_bare = name not in _WORDS and name.rpartition(".")[2] != "_generated_query"
    if is_bare and "select" not in name[:MAX_SQL].lower():
        return False
    system = system_of(scheme_of(namespace))
    return system is None or system.kind == "table"


def pseudo_problems(job: JobId, datasets: Iterable[DatasetState]) -> Iterator[Problem]:
    """Yield the reports of a job's datasets that are no tables, see :func:`is_pseudo`."""
    for dataset in datasets:
        if is_pseudo(dataset.namespace, dataset.name):
            name = f"{dataset.name[:200]} of {dataset.namespace}"
            remedy = "Let the job name the tables, or rename it (datasets.rename)"
            what = "something unknown" if dataset.name == _UNKNOWN else "a query"
            detail = f"{name} is no table but the producer's word for {what}: left out. {remedy}"
            yield Problem(ProblemKind.PSEUDO_DATASET, job.label, detail)


@lru_cache(maxsize=4096)
def holds_literals(namespace: str, name: str) -> bool:
    """Tell whether a name is that of the rows in a statement: Hive reads VALUES, or no FROM, as tables of its own."""
    return _LITERALS.search(name) is not None and scheme_of(namespace) == "hive"


def is_lasting(dataset: DatasetState) -> bool:
    """Tell whether an output is a dataset that is there when its run has ended."""
    namespace, name, facets = dataset.namespace, dataset.name, dataset.facets or _NO_FACETS
    return takes_part(facets) and not is_pseudo(namespace, name) and not is_temporary(namespace, name, facets)


def is_between_jobs(dataset: DatasetState) -> bool:
    """Tell whether an input or output exists between jobs only: lineage goes through it, not to it."""
    return is_temporary(dataset.namespace, dataset.name, dataset.facets or _NO_FACETS)


def materialization_of(facets: DatasetFacets) -> str:
    """Return how dbt stores a model (``table``, ``ephemeral`` ...) in lower case; empty if it does not say."""
    config = facets.dbt_model.config if facets.dbt_model else None
    return (config.materialized or "").lower() if config else ""


def is_temporary(namespace: str, name: str, facets: DatasetFacets) -> bool:
    """Tell whether a dataset exists between jobs only: in memory, as a job's output, by its name.

    So does an ephemeral model of dbt: it is a CTE in the models that use it, and in no database.
    """
    kind = facets.datasetType
    if kind is not None and (kind.datasetType or "").upper() == "JOB_OUTPUT":
        return True
    if materialization_of(facets) == "ephemeral":
        return True
    return is_named_temporary(namespace, name)


def _column_lineage(facets: DatasetFacets) -> ColumnLineageFacet | None:
    facet = facets.columnLineage
    return facet if facet is not None and not facet.deleted and (facet.fields or facet.dataset) else None


def single_topics(datasets: Iterable[DatasetState]) -> list[DatasetState]:
    """Return the datasets, each topic of a list (``a,b`` or ``a;b``) as a dataset of its own."""
    single = []
    for dataset in datasets:
        name = dataset.name
        if not ("," in name or ";" in name) or (topics := _topics(dataset.namespace, name)) is None:
            single.append(dataset)
        else:
            single += [
                DatasetState(namespace=dataset.namespace, name=topic, facets=dataset.facets, times=dataset.times)
                for topic in topics
            ]
    return single


@lru_cache(maxsize=4096)
def _topics(namespace: str, name: str) -> tuple[str, ...] | None:
    """Return the topics of a list, ``None`` if a name with such characters is that of another system."""
    if scheme_of(namespace) != "kafka":
        return None
    return tuple(topic.strip() for topic in _TOPIC_LIST.split(name) if topic.strip())
