"""Provider metadata for Airflow's provider discovery. Imports nothing: an error here breaks every airflow command."""

from __future__ import annotations

CONFIG_SECTION = "openmetadata_ol"


def _option(description: str, kind: str, default: str, example: str, added: str = "0.1.0") -> dict[str, object]:
    return {"description": description, "version_added": added, "type": kind, "example": example, "default": default}


OPTIONS: dict[str, dict[str, object]] = {
    "topics": _option(
        "Topics that the bundled DAG reads, separated by commas; a name that starts with ^ is a regular expression.\n",
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
        "Number of lanes of the bundled DAG, which read, translate and publish in parallel, each its own share of the\n"
        "partitions.\n",
        "integer",
        "1",
        "4",
        added="0.2.0",
    ),
    "emit_assets": _option(
        "Whether the bundled DAG gives an event of each Airflow asset that a completed run has written, so that DAGs\n"
        "scheduled on the asset start: ``true``, ``false``, or namespaces and asset URIs, separated by commas, to do\n"
        "so for these only (Airflow 3 only).\n",
        "string",
        "false",
        "postgres://warehouse:5432,s3://lake",
        added="0.2.0",
    ),
    "dead_letter_topic": _option(
        "Topic for messages that are not OpenLineage events. Empty for ``<topic>.dead-letter``; ``none`` skips such\n"
        "messages, and counts and logs them.\n",
        "string",
        "",
        "openlineage.dead-letter",
    ),
    "start_from": _option(
        "Start position while there is no checkpoint yet: ``group`` (the offsets that the connection's group has\n"
        "committed, else ``auto.offset.reset``), ``group:NAME`` (those of another group), ``earliest``, ``latest``,\n"
        "or a time.\n",
        "string",
        "group",
        "2026-05-01T00:00:00Z",
        added="0.2.0",
    ),
    "on_data_loss": _option(
        "Reaction when retention has deleted events before they were read, or a topic was deleted and recreated:\n"
        "``continue`` with the remaining events (the loss is logged and reported), or ``fail``, keeping the\n"
        "checkpoint, until the loss is accepted.\n",
        "string",
        "continue",
        "fail",
        added="0.2.0",
    ),
    "max_events": _option("Largest number of messages in one batch.\n", "integer", "10000", "1000"),
    "max_bytes": _option(
        "Largest total size of the messages (keys, values, headers) in one batch, in bytes; a single larger message\n"
        "is still read.\n",
        "integer",
        "33554432",
        "8388608",
    ),
    "max_duration": _option(
        "Seconds after which a batch is closed, and after which IngestOpenLineageOperator begins no further batch.\n",
        "integer",
        "300",
        "60",
    ),
    "open_run_ttl": _option(
        "Seconds after the last event of a run that has not ended until it is dropped and reported.\n",
        "integer",
        "604800",
        "86400",
    ),
    "closed_run_ttl": _option(
        "Seconds that an ended run is remembered, so that its late events change nothing.\n",
        "integer",
        "3600",
        "600",
    ),
    "max_open_runs": _option(
        "Largest number of runs kept between batches; at most 10,000 of them have ended.\n",
        "integer",
        "100000",
        "20000",
    ),
    "max_state_bytes": _option(
        "Largest total size of the runs kept between batches, in bytes, compressed as in the Variables. If it is\n"
        "exceeded, the least important data is dropped first and reported.\n",
        "integer",
        "8388608",
        "4194304",
        added="0.2.0",
    ),
    "receipts": _option(
        "Number of runs whose outcome is kept, for the page in Airflow's web interface and for\n"
        "``openmetadata-ol receipts``; 0 keeps nothing.\n",
        "integer",
        "2000",
        "10000",
        added="0.2.0",
    ),
}

DEFAULTS: dict[str, str] = {name: str(option["default"]) for name, option in OPTIONS.items()}

_KAFKA, _OPENMETADATA, _OPENLINEAGE = "Apache Kafka", "OpenMetadata", "OpenLineage"


def get_provider_info() -> dict[str, object]:
    """Return the provider's metadata for the entry point ``apache_airflow_provider``."""
    from importlib.metadata import version

    package = "openmetadata_ol_provider"
    return {
        "package-name": "openmetadata-ol-provider",
        "name": "OpenMetadata OpenLineage",
        "description": "OpenLineage events from Kafka, translated and published as lineage to OpenMetadata.",
        "versions": [version("openmetadata-ol-provider")],
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
                    f"{package}.operators.check",
                    f"{package}.operators.consume",
                    f"{package}.operators.translate",
                    f"{package}.operators.publish",
                    f"{package}.operators.ingest",
                    f"{package}.operators.replay",
                ],
            }
        ],
        "sensors": [
            {"integration-name": _OPENMETADATA, "python-modules": [f"{package}.sensors.openmetadata"]},
            {"integration-name": _OPENLINEAGE, "python-modules": [f"{package}.sensors.openlineage"]},
        ],
        "triggers": [
            {"integration-name": _OPENMETADATA, "python-modules": [f"{package}.triggers.openmetadata"]},
            {"integration-name": _OPENLINEAGE, "python-modules": [f"{package}.triggers.openlineage"]},
        ],
        "extra-links": [
            f"{package}.operators.links.PipelineLink",
            f"{package}.operators.links.LineageLink",
            # DAGs serialised by version 0.1.0 name the old paths; they go in 1.0, with the alias module.
            f"{package}.links.PipelineLink",
            f"{package}.links.LineageLink",
        ],
        # Loaded by the entry point airflow.plugins, too, because providers' plugins are not loaded lazily.
        "plugins": [{"name": "openmetadata_ol", "plugin-class": f"{package}.web.plugin.LineageDeliveryPlugin"}],
        "connection-types": [_CONNECTION_TYPE],
        "config": {
            CONFIG_SECTION: {
                "description": "Options for reading and publishing OpenLineage events, and for the bundled DAG.\n",
                "options": OPTIONS,
            }
        },
    }


def _field(label: str, description: str, kind: object, **more: object) -> dict[str, object]:
    return {"label": label, "description": description, "schema": {"type": kind, **more}}


#: Keys of the connection's extra that have a field in the form. They have no defaults here: Airflow treats a form's
#: default as a secret to mask, and warns that "true" is too short for one.
CONNECTION_FIELDS: dict[str, dict[str, object]] = {
    "verify": _field("Verify TLS", "true, false, or the path of a CA file. Default: true.", ["string", "null"]),
    "client_cert": _field("Client certificate", "Path of a PEM file, for mutual TLS.", ["string", "null"]),
    "client_key": _field(
        "Client key", "Path of its private key (PEM); empty if the certificate's file has it.", ["string", "null"]
    ),
    "timeout": _field("Timeout (seconds)", "Timeout of each request. Default: 30.", ["number", "null"]),
    "max_connections": _field(
        "Simultaneous requests",
        "Largest number of requests at the same time. Default: 8.",
        ["integer", "null"],
        minimum=1,
        maximum=64,
    ),
    "max_answer_mb": _field("Largest response (MB)", "Larger responses are refused. Default: 64.", ["number", "null"]),
}

CONNECTION_LAYOUT: dict[str, object] = {
    "hidden-fields": ["login"],
    "relabeling": {"host": "Base URL or host", "password": "JWT token"},
    "placeholders": {
        # OpenMetadata's own port speaks http; without a port, Airflow 3's Test button fails ("Bad Request").
        "host": "https://openmetadata.example.com or http://openmetadata",
        "port": "443 or 8585; Airflow 3's Test button needs it",
        "schema": "https (default) or http",
        "password": "the bot's JWT token",
    },
}

_CONNECTION_TYPE: dict[str, object] = {
    "connection-type": "openmetadata",
    "hook-class-name": "openmetadata_ol_provider.hooks.openmetadata.OpenMetadataHook",
    "hook-name": "OpenMetadata",
    "ui-field-behaviour": CONNECTION_LAYOUT,
    "conn-fields": CONNECTION_FIELDS,
}
