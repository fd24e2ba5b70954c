"""``openmetadata-ol ingest``: publishes the lineage of event files in the same way as the operators."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.cli.airflow import config_of
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client
from openmetadata_ol_provider.cli.output import write_json
from openmetadata_ol_provider.cli.report import write_report
from openmetadata_ol_provider.cli.translate import read_plan
from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openmetadata.admin.reachability import require_catalogue
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


def ingest_command(arguments: Namespace) -> int:
    """Publish the lineage, and print the report as JSON.

    :return: exit code, which is 1 when some lines are not OpenLineage events or something was not published
    """
    config = config_of(arguments)
    plan, file_events = read_plan(arguments.events, config)
    try:
        with openmetadata_client(arguments) as client:
            report = _after_asking(client, publish_plan(plan, client, config, dry_run=arguments.dry_run).report)
    except CatalogueError as error:
        if error.report is not None:
            _print(error.report, arguments, is_raised=True)
        raise
    _print(report, arguments)
    return FAILED if file_events.malformed or report.failed else DONE


def _after_asking(client: OpenMetadataClient, report: PublishReport) -> PublishReport:
    """Return the report, after asking the catalogue if there was nothing to publish: a wrong token must not succeed.

    :raises CatalogueError: if the server cannot be reached, is too old, or refuses the token
    """
    if report.events or client.calls:
        return report
    try:
        require_catalogue(client)
    except CatalogueError as error:
        error.report = report
        raise
    return msgspec.structs.replace(report, requests=client.calls)


def _print(report: PublishReport, arguments: Namespace, *, is_raised: bool = False) -> None:
    write_json(report.to_dict(), arguments.output)
    write_report(report, sys.stderr, is_kept=False, is_raised=is_raised)
