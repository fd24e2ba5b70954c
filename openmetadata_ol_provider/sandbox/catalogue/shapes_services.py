"""The create requests of services, and the connection of an OpenLineage service."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import enums
from openmetadata_ol_provider.sandbox.catalogue.checks import (
    AnyOf,
    ListOf,
    OneOf,
    boolean,
    entity_name,
    fqn,
    integer,
    mapping,
    number,
    text,
)
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import (
    DOMAINS,
    LIFE_CYCLE,
    REFERENCE,
    REFERENCES,
    STYLE,
    TAGS,
)
from openmetadata_ol_provider.sandbox.catalogue.validation import (
    Check,
    Field,
    Rules,
    Shape,
    marks,
    required,
    since,
    until,
)

#: The versions that describe the broker in an object of its own, not beside the rest.
_BROKER_CONFIG = ("1.11.12", "1.12.2", "1.13")

_SSL = Shape("ValidateSSLClientConfig", {"caCertificate": text, "sslCertificate": text, "sslKey": text})
_SASL = Shape(
    "SASLClientConfig",
    {
        "saslMechanism": OneOf("GSSAPI OAUTHBEARER PLAIN SCRAM-SHA-256 SCRAM-SHA-512"),
        "saslUsername": text,
        "saslPassword": text,
    },
)
_KAFKA: dict[str, Check] = {
    "brokersUrl": text,
    "topicName": text,
    "consumerGroupName": text,
    "consumerOffsets": OneOf("earliest latest"),
    "poolTimeout": number,
    "sessionTimeout": integer,
    "securityProtocol": OneOf("PLAINTEXT SASL_SSL SSL", since={"SASL_PLAINTEXT": "1.11.11 1.12"}),
    "sslConfig": _SSL,
    "saslConfig": _SASL,
}
_KAFKA_BROKER = Shape(
    "KafkaBrokerConfig",
    {**_KAFKA, "brokersUrl": required(_KAFKA["brokersUrl"]), "topicName": required(_KAFKA["topicName"])},
)
_KINESIS_BROKER = Shape(
    "KinesisBrokerConfig",
    {
        "streamName": required(text),
        "awsConfig": required(mapping),
        "consumerOffsets": OneOf("LATEST TRIM_HORIZON"),
        "poolTimeout": number,
        "sessionTimeout": integer,
    },
)
OPENLINEAGE_CONNECTION = Shape(
    "OpenLineageConnection",
    {
        "type": OneOf("OpenLineage"),
        **{name: until(check, *_BROKER_CONFIG) for name, check in _KAFKA.items()},
        "brokerConfig": Field(AnyOf(_KAFKA_BROKER, _KINESIS_BROKER), required=True, since=marks(*_BROKER_CONFIG)),
        "namespaceToServiceMapping": since(mapping, "1.12.8", "1.13"),
        "pipelineFilterPattern": Shape("FilterPattern", {"includes": ListOf(text), "excludes": ListOf(text)}),
        "supportsMetadataExtraction": boolean,
    },
)


def pipeline_config(value: Any, path: str, rules: Rules) -> None:
    """Check a connection; of other types than OpenLineage's nothing is known here."""
    mapping(value, path, rules)
    if value.get("type") == "OpenLineage":
        OPENLINEAGE_CONNECTION(value, path, rules)


def _service(name: str, service_types: Check, config: Check = mapping, **more: Field | Check) -> Shape:
    fields: dict[str, Field | Check] = {
        "name": required(entity_name),
        "displayName": text,
        "description": text,
        "serviceType": required(service_types),
        "connection": Shape("Connection", {"config": config}),
        "tags": TAGS,
        "owners": REFERENCES,
        "dataProducts": ListOf(fqn),
        "ingestionRunner": REFERENCE,
    }
    return Shape(name, fields | DOMAINS | more)


_STYLE = since(STYLE, "2.0")
CREATE_DATABASE_SERVICE = _service("CreateDatabaseService", enums.DATABASE_SERVICES, style=_STYLE)
CREATE_MESSAGING_SERVICE = _service("CreateMessagingService", enums.MESSAGING_SERVICES, style=_STYLE)
CREATE_STORAGE_SERVICE = _service("CreateStorageService", enums.STORAGE_SERVICES, style=_STYLE)
CREATE_PIPELINE_SERVICE = _service(
    "CreatePipelineService",
    enums.PIPELINE_SERVICES,
    pipeline_config,
    scheduleInterval=text,
    lifeCycle=LIFE_CYCLE,
    style=_STYLE,
)
CREATE_DASHBOARD_SERVICE = _service("CreateDashboardService", enums.DASHBOARD_SERVICES, style=_STYLE)
CREATE_MLMODEL_SERVICE = _service("CreateMlModelService", enums.MLMODEL_SERVICES, style=_STYLE)
CREATE_SEARCH_SERVICE = _service("CreateSearchService", enums.SEARCH_SERVICES, style=_STYLE)
CREATE_API_SERVICE = _service("CreateApiService", enums.API_SERVICES)
