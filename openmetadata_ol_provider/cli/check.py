"""``openmetadata-ol check``: test both of Airflow's connections and the config document."""

from __future__ import annotations

import sys
from typing import Any

from openmetadata_ol_provider.cli import DONE, FAILED
from openmetadata_ol_provider.cli.airflow import as_airflow_does
from openmetadata_ol_provider.exceptions import ConfigError


def check_command(arguments: Any) -> int:
    """Print one line a check; exit code 1 when one failed."""
    as_airflow_does()
    from openmetadata_ol_provider.config import load_config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.version_compat import get_variable

    try:
        load_config(arguments.config, get_variable)
        config = (True, "valid" if arguments.config else "defaults")
    except ConfigError as error:
        config = (False, str(error))
    results = [
        ("config", *config),
        (
            f"connection {arguments.kafka_config_id} (Kafka)",
            *OpenLineageKafkaHook(arguments.kafka_config_id).test_connection(),
        ),
        (
            f"connection {arguments.openmetadata_conn_id} (OpenMetadata)",
            *OpenMetadataHook(arguments.openmetadata_conn_id).test_connection(),
        ),
    ]
    for label, passed, detail in results:
        sys.stdout.write(f"{'ok    ' if passed else 'FAILED'} {label}: {detail}\n")
    return DONE if all(passed for _, passed, _ in results) else FAILED
