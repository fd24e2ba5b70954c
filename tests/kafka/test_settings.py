"""The settings of a connection: what is refused, what is masked, what is logged."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError
from openmetadata_ol_provider.kafka.settings import ClientLog

SECRETS = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "reader",
    "sasl.password": "hunter2-hunter2",
}


@pytest.mark.parametrize("key", ["enable.auto.commit", "auto.commit.enable"])
@pytest.mark.parametrize("value", [True, "true", "True", " TRUE ", "t", 1, "1", "maybe"])
def test_auto_commit_is_refused_in_every_spelling(connect: Any, dead_port: str, key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"'kafka_default': {key} is .*set it to false or remove it"):
        _ = connect(dead_port, {key: value}).settings


@pytest.mark.parametrize("value", [False, "false", "False", 0, "0", None])
def test_auto_commit_turned_off_is_taken(connect: Any, dead_port: str, value: Any) -> None:
    assert connect(dead_port, {"enable.auto.commit": value}).settings.bootstrap == dead_port


def test_an_unknown_setting_is_named(connect: Any, dead_port: str) -> None:
    with pytest.raises(ConfigError, match=r"'kafka_default'.*\"fetch\.min\.bites\"; correct it"):
        connect(dead_port, {"fetch.min.bites": 1}).backlog(["events"], {})


def test_an_unknown_reset_policy_is_named(connect: Any, dead_port: str) -> None:
    with pytest.raises(ConfigError, match=r"auto\.offset\.reset is 'yesterday'; set it to earliest"):
        _ = connect(dead_port, {"auto.offset.reset": "yesterday"}).settings


def test_the_group_has_a_default_and_the_users_stays(connect: Any, dead_port: str) -> None:
    assert connect(dead_port).settings.group == "openmetadata-openlineage"
    assert connect(dead_port, {"group.id": "mine"}).settings.group == "mine"


def test_settings_for_producers_do_not_disturb_consumers(broker: Any, connect: Any) -> None:
    hook = connect(broker.bootstrap, {"acks": "1", "linger.ms": 5, "session.timeout.ms": 6000, "retries": 0})
    assert hook.backlog(["events"], {}).events == 0


def test_refused_credentials_are_reported_and_not_shown(broker: Any, connect: Any) -> None:
    hook = connect(broker.bootstrap, SECRETS)
    with pytest.raises(ConfigError, match=r"'kafka_default'.*refuses the credentials.*check .*sasl\.username") as error:
        hook.backlog(["events"], {})
    assert SECRETS["sasl.password"] not in str(error.value)


def test_secrets_are_in_no_message_and_no_repr(connect: Any, dead_port: str) -> None:
    settings = connect(dead_port, SECRETS).settings
    told = settings.describe(f"the broker said {SECRETS['sasl.password']}", "look")
    assert SECRETS["sasl.password"] not in told + repr(settings) + str(settings)


def test_a_short_secret_does_not_mask_parts_of_words(connect: Any, dead_port: str) -> None:
    settings = connect(dead_port, {**SECRETS, "sasl.password": "p"}).settings
    text = settings.describe("cannot list topics: password 'p' is wrong", "look")
    assert text.endswith("cannot list topics: password '***' is wrong; look")


def test_each_failed_attempt_to_connect_is_not_a_line_in_the_log(
    connect: Any, dead_port: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with pytest.raises(KafkaError, match="refused"):
            connect(dead_port).backlog(["events"], {})
    lines = [record for record in caplog.records if "Connection refused" in record.getMessage()]
    assert len(lines) == 2


def test_what_librdkafka_says_again_in_other_numbers_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    client = ClientLog()
    for end in (
        "(after 0ms in state CONNECT)",
        "(after 0ms in state CONNECT, 1 identical error(s) suppressed)",
        "(after 12ms in state CONNECT, 30 identical error(s) suppressed)",
    ):
        client.log(logging.ERROR, f"FAIL [rdkafka#consumer-8] [thrd:a:1/bootstrap]: Connection refused {end}")
    client.log(logging.ERROR, "FAIL [rdkafka#consumer-8] [thrd:b:1/bootstrap]: Connection refused (after 0ms)")
    assert [record.getMessage()[:35] for record in caplog.records if record.levelno == logging.ERROR] == [
        "FAIL [rdkafka#consumer-8] [thrd:a:1",
        "FAIL [rdkafka#consumer-8] [thrd:b:1",
    ]


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({}, None),
        ({"enable.ssl.certificate.verification": "true", "ssl.endpoint.identification.algorithm": "https"}, None),
        ({"enable.ssl.certificate.verification": False}, "TLS certificates are NOT verified"),
        ({"enable.ssl.certificate.verification": "False"}, "TLS certificates are NOT verified"),
        ({"ssl.endpoint.identification.algorithm": "none"}, "names in TLS certificates are NOT verified"),
    ],
)
def test_what_is_not_verified_is_warned_about(
    extra: dict[str, Any], said: str | None, connect: Any, dead_port: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert connect(dead_port, extra).settings.bootstrap == dead_port
    warnings = [record.getMessage() for record in caplog.records if "verified" in record.getMessage()]
    assert len(warnings) == (said is not None)
    assert (said or "") in "".join(warnings)
