"""The OpenLineage service in OpenMetadata: in the form of each version, never over what is there, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError, ConfigError
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.openmetadata.admin.service_registration import Registration, register_service
from openmetadata_ol_provider.openmetadata.admin.service_spec import ServiceSpec, is_nested, service_spec
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.version import Version
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN

VERSIONS = ["1.8.0", "1.12.0", "2.0.2"]
SECRETS = {
    "sasl.password": "hunter2-sasl",
    "ssl.key.pem": "-----BEGIN PRIVATE KEY-----\nhunter2-key\n-----END PRIVATE KEY-----",
    "ssl.key.password": "hunter2-keypass",
}
CA = "-----BEGIN CERTIFICATE-----\nMIIBca\n-----END CERTIFICATE-----"
OWN = "-----BEGIN CERTIFICATE-----\nMIIBown\n-----END CERTIFICATE-----"
KAFKA = {
    "bootstrap.servers": "b1:9093,b2:9093",
    "group.id": "lineage",
    "auto.offset.reset": "latest",
    "session.timeout.ms": "45000",
    "security.protocol": "sasl_ssl",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "reader",
}


def kafka(**more: Any) -> KafkaSettings:
    return KafkaSettings("kafka_default", {"bootstrap.servers": "b1:9092", **more})


def spec(version: str = "1.12.0", settings: KafkaSettings | None = None, **options: Any) -> ServiceSpec:
    numbers = Version(int(part) for part in version.split("."))
    return service_spec(settings or kafka(), options.pop("topic", "openlineage.events"), numbers, **options)


def broker(found: ServiceSpec) -> dict[str, Any]:
    """Return the Kafka part of a connection, wherever it is."""
    return dict(found.connection.get("brokerConfig", found.connection))


# -- the body ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "nested"),
    [
        ("1.8.0", False), ("1.10.14", False), ("1.11.11", False), ("1.11.12", True), ("1.11.14", True),
        ("1.12.0", False), ("1.12.1", False), ("1.12.2", True), ("1.13.0", True), ("2.0.0", True), ("2.1.0", True),
    ],
)  # fmt: skip
def test_the_form_is_that_of_the_version(version: str, nested: bool) -> None:
    connection = spec(version).connection
    assert is_nested(Version(int(part) for part in version.split("."))) is nested
    assert set(connection) == {"type", "brokerConfig"} if nested else "brokersUrl" in connection


def test_what_the_connection_says_is_sent() -> None:
    assert spec(settings=KafkaSettings("k", KAFKA), topic="ol", description="ours").body == {
        "name": "openlineage",
        "serviceType": "OpenLineage",
        "description": "ours",
        "connection": {
            "config": {
                "type": "OpenLineage",
                "brokersUrl": "b1:9093,b2:9093",
                "topicName": "ol",
                "consumerGroupName": "lineage",
                "consumerOffsets": "latest",
                "poolTimeout": 1.0,
                "sessionTimeout": 45,
                "securityProtocol": "SASL_SSL",
                "saslConfig": {"saslMechanism": "SCRAM-SHA-512", "saslUsername": "reader"},
            }
        },
    }


def test_what_the_connection_does_not_say_has_openmetadata_s_defaults() -> None:
    found = broker(spec("2.0.2", kafka(**{"auto.offset.reset": "error", "session.timeout.ms": "soon"})))
    assert found == {
        "brokersUrl": "b1:9092",
        "topicName": "openlineage.events",
        "consumerGroupName": "openmetadata-openlineage",
        "consumerOffsets": "earliest",
        "poolTimeout": 1.0,
        "sessionTimeout": 30,
        "securityProtocol": "PLAINTEXT",
    }
    assert spec("2.0.2").left_out == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_secrets_are_neither_sent_nor_shown_and_it_is_said(version: str) -> None:
    found = spec(version, KafkaSettings("k", {**KAFKA, **SECRETS}))
    assert "hunter2" not in repr(found)
    assert any(line.startswith("sasl.password, ssl.key.pem, ssl.key.password: secrets") for line in found.left_out)


def test_certificates_are_sent_as_text_but_never_a_key_beside_them(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_text(f"{SECRETS['ssl.key.pem']}\n{OWN}\n", encoding="utf-8")
    found = spec("2.0.2", kafka(**{"ssl.ca.pem": CA, "ssl.certificate.location": str(own)}))
    assert broker(found)["sslConfig"] == {"caCertificate": CA, "sslCertificate": OWN}
    assert "hunter2" not in repr(found)


def test_older_versions_get_the_place_of_the_certificate() -> None:
    found = spec("1.8.0", kafka(**{"ssl.ca.location": "/etc/ca.pem", "ssl.certificate.pem": OWN}))
    assert broker(found)["sslConfig"] == {"caCertificate": "/etc/ca.pem"}
    assert found.left_out[0].startswith("ssl.certificate.pem:")


def test_a_certificate_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    binary = tmp_path / "ca.der"
    binary.write_bytes(b"\xff\xfe\x00")
    found = spec("2.0.2", kafka(**{"ssl.ca.location": "/no/such/ca.pem", "ssl.certificate.location": str(binary)}))
    assert "sslConfig" not in broker(found)
    assert found.left_out[0].startswith("ssl.ca.location '/no/such/ca.pem': No such file")
    assert "not a text file" in found.left_out[1]


@pytest.mark.parametrize(("version", "known"), [("1.8.0", False), ("2.0.2", True)])
def test_a_protocol_that_the_version_does_not_know_is_left_out(version: str, known: bool) -> None:
    found = spec(version, kafka(**{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "AWS_MSK_IAM"}))
    assert ("securityProtocol" in broker(found)) is known
    assert "saslConfig" not in broker(found)
    lost = [line.split(":")[0] for line in found.left_out]
    assert lost == ["sasl.mechanism AWS_MSK_IAM"] if known else ["security.protocol SASL_PLAINTEXT", *lost[1:]]


@pytest.mark.parametrize("topic", ["", "^openlineage.*"])
def test_a_pattern_is_no_topic(topic: str) -> None:
    with pytest.raises(ConfigError, match="--topic"):
        spec(topic=topic)


def test_a_connection_without_brokers_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'k' has no bootstrap\.servers"):
        spec(settings=KafkaSettings("k", {}))


# -- the service ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=VERSIONS)
def om(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    with CatalogueServer({}, request.param, token=TOKEN) as server:
        yield server


Register = Callable[..., Registration]


@pytest.fixture
def register(om: CatalogueServer) -> Iterator[Register]:
    with OpenMetadataClient(om.url, TOKEN, retries=FAST) as client:

        def call(settings: KafkaSettings | None = None, **options: Any) -> Registration:
            how = {key: options.pop(key, False) for key in ("update", "dry_run")}
            wanted = service_spec(settings or kafka(), options.pop("topic", "ol"), client.version, **options)
            return register_service(client, wanted, **how)

        yield call


def stored(om: CatalogueServer) -> dict[str, Any]:
    (service,) = om.entities("pipelineService")
    return service


def stored_broker(om: CatalogueServer) -> dict[str, Any]:
    connection = stored(om)["connection"]["config"]
    return dict(connection.get("brokerConfig", connection))


def test_a_missing_service_is_created_and_the_second_time_nothing_is_written(
    om: CatalogueServer, register: Register
) -> None:
    first = register(description="where lineage comes from")
    assert first == Registration("openlineage", stored(om)["id"], "created")
    assert stored(om)["serviceType"] == "OpenLineage"
    assert stored(om)["description"] == "where lineage comes from"
    assert stored_broker(om)["topicName"] == "ol"
    om.reset_requests()
    assert register(description="where lineage comes from").change == "unchanged"
    assert om.writes() == []


def test_a_description_is_stored_as_it_was_written(om: CatalogueServer, register: Register) -> None:
    text = 'Bob\'s `events` = "all" & more'
    register(description=text)
    assert stored(om)["description"] == text
    assert register(description=text).change == "unchanged"


def test_an_existing_service_that_differs_is_left_alone_and_the_differences_are_named(
    om: CatalogueServer, register: Register
) -> None:
    register()
    before = stored(om)
    found = register(topic="other", description="new")
    assert found.change == "different"
    assert found.texts[0] == "description is not set and would be 'new'"
    assert found.texts[1].endswith("topicName is 'ol' and would be 'other'")
    assert [name.rpartition(".")[2] for name in found.differences] == ["description", "topicName"]
    assert stored(om) == before
    assert len(om.writes()) == 1


def test_an_update_changes_what_differs_and_keeps_what_others_added(om: CatalogueServer, register: Register) -> None:
    register(name="ours")
    with OpenMetadataClient(om.url, TOKEN) as client:
        key = "/brokerConfig" if "brokerConfig" in stored(om)["connection"]["config"] else ""
        sasl = {"op": "add", "path": f"/connection/config{key}/saslConfig", "value": {"saslPassword": "*********"}}
        shown = {"op": "add", "path": "/displayName", "value": "Lineage"}
        client.patch(f"v1/services/pipelineServices/{stored(om)['id']}", [sasl, shown])
    found = register(KafkaSettings("k", KAFKA), name="ours", update=True)
    assert found.change == "updated"
    assert stored_broker(om)["brokersUrl"] == "b1:9093,b2:9093"
    assert stored_broker(om)["saslConfig"] == {
        "saslPassword": "*********", "saslMechanism": "SCRAM-SHA-512", "saslUsername": "reader",
    }  # fmt: skip
    assert stored(om)["displayName"] == "Lineage"
    assert register(KafkaSettings("k", KAFKA), name="ours", update=True).change == "unchanged"


def test_the_service_that_publishing_made_gets_its_connection(om: CatalogueServer, register: Register) -> None:
    with OpenMetadataClient(om.url, TOKEN) as client:
        client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    found = register()
    assert (found.change, found.differences) == ("updated", ("connection",))
    assert register().change == "unchanged"
    assert stored_broker(om)["brokersUrl"] == "b1:9092"


def test_a_dry_run_tells_and_writes_nothing(om: CatalogueServer, register: Register) -> None:
    assert register(dry_run=True).change == "created"
    assert om.writes() == []
    register()
    om.reset_requests()
    assert register(topic="other", update=True, dry_run=True).change == "updated"
    assert om.writes() == []


def test_a_service_of_another_type_is_never_touched(om: CatalogueServer, register: Register) -> None:
    with OpenMetadataClient(om.url, TOKEN) as client:
        client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "Airflow"})
    with pytest.raises(CatalogueRequestError, match="is of type Airflow, not OpenLineage; choose another name"):
        register(update=True)


def test_a_name_with_a_dot_is_found_again(om: CatalogueServer, register: Register) -> None:
    assert register(name="open.lineage").service == '"open.lineage"'
    assert register(name="open.lineage").change == "unchanged"


def test_one_that_is_created_at_the_same_moment_is_compared_and_not_replaced(
    om: CatalogueServer, register: Register
) -> None:
    register()
    om.reset_requests()
    om.fail("GET", "pipelineServices/name", 404, message="pipelineService instance for openlineage not found")
    assert register(topic="other").change == "different"
    assert [(request.method, request.status) for request in om.writes()] == [("POST", 409)]


def test_a_service_in_the_bin_is_said_to_be_there(om: CatalogueServer, register: Register) -> None:
    register()
    with OpenMetadataClient(om.url, TOKEN) as client:
        client.delete(f"v1/services/pipelineServices/{stored(om)['id']}")
    with pytest.raises(CatalogueRequestError, match="is soft-deleted in OpenMetadata; restore it"):
        register()


def test_a_connection_that_is_not_shown_is_not_written_over() -> None:
    seed = {"pipelineServices": [{"name": "openlineage", "serviceType": "OpenLineage"}]}
    hidden = pytest.raises(CatalogueAuthError, match=r"may not see its connection.*ViewAll on pipelineService")
    with (
        CatalogueServer(seed, token=TOKEN, deny=["ViewAll"]) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
        hidden,
    ):
        register_service(client, spec(), update=True)


def test_the_result_is_plain_json() -> None:
    found = Registration("s", "1", "different", ("a.b",), ("x: why",)).to_dict()
    assert found == {"service": "s", "id": "1", "change": "different", "differences": ["a.b"], "left_out": ["x: why"]}
