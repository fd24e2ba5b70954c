"""``openmetadata-ol ingest``: publishes the lineage of event files in the same way as the operators."""

from __future__ import annotations

import sys
from argparse import Namespace

from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.translate import read_plan
from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan


def ingest_command(arguments: Namespace) -> int:
    """Publish the lineage, and print the report as JSON.

    :return: exit code, which is 1 when some lines are not OpenLineage events or something was not published
    """
    config = load_config(arguments.config)
    plan, file_events = read_plan(arguments.events, config)
    client = openmetadata_client(arguments)
    report = publish_plan(plan, client, config, dry_run=arguments.dry_run).report
    write_json(report.to_dict(), arguments.output)
    sys.stderr.write(report.table() + "\n")
    return FAILED if file_events.malformed or report.failed else DONE
