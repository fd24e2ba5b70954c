"""Derives the OpenLineage pipeline service from Airflow's Kafka connection, in the format of a version of OpenMetadata.

Secrets stay in Airflow: passwords and private keys are neither sent nor shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openmetadata.client.version import Version

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.settings import KafkaSettings

SERVICE_TYPE = "OpenLineage"
DEFAULT_NAME = "openlineage"
#: Defaults of OpenMetadata's connector: seconds that a poll waits, and seconds without an event after which it ends.
_POOL_TIMEOUT = 1.0
_SESSION_TIMEOUT = 30
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_SSL")
#: Protocols of versions that have the Kafka fields in ``brokerConfig``.
_PROTOCOLS_NESTED = (*_PROTOCOLS, "SASL_PLAINTEXT")
_MECHANISMS = ("PLAIN", "GSSAPI", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
#: Settings that are secrets or point to one; they are not sent.
_SECRETS = (
    "sasl.password", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.kerberos.keytab",
    "ssl.key.location", "ssl.key.pem", "ssl.key.password", "ssl.keystore.location", "ssl.keystore.password",
)  # fmt: skip
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class ServiceSpec(NamedTuple):
    """The desired service.

    :param name: name of the service
    :param connection: ``config`` of its connection
    :param description: description; default: ``None``, an existing one stays
    :param left_out: settings of the Kafka connection that are not sent, with the reason
    """

    name: str
    connection: dict[str, Any]
    description: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """Body of the request that creates it."""
        body: dict[str, Any] = {
            "name": self.name,
            "serviceType": SERVICE_TYPE,
            "connection": {"config": self.connection},
        }
        return body if self.description is None else {**body, "description": self.description}


def service_spec(
    settings: KafkaSettings, topic: str, version: Version, *, name: str = DEFAULT_NAME, description: str | None = None
) -> ServiceSpec:
    """Return the service for a Kafka connection, in the format of a version of OpenMetadata.

    :param settings: settings of Airflow's Kafka connection
    :param topic: topic with the events
    :param version: version of the server
    :param name: name of the service
    :param description: description of the service; default: none
    :raises ConfigError: if the topic is missing or a pattern, or the connection names no brokers
    """
    if not topic or topic.startswith("^"):
        raise ConfigError(
            f"topic {topic!r} is not the name of a topic, which OpenMetadata needs; give one with --topic (topic)"
        )
    if not settings.bootstrap:
        raise ConfigError(f"Kafka connection {settings.conn_id!r} has no bootstrap.servers; add it to its extra")
    nested = is_nested(version)
    left_out: list[str] = []
    broker: dict[str, Any] = {
        "brokersUrl": settings.bootstrap,
        "topicName": topic,
        "consumerGroupName": settings.group,
        "consumerOffsets": "latest" if settings.reset_policy == "latest" else "earliest",
        "poolTimeout": _POOL_TIMEOUT,
        "sessionTimeout": _session_timeout(settings),
        "securityProtocol": _protocol(settings, version, left_out),
        "sslConfig": _ssl(settings, nested, left_out),
        "saslConfig": _sasl(settings, left_out),
    }
    broker = {key: value for key, value in broker.items() if value not in (None, {})}
    secrets = [key for key in _SECRETS if settings.get(key)]
    if secrets:
        left_out.append(
            f"{', '.join(secrets)}: secrets are not sent; enter them in OpenMetadata if its own connector is to use "
            "the service"
        )
    config = {"type": SERVICE_TYPE, **({"brokerConfig": broker} if nested else broker)}
    return ServiceSpec(name, config, description, tuple(left_out))


def is_nested(version: Version) -> bool:
    """Return whether a version has the connection's Kafka fields in ``brokerConfig`` (since 1.12.2 and 1.11.12)."""
    return version.at_least(1, 12, 2) or (version[:2] == (1, 11) and version.at_least(1, 11, 12))


def _protocol(settings: KafkaSettings, version: Version, left_out: list[str]) -> str | None:
    protocol = str(settings.get("security.protocol") or "PLAINTEXT").upper()
    if protocol in (_PROTOCOLS_NESTED if is_nested(version) else _PROTOCOLS):
        return protocol
    left_out.append(f"security.protocol {protocol}: OpenMetadata {version} does not support it")
    return None


def _session_timeout(settings: KafkaSettings) -> int:
    """Return the connection's session timeout in seconds."""
    try:
        return max(1, round(float(settings.get("session.timeout.ms")) / 1000))
    except (TypeError, ValueError):
        return _SESSION_TIMEOUT


def _ssl(settings: KafkaSettings, nested: bool, left_out: list[str]) -> dict[str, str]:
    """Return the certificates: their text for newer servers, the paths of their files for older ones."""
    config = {}
    for field, setting in (("caCertificate", "ssl.ca"), ("sslCertificate", "ssl.certificate")):
        text, location = settings.get(f"{setting}.pem"), settings.get(f"{setting}.location")
        if nested and location and not text:
            text = _file(str(location), f"{setting}.location", left_out)
        # Such a file may also contain the private key.
        certificates = "\n".join(_CERTIFICATE.findall(str(text or "")))
        if nested and certificates:
            config[field] = certificates
        elif location and not nested:
            config[field] = str(location)
        elif text:
            left_out.append(f"{setting}.pem: this version of OpenMetadata takes the path of a file on its own machine")
    return config


def _file(location: str, setting: str, left_out: list[str]) -> str | None:
    try:
        return Path(location).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        left_out.append(f"{setting} {location!r}: {reason}; enter the certificate in OpenMetadata")
        return None


def _sasl(settings: KafkaSettings, left_out: list[str]) -> dict[str, str]:
    mechanism = str(settings.get("sasl.mechanism") or settings.get("sasl.mechanisms") or "").upper()
    username = settings.get("sasl.username")
    config = {}
    if mechanism in _MECHANISMS:
        config["saslMechanism"] = mechanism
    elif mechanism:
        left_out.append(f"sasl.mechanism {mechanism}: OpenMetadata does not support it")
    if username:
        config["saslUsername"] = str(username)
    return config
