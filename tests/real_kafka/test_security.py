"""Encryption, credentials and rights: what is right works, what is wrong ends soon and names the remedy."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from openmetadata_ol_provider.exceptions import ConfigError, DeadLetterError, DeadLetterRefusedError, KafkaError
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from tests.real_kafka.cluster import RealKafka

BOUNDS: dict[str, Any] = {"max_messages": 10, "max_bytes": 1_000_000, "max_duration": 20}
#: No call may take longer than this, whatever is wrong. Measured generously: the machine may be busy.
PATIENCE = 30
LETTER = DeadLetter(RawMessage("events", 0, 7, 1_700_000_000_000, b"key", b"{"), "not JSON")

Settings = Callable[[RealKafka], dict[str, Any]]


def sasl(mechanism: str, user: str = "lineage", password: str | None = None) -> dict[str, Any]:
    return {
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": f"{user}-password" if password is None else password,
    }


def sasl_tls(mechanism: str = "SCRAM-SHA-256", authority: str = "ca", **more: Any) -> Settings:
    return lambda kafka: {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(getattr(kafka.certificates, authority)),
        **sasl(mechanism, **more),
    }


def mutual_tls(certificate: str | None = "client") -> Settings:
    def settings(kafka: RealKafka) -> dict[str, Any]:
        found = {"security.protocol": "SSL", "ssl.ca.location": str(kafka.certificates.ca)}
        if certificate is not None:
            found["ssl.certificate.location"] = str(getattr(kafka.certificates, certificate))
            found["ssl.key.location"] = str(getattr(kafka.certificates, f"{certificate}_key"))
        return found

    return settings


def pem_in_the_connection(kafka: RealKafka) -> dict[str, Any]:
    made = kafka.certificates
    return {
        "security.protocol": "SSL",
        "ssl.ca.pem": made.ca.read_text(),
        "ssl.certificate.pem": made.client.read_text(),
        "ssl.key.pem": made.client_key.read_text(),
    }


@pytest.fixture
def allowed(kafka: RealKafka, topic: Any, produce: Any, group: str) -> dict[str, str]:
    """Make topics and give the user ``lineage`` the rights that the documentation names."""
    found = {"topic": topic(2), "dead": topic(prefix="dead"), "forbidden": topic(prefix="forbidden")}
    produce(found["topic"], b"x")
    kafka.allow("lineage", "TOPIC", found["topic"], "READ", "DESCRIBE")
    kafka.allow("lineage", "TOPIC", found["dead"], "WRITE", "DESCRIBE")
    kafka.allow("lineage", "GROUP", group, "READ")
    return found


@pytest.mark.parametrize(
    ("listener", "settings"),
    [
        pytest.param("sasl_tls", sasl_tls("PLAIN"), id="SASL_SSL PLAIN"),
        pytest.param("sasl_tls", sasl_tls("SCRAM-SHA-256"), id="SASL_SSL SCRAM-SHA-256"),
        pytest.param("sasl_tls", sasl_tls("SCRAM-SHA-512"), id="SASL_SSL SCRAM-SHA-512"),
        pytest.param("sasl", lambda _: {"security.protocol": "SASL_PLAINTEXT", **sasl("PLAIN")}, id="SASL_PLAINTEXT"),
        pytest.param("mutual_tls", mutual_tls(), id="mutual TLS"),
        pytest.param("mutual_tls", pem_in_the_connection, id="mutual TLS, PEM in the connection"),
    ],
)
def test_with_the_documented_rights_everything_works(
    listener: str, settings: Settings, kafka: RealKafka, connect: Any, allowed: dict[str, str]
) -> None:
    hook, name = connect(listener, settings(kafka)), allowed["topic"]
    assert hook.test_connection()[0]
    result = hook.read(hook.backlog([name], {}), **BOUNDS)
    assert [message.value for message in result.messages] == [b"x"]
    assert hook.dead_letter([LETTER], allowed["dead"]) == 1
    hook.commit({name: {0: 1}})
    partitions = hook.backlog([name], {}, topic_ids={}).partitions
    assert [item.start for item in partitions] == [1, 0]
    assert all(item.topic_id for item in partitions)


def test_a_token_is_fetched_before_the_first_question(
    kafka: RealKafka, connect: Any, allowed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # MSK IAM and Google bring their tokens in this way.
    monkeypatch.setenv("AIRFLOW__APACHE_KAFKA__CALLBACK_ALLOWLIST", f"{__name__}.unsigned_token")
    extra = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"}
    hook = connect("sasl", {**extra, "oauth_cb": f"{__name__}.unsigned_token"})
    name = allowed["topic"]
    assert len(hook.read(hook.backlog([name], {}), **BOUNDS).messages) == 1
    assert hook.dead_letter([LETTER], allowed["dead"]) == 1
    hook.commit({name: {0: 1}})
    first = hook.backlog([name], {}, topic_ids={}).partitions[0]
    assert first.start == 1
    assert first.topic_id


def unsigned_token(_: str) -> tuple[str, float]:
    """Return a token as the broker of the tests takes it."""

    def part(document: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    now = time.time()
    return f"{part({'alg': 'none'})}.{part({'sub': 'lineage', 'iat': now, 'exp': now + 600})}.", now + 600


def calls(hook: Any, name: str, dead: str) -> dict[str, Callable[[], Any]]:
    """Return every way in which the package talks to a broker, by name; the backlog is one from elsewhere."""
    from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog

    backlog = Backlog((PartitionBacklog(name, 0, 0, 1, 0, 0),))
    return {
        "look": lambda: hook.backlog([name], {}),
        "read": lambda: hook.read(backlog, **BOUNDS),
        "dead letter": lambda: hook.dead_letter([LETTER], dead),
        "commit": lambda: hook.commit({name: {0: 1}}),
    }


def refused(call: Callable[[], Any], kind: type[Exception], *said: str) -> None:
    started = time.monotonic()
    with pytest.raises(kind) as error:
        call()
    assert time.monotonic() - started < PATIENCE
    message = str(error.value)
    assert message.startswith("Kafka connection 'kafka_default' (bootstrap.servers='localhost:")
    for text in said:
        assert text in message
    assert "-password" not in message
    assert "not the password" not in message


class Wrong(NamedTuple):
    """What is wrong with a connection, and what is said of it."""

    listener: str
    settings: Settings
    said: tuple[str, ...]


def case(listener: str, settings: Settings, said: tuple[str, ...], id: str) -> Any:  # noqa: A002 - as pytest has it
    return pytest.param(Wrong(listener, settings, said), id=id)


WRONG = [
    case(
        "sasl_tls", sasl_tls(authority="other_ca"), ("TLS failed", "certificate", "set ssl.ca.location"), id="wrong CA"
    ),
    case(
        "misnamed",
        sasl_tls(),
        ("TLS failed", "use the host names of the brokers' certificates in bootstrap.servers and advertised.listeners"),
        id="the certificate names another host",
    ),
    case(
        "sasl_tls",
        sasl_tls("PLAIN", password="not the password"),
        ("refuses the credentials", "check security.protocol, sasl.mechanism, sasl.username and sasl.password"),
        id="wrong password, PLAIN",
    ),
    case(
        "sasl_tls",
        sasl_tls("SCRAM-SHA-512", password="not the password"),
        ("refuses the credentials", "check security.protocol, sasl.mechanism, sasl.username and sasl.password"),
        id="wrong password, SCRAM",
    ),
    case(
        "plain",
        lambda _: {"security.protocol": "SASL_PLAINTEXT", **sasl("PLAIN")},
        ("refuses the credentials", "check security.protocol"),
        id="credentials where none are wanted",
    ),
    case(
        "mutual_tls",
        mutual_tls(None),
        ("refuses the client certificate", "set ssl.certificate.location and ssl.key.location"),
        id="no client certificate",
    ),
    case(
        "mutual_tls",
        mutual_tls("stranger"),
        ("refuses the client certificate", "to a certificate that the broker trusts"),
        id="a client certificate of another CA",
    ),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_the_broker_or_we_refuse_is_reported_with_the_remedy_by_every_call(
    wrong: Wrong, kafka: RealKafka, connect: Any, allowed: dict[str, str]
) -> None:
    hook, said = connect(wrong.listener, wrong.settings(kafka)), wrong.said
    for name, call in calls(hook, allowed["topic"], allowed["dead"]).items():
        refused(call, DeadLetterError if name == "dead letter" else ConfigError, *said)
    passed, text = hook.test_connection()
    assert not passed
    assert said[-1] in text


@pytest.mark.parametrize(
    ("listener", "settings"),
    [
        pytest.param("sasl_tls", {}, id="without TLS to a listener with it"),
        pytest.param("plain", {"security.protocol": "SSL"}, id="with TLS to a listener without it"),
    ],
)
def test_the_wrong_protocol_is_reported_in_time_and_names_the_setting(
    listener: str, settings: dict[str, Any], connect: Any, allowed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # It may be a broker that restarts, so the whole time of a request is waited.
    monkeypatch.setattr("openmetadata_ol_provider.kafka.retry.REQUEST_TIMEOUT", 3)
    hook = connect(listener, settings)
    refused(lambda: hook.backlog([allowed["topic"]], {}), KafkaError, "check", "security.protocol and ssl.*")
    refused(lambda: hook.dead_letter([LETTER], allowed["dead"]), DeadLetterError, "security.protocol and ssl.*")


@pytest.fixture
def lineage(connect: Any, kafka: RealKafka) -> Any:
    """Return a hook of the user ``lineage``."""
    return connect("sasl_tls", sasl_tls()(kafka))


def test_a_topic_that_may_not_be_seen_is_a_matter_of_rights(lineage: Any, allowed: dict[str, str], group: str) -> None:
    forbidden = allowed["forbidden"]
    rights = f"grant the principal DESCRIBE and READ on the topics and READ on the group {group!r}"
    refused(lambda: lineage.backlog([forbidden], {}), ConfigError, repr(forbidden), "not allowed", rights)
    refused(lambda: lineage.commit({forbidden: {0: 1}}), ConfigError, repr(forbidden), "not allowed", rights)


def test_a_topic_that_may_be_seen_but_not_read_is_too(
    lineage: Any, kafka: RealKafka, allowed: dict[str, str], produce: Any
) -> None:
    name = allowed["forbidden"]
    produce(name, b"x")
    kafka.allow("lineage", "TOPIC", name, "DESCRIBE")
    backlog = lineage.backlog([name], {})
    refused(lambda: lineage.read(backlog, **BOUNDS), ConfigError, f"cannot read {name!r}: not allowed")


def test_a_pattern_finds_only_what_may_be_seen(lineage: Any, allowed: dict[str, str]) -> None:
    pattern = f"^({'|'.join(allowed.values())})$"
    found = {item.topic for item in lineage.backlog([pattern], {}).partitions}
    assert found == {allowed["topic"], allowed["dead"]}


def test_a_group_that_may_not_be_used_is_reported_where_it_is_needed_and_only_there(
    connect: Any, kafka: RealKafka, allowed: dict[str, str]
) -> None:
    hook, name = connect("sasl_tls", {**sasl_tls()(kafka), "group.id": "of-others"}), allowed["topic"]
    rights = "READ on the group 'of-others'"
    refused(
        lambda: hook.backlog([name], {}), ConfigError, "cannot read the committed offsets of group 'of-others'", rights
    )
    refused(lambda: hook.commit({name: {0: 1}}), ConfigError, "cannot commit offsets of group 'of-others'", rights)
    # With a checkpoint nobody asks the group.
    backlog = hook.backlog([name], {name: {0: 0, 1: 0}})
    assert len(hook.read(backlog, **BOUNDS).messages) == 1


def test_a_dead_letter_topic_that_may_not_be_written_is_reported_with_the_setting(
    lineage: Any, allowed: dict[str, str]
) -> None:
    name = allowed["forbidden"]
    refused(
        lambda: lineage.dead_letter([LETTER], name),
        DeadLetterRefusedError,
        f"{name!r} (setting dead_letter_topic)",
        f"grant the principal WRITE and DESCRIBE on the topic {name!r}",
        "or set dead_letter_topic: none",
    )


def test_who_may_write_nowhere_is_reported_the_same(connect: Any, kafka: RealKafka, topic: Any) -> None:
    # Such a user is refused the idempotent producer's id before any topic is asked for.
    hook, name = connect("sasl_tls", sasl_tls(user="reader")(kafka)), topic()
    kafka.allow("reader", "TOPIC", name, "READ", "DESCRIBE")
    refused(
        lambda: hook.dead_letter([LETTER], name),
        DeadLetterRefusedError,
        f"grant the principal WRITE and DESCRIBE on the topic {name!r}",
    )


def test_so_is_one_that_is_not_there_and_may_not_be_made(lineage: Any, allowed: dict[str, str]) -> None:
    refused(
        lambda: lineage.dead_letter([LETTER], f"{allowed['topic']}.nowhere"),
        DeadLetterRefusedError,
        "CREATE if it does not exist",
    )


def test_a_dead_letter_topic_that_takes_no_message_so_large_is_reported(
    hook: Any, topic: Any, kafka: RealKafka
) -> None:
    name = topic(prefix="small", max_message_bytes=1000)
    large = DeadLetter(LETTER.message._replace(value=b"x" * 5000), "not JSON")
    refused(lambda: hook.dead_letter([large], name), DeadLetterRefusedError, "max.message.bytes as large as the source")
    assert kafka.watermarks(name) == (0, 0)


def test_a_ca_file_that_is_not_there_is_a_wrong_setting(connect: Any, allowed: dict[str, str]) -> None:
    hook = connect("sasl_tls", {"security.protocol": "SASL_SSL", "ssl.ca.location": "no/such/ca.pem", **sasl("PLAIN")})
    refused(lambda: hook.backlog([allowed["topic"]], {}), ConfigError, "ssl.ca.location", "in the connection's extra")
