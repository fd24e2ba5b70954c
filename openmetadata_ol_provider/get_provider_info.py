"""What Airflow is told of this provider. Imports nothing: an error here would break every airflow command."""

from __future__ import annotations

CONFIG_SECTION = "openmetadata_ol"
_ADDED = "0.1.0"


def _option(description: str, kind: str, default: str, example: str) -> dict[str, object]:
    return {"description": description, "version_added": _ADDED, "type": kind, "example": example, "default": default}


OPTIONS: dict[str, dict[str, object]] = {
    "topics": _option(
        "Topics that the bundled DAG reads, separated by commas; a name that begins with ^ is a regular expression.\n",
        "string",
        "openlineage.events",
        "openlineage.events,openlineage.spark",
    ),
    "schedule": _option(
        "Schedule of the bundled DAG: a cron expression or preset, or ``watch`` to run when events arrive\n"
        "(an AssetWatcher; Airflow 3 only).\n",
        "string",
        "*/5 * * * *",
        "watch",
    ),
    "wait_timeout": _option(
        "Seconds that a run of the bundled DAG waits for events before it is skipped.\n", "integer", "240", "60"
    ),
    "kafka_config_id": _option("Kafka connection of the bundled DAG.\n", "string", "kafka_default", "kafka_lineage"),
    "openmetadata_conn_id": _option(
        "OpenMetadata connection of the bundled DAG.\n", "string", "openmetadata_default", "openmetadata_prod"
    ),
    "config": _option(
        "Config document of the bundled DAG: a path to YAML or JSON, or ``variable:NAME``. Empty for the defaults.\n",
        "string",
        "",
        "variable:openmetadata_ol_config",
    ),
    "lanes": _option(
        "Lanes of the bundled DAG: so many tasks read, translate and publish side by side, each its own partitions.\n",
        "integer",
        "1",
        "4",
    ),
    "dead_letter_topic": _option(
        "Topic for messages that are no OpenLineage events. Empty for ``<topic>.dead-letter``; ``none`` skips such\n"
        "messages, counted and logged.\n",
        "string",
        "",
        "openlineage.dead-letter",
    ),
    "start_from": _option(
        "Where reading begins while there is no checkpoint yet: ``group`` (at the offsets that the connection's group\n"
        "has committed, else where ``auto.offset.reset`` says), ``group:NAME`` (at those of another group),\n"
        "``earliest``, ``latest``, or a time.\n",
        "string",
        "group",
        "2026-05-01T00:00:00Z",
    ),
    "on_data_loss": _option(
        "What to do when retention has deleted events before they were read, or a topic was made anew: ``continue``\n"
        "with what is there, said loudly, or ``fail``, the checkpoint staying, until the loss is accepted.\n",
        "string",
        "continue",
        "fail",
    ),
    "max_events": _option("Most messages in one batch.\n", "integer", "10000", "1000"),
    "max_bytes": _option(
        "Most bytes of messages (keys, values, headers) in one batch; a single larger one is still read.\n",
        "integer",
        "33554432",
        "8388608",
    ),
    "max_duration": _option(
        "Seconds after which a batch, or the loop of IngestOpenLineageOperator, is closed.\n", "integer", "300", "60"
    ),
    "open_run_ttl": _option(
        "Seconds after its last event that a run which never ended is given up (and reported).\n",
        "integer",
        "604800",
        "86400",
    ),
    "closed_run_ttl": _option(
        "Seconds that an ended run is remembered, so that late events of it change nothing.\n",
        "integer",
        "3600",
        "600",
    ),
    "max_open_runs": _option("Most runs kept between batches.\n", "integer", "10000", "50000"),
    "max_state_bytes": _option(
        "Most bytes of runs kept between batches, compressed as in the Variable. Beyond it, what costs least to lose\n"
        "is shed first, and reported.\n",
        "integer",
        "8388608",
        "4194304",
    ),
}

DEFAULTS: dict[str, str] = {name: str(option["default"]) for name, option in OPTIONS.items()}

_KAFKA, _OPENMETADATA, _OPENLINEAGE = "Apache Kafka", "OpenMetadata", "OpenLineage"


def get_provider_info() -> dict[str, object]:
    """Return the provider's metadata, as the entry point ``apache_airflow_provider`` asks for it."""
    package = "openmetadata_ol_provider"
    return {
        "package-name": "openmetadata-ol-provider",
        "name": "OpenMetadata OpenLineage",
        "description": "OpenLineage events from Kafka, translated and published as lineage to OpenMetadata.",
        "versions": [_ADDED],
        "integrations": [
            {
                "integration-name": _OPENMETADATA,
                "external-doc-url": "https://docs.open-metadata.org/",
                "tags": ["service"],
            },
            {"integration-name": _OPENLINEAGE, "external-doc-url": "https://openlineage.io/", "tags": ["protocol"]},
        ],
        "hooks": [
            {"integration-name": _OPENMETADATA, "python-modules": [f"{package}.hooks.openmetadata"]},
            {"integration-name": _OPENLINEAGE, "python-modules": [f"{package}.hooks.kafka"]},
        ],
        "operators": [
            {
                "integration-name": _OPENLINEAGE,
                "python-modules": [
                    f"{package}.operators.consume",
                    f"{package}.operators.translate",
                    f"{package}.operators.publish",
                    f"{package}.operators.ingest",
                    f"{package}.operators.replay",
                ],
            }
        ],
        "sensors": [{"integration-name": _OPENLINEAGE, "python-modules": [f"{package}.sensors.openlineage"]}],
        "triggers": [{"integration-name": _OPENLINEAGE, "python-modules": [f"{package}.triggers.openlineage"]}],
        "extra-links": [f"{package}.links.PipelineLink", f"{package}.links.LineageLink"],
        "connection-types": [_CONNECTION_TYPE],
        "config": {
            CONFIG_SECTION: {
                "description": "How OpenLineage events are read and published, and what the bundled DAG reads.\n",
                "options": OPTIONS,
            }
        },
    }


def _field(label: str, description: str, kind: object, **more: object) -> dict[str, object]:
    return {"label": label, "description": description, "schema": {"type": kind, **more}}


_CONNECTION_TYPE: dict[str, object] = {
    "connection-type": "openmetadata",
    "hook-class-name": "openmetadata_ol_provider.hooks.openmetadata.OpenMetadataHook",
    "hook-name": "OpenMetadata",
    "ui-field-behaviour": {
        "hidden-fields": ["login"],
        "relabeling": {"host": "Base URL or host", "password": "JWT token"},
        "placeholders": {
            "host": "https://openmetadata.example.com",
            "port": "8585",
            "schema": "https",
            "password": "the bot's JWT token",
        },
    },
    "conn-fields": {
        "verify": _field(
            "Verify TLS", "true, false, or the path of a CA file. Default: true.", ["string", "null"], default="true"
        ),
        "client_cert": _field("Client certificate", "Path of a PEM file, for mutual TLS.", ["string", "null"]),
        "client_key": _field("Client key", "Path of a PEM file, for mutual TLS.", ["string", "null"]),
        "timeout": _field("Timeout (seconds)", "For each request. Default: 30.", ["number", "null"]),
        "max_connections": _field(
            "Connections", "Most requests under way at once. Default: 8.", ["integer", "null"], minimum=1, maximum=64
        ),
        "max_answer_mb": _field(
            "Largest answer (MB)", "Answers that are larger are refused. Default: 64.", ["number", "null"]
        ),
    },
}
