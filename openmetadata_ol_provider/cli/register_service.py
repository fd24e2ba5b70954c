"""``openmetadata-ol register-service``: make the OpenLineage pipeline service in OpenMetadata."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.airflow import as_airflow_does
from openmetadata_ol_provider.cli.check import print_steps

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


def register_service_command(arguments: Any) -> int:
    """Create or compare the service and print what became of it; exit code 1 when it differs or a check failed.

    With ``--dry-run`` the request is printed that would be sent, and nothing is written.
    """
    as_airflow_does()
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue
    from openmetadata_ol_provider.openmetadata.admin.service_registration import register_service, service_spec

    settings = OpenLineageKafkaHook(arguments.kafka_config_id).settings
    topic = arguments.topic or next(iter(conf.topics()), "")
    with _client(arguments) as client:
        spec = service_spec(
            settings, topic, client.version, name=arguments.name, description=arguments.description
        )  # fmt: skip
        found = register_service(client, spec, update=arguments.update, dry_run=arguments.dry_run)
        for line in spec.left_out:
            sys.stderr.write(f"left out: {line}\n")
        if found.change == "different":
            sys.stderr.write(
                f"service {found.service} exists and differs in {', '.join(found.differences)}; it is left as it is, "
                "--update changes that\n"
            )
        if arguments.dry_run:
            sys.stderr.write(f"dry run: {found.change}\n")
            sys.stdout.write(json.dumps(spec.body, indent=2) + "\n")
            return FAILED if found.change == "different" else DONE
        sys.stdout.write(json.dumps(found.to_dict(), indent=2) + "\n")
        steps = check_catalogue(client, Config())
    print_steps(steps, sys.stderr)
    return DONE if found.change != "different" and all(step.passed for step in steps) else FAILED


def _client(arguments: Any) -> OpenMetadataClient:
    if arguments.host:
        from openmetadata_ol_provider.cli.ingest import TOKEN_VARIABLE
        from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

        return OpenMetadataClient(arguments.host, os.environ.get(TOKEN_VARIABLE))
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook

    return OpenMetadataHook(arguments.openmetadata_conn_id).get_conn()
