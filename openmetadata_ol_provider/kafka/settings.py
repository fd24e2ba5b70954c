"""A Kafka connection's settings, checked and completed, with the clients and the error messages made from them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError, OpenLineageProviderError
from openmetadata_ol_provider.kafka.errors import REMEDIES, BrokerErrors, FatalCause, fatal_cause, library_error
from openmetadata_ol_provider.kafka.offsets import ResetPolicy

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

log = logging.getLogger(__name__)

#: Group where neither the connection nor a DAG names one: that of all DAGs before each had its own.
DEFAULT_GROUP = "openmetadata-openlineage"

_TRUE = frozenset({"true", "t", "1", "yes", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "off"})
_RESET_POLICIES: dict[str, ResetPolicy] = {
    **dict.fromkeys(("smallest", "earliest", "beginning"), "earliest"),
    **dict.fromkeys(("largest", "latest", "end"), "latest"),
    "error": "error",
}
_UNREACHABLE = (
    "check that this host can reach bootstrap.servers and, if the brokers use TLS, security.protocol and ssl.*"
)
# Settings whose key contains one of these hold a secret.
_SECRET_KEYS = ("password", "secret", "token", "pem", "oauthbearer.config", "jaas")

# Shorter secrets are masked where they are a word, longer ones within words, too.
_SHORT_SECRET = 5


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Settings for members of a group. No group is joined, and a commit with a member's name would be refused.
GROUP_MEMBER_ONLY = _names("""
    group.instance.id group.protocol group.protocol.type group.remote.assignor session.timeout.ms
    heartbeat.interval.ms max.poll.interval.ms partition.assignment.strategy
""")

CONSUMER_ONLY = GROUP_MEMBER_ONLY | _names("""
    group.id coordinator.query.interval.ms enable.auto.commit auto.commit.enable auto.commit.interval.ms
    enable.auto.offset.store auto.offset.reset enable.partition.eof queued.min.messages queued.max.messages.kbytes
    fetch.wait.max.ms fetch.queue.backoff.ms fetch.message.max.bytes max.partition.fetch.bytes
    fetch.max.bytes fetch.min.bytes fetch.error.backoff.ms isolation.level check.crcs allow.auto.create.topics on_commit
""")

PRODUCER_ONLY = _names("""
    transactional.id transaction.timeout.ms enable.idempotence enable.gapless.guarantee acks request.required.acks
    request.timeout.ms retries message.send.max.retries queue.buffering.max.messages queue.buffering.max.kbytes
    queue.buffering.max.ms linger.ms queue.buffering.backpressure.threshold compression.codec compression.type
    compression.level batch.num.messages batch.size delivery.report.only.error delivery.timeout.ms message.timeout.ms
    partitioner msg_order_cmp queuing.strategy sticky.partitioning.linger.ms on_delivery dr_cb
""")

#: Settings that the producer of dead letters sets itself, whatever the connection says.
PRODUCER_OVERRIDES = _names("""
    transactional.id request.required.acks retries message.send.max.retries delivery.timeout.ms message.timeout.ms
    max.in.flight max.in.flight.requests.per.connection queuing.strategy enable.gapless.guarantee
    delivery.report.only.error on_delivery dr_cb
""")


class KafkaSettings:
    """The settings of one connection. Its ``repr`` and its errors show no secret.

    :param conn_id: Airflow connection id, for messages
    :param config: librdkafka settings from the connection
    :param group: group if the connection sets no ``group.id``; default: :data:`DEFAULT_GROUP`
    :raises ConfigError: if ``enable.auto.commit`` is not false, or ``auto.offset.reset`` has an unknown value
    """

    def __init__(self, conn_id: str, config: Mapping[str, Any], group: str | None = None) -> None:
        self.conn_id = conn_id
        self._default_group = group or DEFAULT_GROUP
        self._config = dict(config)
        for key in ("enable.auto.commit", "auto.commit.enable"):
            self._refuse_auto_commit(key)
        self._config.pop("auto.commit.enable", None)
        #: Decides where a partition without any position starts (librdkafka's own default would be ``latest``).
        self.reset_policy = self._reset_policy()
        if self.exposure is not None:
            log.warning("Kafka connection %r: %s", conn_id, self.exposure)

    def __repr__(self) -> str:
        return f"KafkaSettings({self.conn_id!r}, bootstrap.servers={self.bootstrap!r}, group.id={self.group!r})"

    @property
    def bootstrap(self) -> str:
        """``bootstrap.servers`` of the connection."""
        return str(self._config.get("bootstrap.servers") or "")

    @property
    def group(self) -> str:
        """``group.id`` of the connection or, since confluent-kafka aborts the interpreter without one, our default."""
        return str(self._config.get("group.id") or self._default_group)

    @property
    def names_group(self) -> bool:
        """Whether the connection sets ``group.id``."""
        return bool(self._config.get("group.id"))

    @property
    def has_callbacks(self) -> bool:
        """Whether the connection names functions that the client calls while it reads, such as ``oauth_cb``."""
        return any(callable(value) for value in self._config.values())

    def with_group(self, group: str) -> KafkaSettings:
        """Return the same settings for another consumer group."""
        return KafkaSettings(self.conn_id, {**self._config, "group.id": group})

    @property
    def exposure(self) -> str | None:
        """A warning that names the TLS check that is switched off, ``None`` if there is none."""
        if str(self._config.get("enable.ssl.certificate.verification", "true")).strip().lower() in _FALSE:
            return "TLS certificates are NOT verified (enable.ssl.certificate.verification is false)"
        if str(self._config.get("ssl.endpoint.identification.algorithm", "https")).strip().lower() == "none":
            return "names in TLS certificates are NOT verified (ssl.endpoint.identification.algorithm is none)"
        return None

    def get(self, key: str, default: Any = None) -> Any:
        """Return one setting."""
        return self._config.get(key, default)

    def consumer(self, **overrides: Any) -> tuple[Consumer, BrokerErrors]:
        """Create a consumer that commits nothing by itself; the caller closes it.

        :param overrides: settings, ``_`` for ``.``, that replace the connection's
        :raises ConfigError: if librdkafka refuses a setting
        """
        from confluent_kafka import Consumer

        errors = BrokerErrors(self._config.get("error_cb"))
        dropped = PRODUCER_ONLY | GROUP_MEMBER_ONLY
        config = {
            **{key: value for key, value in self._config.items() if key not in dropped},
            "group.id": self.group,
            "auto.offset.reset": self.reset_policy,
            **{key.replace("_", "."): value for key, value in overrides.items()},
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "error_cb": errors,
        }
        return self._create(Consumer, config), errors

    def producer(self, *, idempotent: bool = True, **overrides: Any) -> tuple[Producer, BrokerErrors]:
        """Create a producer that waits for all replicas.

        :param idempotent: ``True`` if a message that is sent again is stored only once
        :param overrides: settings, ``_`` for ``.``, that replace the connection's
        :raises ConfigError: if librdkafka refuses a setting
        """
        from confluent_kafka import Producer

        errors = BrokerErrors(self._config.get("error_cb"))
        dropped = CONSUMER_ONLY | PRODUCER_OVERRIDES
        config = {
            **{key: value for key, value in self._config.items() if key not in dropped},
            **{key.replace("_", "."): value for key, value in overrides.items()},
            "acks": "all",
            "enable.idempotence": idempotent,
            "error_cb": errors,
        }
        return self._create(Producer, config), errors

    def admin(self) -> tuple[AdminClient, BrokerErrors]:
        """Create a client for questions about topics that need no answer.

        :raises ConfigError: if librdkafka refuses a setting
        """
        from confluent_kafka.admin import AdminClient

        # The user's function is not called: it may raise, and a cluster without answer is no error here.
        errors = BrokerErrors()
        dropped = CONSUMER_ONLY | PRODUCER_ONLY | PRODUCER_OVERRIDES
        config = {key: value for key, value in self._config.items() if key not in dropped}
        return self._create(AdminClient, {**config, "error_cb": errors}), errors

    def failure(
        self, action: str, error: object, errors: BrokerErrors | None = None, remedy: str = "", rights: str = ""
    ) -> OpenLineageProviderError:
        """Return the error to raise: ConfigError for refused credentials, rights or certificates, else KafkaError.

        :param action: attempted action, e.g. ``cannot list topics``
        :param error: a KafkaException, a ``confluent_kafka.KafkaError`` or text
        :param errors: errors that librdkafka reported meanwhile, which say more than "timed out"
        :param remedy: advice for an error that may pass; default: check that the brokers are reachable
        :param rights: rights to grant when they are missing; default: those for reading
        """
        cause = library_error(error)
        last = errors.last if errors is not None else None
        fatal = fatal_cause(cause)
        reason = cause.str() if cause is not None else str(error)
        if last is not None and (cause is None or cause.name().startswith("_")):
            reason = f"{reason} ({last.str()})"
            fatal = fatal or fatal_cause(last)
        if fatal is None:
            return KafkaError(self.describe(f"{action}: {reason}", remedy or _UNREACHABLE))
        if fatal is FatalCause.RIGHTS:
            remedy = "grant the principal " + (
                rights or f"DESCRIBE and READ on the topics and READ on the group {self.group!r}"
            )
            return ConfigError(self.describe(f"{action}: {fatal.value}: {reason}", remedy))
        return ConfigError(self.describe(f"{action}: {fatal.value}: {reason}", REMEDIES[fatal]))

    def describe(self, what: str, remedy: str) -> str:
        """Return a message that names the connection and its brokers, with secrets masked."""
        return self._mask_secrets(
            f"Kafka connection {self.conn_id!r} (bootstrap.servers={self.bootstrap!r}): {what}; {remedy}"
        )

    def _mask_secrets(self, text: str) -> str:
        """Mask the connection's secrets, including those that were put into another setting by mistake."""
        for key, value in self._config.items():
            if isinstance(value, str) and value and any(part in key for part in _SECRET_KEYS):
                # Masked everywhere, "p" would make every other word unreadable.
                whole_word = len(value) < _SHORT_SECRET
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)" if whole_word else re.escape(value), "***", text)
        return text

    def _create(self, kind: Any, config: dict[str, Any]) -> Any:
        from confluent_kafka import KafkaException

        try:
            return kind(config, logger=ClientLog())
        except (KafkaException, TypeError, ValueError) as error:
            cause = library_error(error)
            reason = cause.str() if cause is not None else str(error)
            remedy = "correct it in the connection's extra"
            raise ConfigError(self.describe(f"librdkafka refuses a setting: {reason}", remedy)) from None

    def _refuse_auto_commit(self, key: str) -> None:
        value = self._config.get(key)
        text = str(value).strip().lower()
        if value is None or text in _FALSE:
            return
        why = (
            "offsets would be committed before the events are published, and events would be lost"
            if text in _TRUE
            else "it is neither true nor false"
        )
        raise ConfigError(
            self._mask_secrets(
                f"Kafka connection {self.conn_id!r}: {key} is {value!r}, but {why}; set it to false or remove it"
            )
        )

    def _reset_policy(self) -> ResetPolicy:
        value = self._config.get("auto.offset.reset", "earliest")
        try:
            return _RESET_POLICIES[str(value).strip().lower()]
        except KeyError:
            raise ConfigError(
                self._mask_secrets(
                    f"Kafka connection {self.conn_id!r}: auto.offset.reset is {value!r}; "
                    "set it to earliest, latest or error"
                )
            ) from None


# The end may have brackets within brackets: "(after 0ms in state CONNECT, 1 identical error(s) suppressed)".
_VARYING = re.compile(r"rdkafka#\w+-\d+|\((?:after \d+ms|\d+ identical error).*|\d+ms", re.DOTALL)
_MAX_REMEMBERED = 200


class ClientLog:
    """The logger of a confluent_kafka client; logs a repeated line at level DEBUG."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def log(self, level: int, message: str, *args: object) -> None:
        """Log one line of the client."""
        text = message % args if args else message
        constant_part = _VARYING.sub("", text)
        if constant_part in self._logged:
            level = logging.DEBUG
        elif len(self._logged) < _MAX_REMEMBERED:
            self._logged.add(constant_part)
        log.log(level, "%s", text)
