"""The OpenLineage pipeline service with its Kafka connection, made of Airflow's Kafka connection.

OpenMetadata then shows where the lineage comes from, and its own connector could read the same topic. An existing
service is compared and left as it is, unless it is to be updated; then only what differs is changed, by a patch.
Secrets stay in Airflow: passwords and private keys are neither sent nor shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError, ConfigError
from openmetadata_ol_provider.openmetadata.admin.permissions import is_granted
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, Version, path
from openmetadata_ol_provider.openmetadata.client.permissions import Right
from openmetadata_ol_provider.openmetadata.fqn import quote

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.settings import KafkaSettings

Change = Literal["created", "updated", "unchanged", "different"]
SERVICES = "v1/services/pipelineServices"
SERVICE_TYPE = "OpenLineage"
DEFAULT_NAME = "openlineage"
#: Seconds a poll of OpenMetadata's connector waits, and seconds without an event after which it ends: its defaults.
_POOL_TIMEOUT = 1.0
_SESSION_TIMEOUT = 30
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_SSL")
#: Since the connection has its Kafka part in ``brokerConfig``.
_PROTOCOLS_NESTED = (*_PROTOCOLS, "SASL_PLAINTEXT")
_MECHANISMS = ("PLAIN", "GSSAPI", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
#: Settings that hold or lead to a secret, and are not sent.
_SECRETS = (
    "sasl.password", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.kerberos.keytab",
    "ssl.key.location", "ssl.key.pem", "ssl.key.password", "ssl.keystore.location", "ssl.keystore.password",
)  # fmt: skip
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class ServiceSpec(NamedTuple):
    """The service as it is to be.

    :param connection: ``config`` of its connection
    :param left_out: what of the Kafka connection is not in it, and why
    """

    name: str
    connection: dict[str, Any]
    description: str | None = None
    left_out: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The request that creates it."""
        body: dict[str, Any] = {
            "name": self.name,
            "serviceType": SERVICE_TYPE,
            "connection": {"config": self.connection},
        }
        return body if self.description is None else {**body, "description": self.description}


class Registration(NamedTuple):
    """What became of it.

    :param change: ``different``: it exists with other values, and was not to be updated
    :param differences: what was, or would have to be, changed: dotted names of fields
    :param left_out: see :class:`ServiceSpec`
    """

    service: str
    id: str
    change: Change
    differences: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in self._asdict().items()}


def service_spec(
    settings: KafkaSettings, topic: str, version: Version, *, name: str = DEFAULT_NAME, description: str | None = None
) -> ServiceSpec:
    """Return the service for a Kafka connection, in the form that a version of OpenMetadata takes.

    :param topic: where the events are
    :raises ConfigError: if the topic is none, or the connection names no brokers
    """
    if not topic or topic.startswith("^"):
        raise ConfigError(
            f"topic {topic!r} is no topic's name, which OpenMetadata needs; give one with --topic (topic)"
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
            f"{', '.join(secrets)}: secrets are not sent; enter them in OpenMetadata, if its own connector is to use "
            "the service"
        )
    config = {"type": SERVICE_TYPE, **({"brokerConfig": broker} if nested else broker)}
    return ServiceSpec(name, config, description, tuple(left_out))


def is_nested(version: Version) -> bool:
    """Return whether a version has the connection's Kafka part in ``brokerConfig`` (1.11 got it as late as 1.12)."""
    return version.at_least(1, 12, 2) or (version[:2] == (1, 11) and version.at_least(1, 11, 12))


def register_service(
    client: OpenMetadataClient, spec: ServiceSpec, *, update: bool = False, dry_run: bool = False
) -> Registration:
    """Create the service, or compare an existing one with it.

    :param update: change what differs in an existing one
    :param dry_run: tell what would be done, and do nothing
    :raises CatalogueRequestError: if something else has that name
    :raises CatalogueError: if the catalogue refuses
    """
    stored = _stored(client, spec)
    if stored is None:
        if dry_run:
            return Registration(quote(spec.name), "", "created", left_out=spec.left_out)
        try:
            # POST and not PUT, which would replace one that somebody else creates at this moment.
            return _registration(client.post(SERVICES, spec.body), "created", spec)
        except CatalogueRequestError as error:
            if error.status != 409:
                raise
        stored = _stored(client, spec)
        if stored is None:
            raise CatalogueRequestError(
                f"pipeline service {spec.name!r} is deleted in OpenMetadata, but not for good; restore it there, or "
                "delete it for good",
                409,
            )
    if stored.get("serviceType") != SERVICE_TYPE:
        raise CatalogueRequestError(
            f"pipeline service {spec.name!r} exists and is of type {stored.get('serviceType')}, not {SERVICE_TYPE}; "
            "choose another name with --name (name)"
        )
    _refuse_hidden(client, stored)
    operations = list(_operations(stored, spec))
    differences = tuple(operation["path"].strip("/").replace("/", ".") for operation in operations)
    if not operations:
        return _registration(stored, "unchanged", spec)
    if not update:
        return _registration(stored, "different", spec, differences)
    if not dry_run:
        stored = client.patch(path(SERVICES, str(stored["id"])), operations)
    return _registration(stored, "updated", spec, differences)


def _refuse_hidden(client: OpenMetadataClient, stored: dict[str, Any]) -> None:
    """Refuse to compare with, and to write over, a connection that is there but not shown to this token."""
    right = Right("ViewAll", "pipelineService")
    if stored.get("connection") is None and is_granted(client, right) is False:
        raise CatalogueAuthError(
            f"pipeline service {stored.get('name')!r} exists and its connection is not shown to this token; give a "
            f"role of the bot {right}"
        )


def _stored(client: OpenMetadataClient, spec: ServiceSpec) -> dict[str, Any] | None:
    return client.get(path(SERVICES, "name", quote(spec.name)))


def _registration(
    entity: dict[str, Any], change: Change, spec: ServiceSpec, differences: tuple[str, ...] = ()
) -> Registration:
    fqn = str(entity.get("fullyQualifiedName") or quote(spec.name))
    return Registration(fqn, str(entity.get("id", "")), change, differences, spec.left_out)


def _operations(stored: dict[str, Any], spec: ServiceSpec) -> Iterator[dict[str, Any]]:
    """Yield the patch that makes a stored service what is wanted; what the spec does not name stays."""
    if spec.description is not None:
        yield from _added("", {"description": spec.description}, stored)
    yield from _added("", {"connection": {"config": spec.connection}}, stored)


def _added(prefix: str, wanted: dict[str, Any], stored: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in wanted.items():
        present = stored.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            yield from _added(f"{prefix}/{key}", value, present)
        elif present != value and not _is_masked(present):
            yield {"op": "add", "path": f"{prefix}/{key}", "value": value}


def _is_masked(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\*+", value))


def _protocol(settings: KafkaSettings, version: Version, left_out: list[str]) -> str | None:
    protocol = str(settings.get("security.protocol") or "PLAINTEXT").upper()
    if protocol in (_PROTOCOLS_NESTED if is_nested(version) else _PROTOCOLS):
        return protocol
    left_out.append(f"security.protocol {protocol}: OpenMetadata {version} does not know it")
    return None


def _session_timeout(settings: KafkaSettings) -> int:
    """Return the connection's session timeout in seconds."""
    try:
        return max(1, round(float(settings.get("session.timeout.ms")) / 1000))
    except (TypeError, ValueError):
        return _SESSION_TIMEOUT


def _ssl(settings: KafkaSettings, nested: bool, left_out: list[str]) -> dict[str, str]:
    """Return the certificates: their text for newer servers, where their files are for older ones."""
    found = {}
    for field, setting in (("caCertificate", "ssl.ca"), ("sslCertificate", "ssl.certificate")):
        text, location = settings.get(f"{setting}.pem"), settings.get(f"{setting}.location")
        if nested and location and not text:
            text = _file(str(location), f"{setting}.location", left_out)
        # Such a file may have the private key beside the certificate.
        certificates = "\n".join(_CERTIFICATE.findall(str(text or "")))
        if nested and certificates:
            found[field] = certificates
        elif location and not nested:
            found[field] = str(location)
        elif text:
            left_out.append(f"{setting}.pem: OpenMetadata of this version takes a file on its own machine")
    return found


def _file(location: str, setting: str, left_out: list[str]) -> str | None:
    try:
        return Path(location).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        left_out.append(f"{setting} {location!r}: {reason}; enter the certificate in OpenMetadata")
        return None


def _sasl(settings: KafkaSettings, left_out: list[str]) -> dict[str, str]:
    mechanism = str(settings.get("sasl.mechanism") or settings.get("sasl.mechanisms") or "").upper()
    username = settings.get("sasl.username")
    found = {}
    if mechanism in _MECHANISMS:
        found["saslMechanism"] = mechanism
    elif mechanism:
        left_out.append(f"sasl.mechanism {mechanism}: OpenMetadata does not know it")
    if username:
        found["saslUsername"] = str(username)
    return found
