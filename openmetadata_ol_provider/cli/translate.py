"""``openmetadata-ol translate``: events -> plan, no network."""

from __future__ import annotations

import json
import sys
from typing import Any

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.files import FileEvents, read_events, write_result
from openmetadata_ol_provider.cli.unread_facets import Survey
from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate


def plan_of(arguments: Any, survey: Survey | None = None) -> tuple[LineagePlan, FileEvents]:
    """Read the events that a command names and translate them."""
    config = load_config(arguments.config)
    found = read_events(arguments.events, survey)
    return translate(found.events, config, problems=found.problems, final=True).plan, found


def translate_command(arguments: Any) -> int:
    """Print the plan; exit code 1 when some lines were no OpenLineage events."""
    plan, found = plan_of(arguments)
    write_result(json.dumps(plan.to_dict(), indent=2) + "\n", arguments.output)
    sys.stderr.write(
        f"{plan.events} events: {len(plan.runs)} runs, {len(plan.jobs)} jobs, {len(plan.edges)} edges, "
        f"{len(plan.datasets)} datasets, {len(plan.problems)} problems\n"
    )
    return FAILED if found.malformed else DONE
