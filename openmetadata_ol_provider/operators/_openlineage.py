"""What the operators tell Airflow's OpenLineage provider of their own work, if it is installed.

The operators note what they do while they do it, in an :class:`Activity`; the provider asks for it when a task has
ended. The DAG that reads these events again leaves out those of its own tasks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

#: Counts of a report that are numbers by outcome.
_OUTCOMES = (*("edges", "pipelines", "statuses", "datasets", "facts", "usage", "queries", "stubs", "stale", "expired"),)
#: Methods of requests that change the catalogue.
_CHANGING = ("PUT", "POST", "PATCH", "DELETE")
_KAFKA_PORT = 9092
_CATALOGUE = "openmetadata://"


@dataclass
class Activity:
    """What a task has done so far.

    :param reads: topics read, by namespace and name
    :param writes: topics and catalogues written, by namespace and name
    :param counts: fields of the counts facet
    :param pages: URL of the latest page of each kind that the task's links show
    :param changed: whether the report has requests that change the catalogue
    """

    reads: dict[tuple[str, str], None] = field(default_factory=dict)
    writes: dict[tuple[str, str], None] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    changed: bool = False

    def read(self, bootstrap: str, topics: Iterable[str]) -> None:
        """Note topics that the task reads.

        :param bootstrap: ``bootstrap.servers`` of their brokers
        """
        self.reads.update(dict.fromkeys((kafka_namespace(bootstrap), topic) for topic in sorted(topics)))

    def write(self, bootstrap: str, topics: Iterable[str]) -> None:
        """Note topics that the task has written.

        :param bootstrap: ``bootstrap.servers`` of their brokers
        """
        self.writes.update(dict.fromkeys((kafka_namespace(bootstrap), topic) for topic in sorted(topics)))

    def publish(self, base_url: str) -> None:
        """Note a catalogue that the task writes.

        :param base_url: base URL of its API
        """
        self.writes[catalogue_namespace(base_url), "lineage"] = None

    def report(self, report: PublishReport) -> None:
        """Note the counts of a report."""
        import msgspec

        self.changed = any(report.requests.get(method) for method in _CHANGING)
        outcomes = {name: msgspec.structs.asdict(getattr(report, name)) for name in _OUTCOMES}
        self.counts = {
            "events": report.events,
            "runs": report.runs,
            "deadLetters": report.dead_letters,
            "parked": report.parked,
            "problems": sum(problem.count for problem in report.problems),
            "dryRun": report.dry_run,
            "outcomes": {name: counts for name, counts in outcomes.items() if any(counts.values())},
        }


class OwnLineage:
    """Adds the methods by which Airflow's OpenLineage provider asks an operator what it has read and written."""

    #: what the execution has done so far; ``None`` before it begins
    activity: Activity | None = None

    def begin_activity(self) -> Activity:
        """Return the activity of the execution that begins."""
        activity = self.activity = Activity()
        return activity

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Return the ``OperatorLineage`` of a task that has ended well; ``None`` if the provider is not installed."""
        return operator_lineage(self.activity)

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> Any:
        """Return the ``OperatorLineage`` of a task that has failed: what it had done by then."""
        return operator_lineage(self.activity, failed=True)


def operator_lineage(activity: Activity | None, *, failed: bool = False) -> Any:
    """Return an activity in the form that Airflow's OpenLineage provider takes, ``None`` if it is not installed.

    :param failed: ``True`` to leave out a catalogue to which no request was sent that changes it
    """
    if activity is None:
        return None
    try:
        from airflow.providers.openlineage.extractors import OperatorLineage
    except ImportError:
        return None
    from openlineage.client.event_v2 import InputDataset, OutputDataset

    from openmetadata_ol_provider.operators._counts_facet import KEY, OpenMetadataOlCountsRunFacet, producer

    written = [item for item in activity.writes if not failed or activity.changed or not item[0].startswith(_CATALOGUE)]
    facets = {KEY: OpenMetadataOlCountsRunFacet(**activity.counts, producer=producer())} if activity.counts else {}
    return OperatorLineage(
        inputs=[InputDataset(namespace=namespace, name=name) for namespace, name in activity.reads],
        outputs=[OutputDataset(namespace=namespace, name=name) for namespace, name in written],
        run_facets=facets,
    )


def kafka_namespace(bootstrap: str) -> str:
    """Return the namespace of topics by OpenLineage's naming, which names one of the bootstrap servers: the first.

    :param bootstrap: ``bootstrap.servers``, with or without protocols
    """
    first = bootstrap.split(",", maxsplit=1)[0].strip().rpartition("://")[2]
    host, colon, port = first.rpartition(":")
    return f"kafka://{first}" if colon and port.isdigit() else f"kafka://{first or host}:{_KAFKA_PORT}"


def catalogue_namespace(base_url: str) -> str:
    """Return the namespace by which events name OpenMetadata: ``openmetadata://host:port``.

    :param base_url: base URL of its API
    """
    url = urlsplit(base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"{_CATALOGUE}{url.hostname}:{port}"
