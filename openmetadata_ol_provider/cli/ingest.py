"""``openmetadata-ol ingest``: events from files, published the same way as the operators do."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.files import write_result
from openmetadata_ol_provider.cli.translate import plan_of
from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

TOKEN_VARIABLE = "OPENMETADATA_JWT_TOKEN"  # noqa: S105 - the name of a variable, not a token


def ingest_command(arguments: Any) -> int:
    """Publish and print the report; exit code 1 when events or facts failed."""
    config = load_config(arguments.config)
    plan, found = plan_of(arguments)
    client = OpenMetadataClient(arguments.host, os.environ.get(TOKEN_VARIABLE))
    report = publish_plan(plan, client, config, dry_run=arguments.dry_run)
    write_result(json.dumps(report.to_dict(), indent=2) + "\n", arguments.output)
    sys.stderr.write(report.table() + "\n")
    return FAILED if found.malformed or report.failed else DONE
