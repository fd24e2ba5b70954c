"""``openmetadata-ol translate``: prints the lineage plan of event files, without network access."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from openmetadata_ol_provider.cli.event_files import FileEvents, read_events
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.unread_facets import UnreadFacets
from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.listing import counted


def translate_command(arguments: Namespace) -> int:
    """Print the plan as JSON.

    :return: exit code, which is 1 when some lines are not OpenLineage events
    """
    plan, file_events = read_plan(arguments.events, load_config(arguments.config))
    write_json(plan.to_dict(), arguments.output)
    sys.stderr.write(
        f"{counted(plan.events, 'event')}: {counted(len(plan.runs), 'run')}, {counted(len(plan.jobs), 'job')}, "
        f"{counted(len(plan.edges), 'edge')}, {counted(len(plan.datasets), 'dataset')}, "
        f"{counted(len(plan.problems), 'problem')}\n"
    )
    return FAILED if file_events.malformed else DONE


def read_plan(
    paths: Sequence[str], config: Config, unread_facets: UnreadFacets | None = None
) -> tuple[LineagePlan, FileEvents]:
    """Read event files and translate them.

    :param paths: paths of files, or ``-`` for stdin
    :param unread_facets: counter for facets that the provider does not read, by default none
    """
    file_events = read_events(paths, unread_facets)
    return translate(file_events.events, config, problems=file_events.problems, final=True).plan, file_events
