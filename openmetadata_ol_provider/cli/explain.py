"""``openmetadata-ol explain``: shows which rule gave each edge, and where each dataset was found."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from openmetadata_ol_provider.cli.airflow import config_of
from openmetadata_ol_provider.cli.event_files import FileEvents
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.explanation import Explanation, explanation_document, explanation_outline
from openmetadata_ol_provider.cli.explanation_filter import Shown, select_shown
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client, refuse_unused_files
from openmetadata_ol_provider.cli.output import write_json, write_text
from openmetadata_ol_provider.cli.translate import read_plan
from openmetadata_ol_provider.cli.unread_facets import UnreadFacets
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.lineage.plan import DatasetId, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.times import iso

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


def explain_command(arguments: Namespace) -> int:
    """Print the explanation as text or JSON.

    :return: exit code, which is 1 when some lines are not OpenLineage events, or a dataset of an edge was not found
    """
    has_catalogue = bool(arguments.host or arguments.openmetadata_conn_id)
    shown = Shown.from_arguments(arguments)
    if shown.unresolved and not has_catalogue:
        raise ConfigError("--unresolved needs a catalogue to look in; give --host or --openmetadata-conn-id")
    if not has_catalogue:
        refuse_unused_files(arguments)
    config = config_of(arguments)
    unread_facets = UnreadFacets()
    plan, file_events = read_plan(arguments.events, config, unread_facets)
    resolutions = _resolve(plan, config, arguments) if has_catalogue else None
    events = _summarise_events(file_events, plan.runs)
    whole = Explanation(plan, events, unread_facets.counts(), resolutions)
    explanation = whole._replace(plan=select_shown(plan, resolutions, shown), is_filtered=bool(shown))
    if arguments.json:
        write_json(explanation_document(explanation), arguments.output)
    else:
        write_text(explanation_outline(explanation), arguments.output)
    return FAILED if file_events.malformed or whole.has_unresolved_edges else DONE


def _resolve(plan: LineagePlan, config: Config, arguments: Namespace) -> dict[DatasetId, Resolution]:
    from openmetadata_ol_provider.openmetadata.resolution.neighbour_hints import neighbour_hints
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver

    with openmetadata_client(arguments) as client:
        resolver = Resolver(client, config)
        resolutions = resolver.resolve_all(plan.datasets)
        ends = ((edge.source, edge.target) for edge in plan.edges)
        return {**resolutions, **neighbour_hints(resolver, plan.datasets, resolutions, ends)}


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
            counts = f"{counted(len(event.inputs or ()), 'input')}, {counted(len(event.outputs or ()), 'output')}"
            line = f"{event.eventType or 'no type'} {iso(event.eventTime)} ({location}): {counts}"
            sharing = by_id.get((event.job.namespace, event.run.runId), [])
            own = [record for record in sharing if record.job.name == event.job.name]
            for record in own or sharing:
                name = "" if own else f", as {event.job.name}"
                lines[record.job, record.run_id].append(f"{line}{name}")
    return lines
