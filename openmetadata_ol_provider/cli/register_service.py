"""``openmetadata-ol register-service``: creates the OpenLineage pipeline service in OpenMetadata."""

from __future__ import annotations

import sys
from argparse import Namespace

from openmetadata_ol_provider.cli.airflow import prepare_airflow
from openmetadata_ol_provider.cli.check import print_steps
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client
from openmetadata_ol_provider.cli.output import write_json


def register_service_command(arguments: Namespace) -> int:
    """Create, compare or update the service, and print the outcome as JSON.

    With ``--dry-run`` the request is printed instead of being sent.

    :return: exit code, which is 1 when the service differs and was not updated, or a check failed
    """
    prepare_airflow()
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue
    from openmetadata_ol_provider.openmetadata.admin.service_registration import register_service
    from openmetadata_ol_provider.openmetadata.admin.service_spec import service_spec

    settings = OpenLineageKafkaHook(arguments.kafka_config_id).settings
    topic = arguments.topic or next(iter(conf.topics()), "")
    with openmetadata_client(arguments) as client:
        spec = service_spec(settings, topic, client.version, name=arguments.name, description=arguments.description)
        registration = register_service(client, spec, update=arguments.update, dry_run=arguments.dry_run)
        is_different = registration.change == "different"
        for setting in spec.left_out:
            sys.stderr.write(f"left out: {setting}\n")
        if is_different:
            sys.stderr.write(
                f"service {registration.service} exists and differs: {'; '.join(registration.texts)}; it was not "
                "changed, use --update to change it\n"
            )
        if arguments.dry_run:
            sys.stderr.write(f"dry run: {registration.change}\n")
            write_json(spec.body)
            return FAILED if is_different else DONE
        write_json(registration.to_dict())
        steps = check_catalogue(client, Config())
    print_steps(steps, sys.stderr)
    return DONE if not is_different and all(step.passed for step in steps) else FAILED
