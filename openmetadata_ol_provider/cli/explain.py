"""``openmetadata-ol explain``: shows which rule gave each edge, and where each dataset was found."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from openmetadata_ol_provider.cli.event_files import FileEvents
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.explanation import Explanation, explanation_document, explanation_outline
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client
from openmetadata_ol_provider.cli.output import write_json, write_text
from openmetadata_ol_provider.cli.translate import read_plan
from openmetadata_ol_provider.cli.unread_facets import UnreadFacets
from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, JobId, RunRecord
from openmetadata_ol_provider.openlineage.times import iso

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


def explain_command(arguments: Namespace) -> int:
    """Print the explanation as text or JSON.

    :return: exit code, which is 1 when some lines are not OpenLineage events, or a dataset of an edge was not found
    """
    config = load_config(arguments.config)
    unread_facets = UnreadFacets()
    plan, file_events = read_plan(arguments.events, config, unread_facets)
    resolutions = _resolve(plan.datasets, config, arguments) if arguments.host else None
    explanation = Explanation(plan, _summarise_events(file_events, plan.runs), unread_facets.counts(), resolutions)
    if arguments.json:
        write_json(explanation_document(explanation), arguments.output)
    else:
        write_text(explanation_outline(explanation), arguments.output)
    return FAILED if file_events.malformed or explanation.has_unresolved_edges else DONE


def _resolve(datasets: Iterable[Dataset], config: Config, arguments: Namespace) -> dict[DatasetId, Resolution]:
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver

    with openmetadata_client(arguments) as client:
        return Resolver(client, config).resolve_all(datasets)


def _summarise_events(file_events: FileEvents, runs: Iterable[RunRecord]) -> dict[tuple[JobId, str], list[str]]:
    """Return a line for each event in the order of eventTime, by job and run id.

    :param runs: runs of the plan; events under a name without a run of its own were joined to the others with its id
    """
    by_id: dict[tuple[str, str], list[RunRecord]] = {}
    for record in runs:
        by_id.setdefault((record.job.namespace, record.run_id), []).append(record)
    events = zip(file_events.events, file_events.locations, strict=True)
    lines: dict[tuple[JobId, str], list[str]] = {(record.job, record.run_id): [] for record in runs}
    for event, location in sorted(events, key=lambda item: item[0].eventTime):
        if event.run is not None and event.job is not None:
            counts = f"{len(event.inputs or ())} inputs, {len(event.outputs or ())} outputs"
            line = f"{event.eventType or 'no type'} {iso(event.eventTime)} ({location}): {counts}"
            sharing = by_id.get((event.job.namespace, event.run.runId), [])
            own = [record for record in sharing if record.job.name == event.job.name]
            for record in own or sharing:
                name = "" if own else f", as {event.job.name}"
                lines[record.job, record.run_id].append(f"{line}{name}")
    return lines
