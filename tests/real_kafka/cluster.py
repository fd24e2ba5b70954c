"""Apache Kafka in a process of its own: one broker and controller in KRaft mode, with every kind of listener."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import signal
import socket
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.ports import free_ports
from tests.real_kafka.certificates import Certificates, make_certificates

#: Listeners: the name that the tests use, and the protocol spoken there.
LISTENERS = {
    "plain": "PLAINTEXT",
    "sasl": "SASL_PLAINTEXT",
    "sasl_tls": "SASL_SSL",
    "mutual_tls": "SSL",
    "misnamed": "SASL_SSL",
}
#: Users of SASL, with their passwords: one who may do everything, two who may do what a test allows them.
USERS = {name: f"{name}-password" for name in ("admin", "lineage", "reader")}

#: Seconds that nothing takes on an idle machine; one that runs much else takes many times as long.
_START_TIMEOUT = 300.0
_STOP_TIMEOUT = 120.0
_ADMIN_TIMEOUT = 120.0
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
_LOG4J = """<Configuration status="WARN">
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{HH:mm:ss.SSS} %p %c{1}: %m %throwable{short.message}%n"/></Console>
  </Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


class RealKafka:
    """A broker that can be started, stopped, killed, stalled and started again; its data outlive all of that.

    :param java: path of the java command
    :param libraries: folder with Kafka's libraries
    :param folder: an empty folder for data, certificates and log
    :param properties: properties of the broker that differ from those of all tests
    """

    def __init__(self, java: str, libraries: Path, folder: Path, properties: Mapping[str, str] | None = None) -> None:
        self._own_properties = dict(properties or {})
        self._java = java
        self._classpath = f"{libraries}/*"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = dict(zip((*LISTENERS, "controller"), free_ports(len(LISTENERS) + 1), strict=True))
        self.certificates: Certificates = make_certificates(folder)
        self.log = folder / "broker.log"
        (folder / "log4j2.xml").write_text(_LOG4J, encoding="utf-8")
        (folder / "server.properties").write_text(self._properties(), encoding="utf-8")
        self._format()

    @property
    def bootstrap(self) -> str:
        """Address of the listener without any protection."""
        return self.address("plain")

    def address(self, listener: str) -> str:
        """Return ``host:port`` of one of :data:`LISTENERS`."""
        return f"localhost:{self._ports[listener]}"

    @property
    def settings(self) -> dict[str, Any]:
        """Client settings for the listener without protection."""
        return {"bootstrap.servers": self.bootstrap, "broker.address.family": "v4"}

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    # -- the process ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the broker and wait until it answers; it ends with the thread that started it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._jvm("-Xms256m", "-Xmx512m"), "kafka.Kafka", str(self._folder / "server.properties")],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one call into libc
            )
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"Kafka did not start:\n{self.tail()}")

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power failure would."""
        self._end(signal.SIGKILL)

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Let it hang: connections stay open, nothing is answered."""
        self.stall()
        try:
            yield
        finally:
            self.resume()

    def stall(self) -> None:
        """Let it hang until it is told to go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def tail(self, lines: int = 40) -> str:
        """Return the last lines of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    # -- what is in it -------------------------------------------------------------------------------------------------

    def admin(self) -> Any:
        """Return an admin client that may do everything."""
        from confluent_kafka.admin import AdminClient

        return AdminClient(self.settings, logger=logging.getLogger("kafka.admin"))

    def create_topic(self, name: str, partitions: int = 1, **config: Any) -> str:
        """Create a topic.

        :param config: its settings, with ``_`` for ``.``
        """
        from confluent_kafka import KafkaError, KafkaException
        from confluent_kafka.admin import NewTopic

        texts = {key.replace("_", "."): str(value) for key, value in config.items()}
        # On a busy machine the broker misses heartbeats, and is given up until the next one.
        fenced = {KafkaError.INVALID_REPLICATION_FACTOR, KafkaError._TIMED_OUT, KafkaError.REQUEST_TIMED_OUT}
        refused: set[int] = set()

        def create() -> bool:
            # It ends its requests when it is no longer referred to.
            admin = self.admin()
            created = admin.create_topics([NewTopic(name, partitions, 1, config=texts)])[name]
            try:
                created.result(timeout=_ADMIN_TIMEOUT)
            except KafkaException as error:
                code = error.args[0].code()
                if code == KafkaError.TOPIC_ALREADY_EXISTS and refused:
                    return True
                if code not in fenced:
                    raise
                refused.add(code)
                return False
            return True

        wait(create)
        # The controller's word comes before the broker has taken on the partitions.
        for partition in range(partitions):
            self.watermarks(name, partition)
        return name

    def delete_topic(self, name: str) -> None:
        """Delete a topic and wait until it is gone."""
        admin = self.admin()
        admin.delete_topics([name])[name].result(timeout=_ADMIN_TIMEOUT)
        wait(lambda: name not in admin.list_topics(timeout=10).topics)

    def delete_records(self, topic: str, before: Mapping[int, int]) -> None:
        """Delete what lies before an offset, as retention does.

        :param before: partition -> first offset that stays
        """
        from confluent_kafka import TopicPartition

        admin = self.admin()
        targets = [TopicPartition(topic, partition, offset) for partition, offset in before.items()]
        for answer in admin.delete_records(targets).values():
            answer.result(timeout=_ADMIN_TIMEOUT)

    def watermarks(self, topic: str, partition: int = 0) -> tuple[int, int]:
        """Return the first retained offset, and one past the last."""
        from confluent_kafka import Consumer, KafkaException, TopicPartition

        # A client that outlives restarts of the broker may wait for an answer for ever: each attempt has its own.
        settings = {**self.settings, "group.id": "observer"}
        found: list[tuple[int, int]] = []

        def ask() -> bool:
            observer = Consumer(settings, logger=logging.getLogger("kafka.observer"))
            with contextlib.closing(observer), contextlib.suppress(KafkaException):
                # The client would not look for a partition that it has not heard of.
                observer.list_topics(topic, timeout=10)
                found.append(observer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10))
            return bool(found)

        wait(ask, timeout=_START_TIMEOUT)
        return found[0]

    def allow(self, user: str, kind: str, name: str, *operations: str, prefix: bool = False) -> None:
        """Give a user rights.

        :param kind: ``TOPIC``, ``GROUP`` ...
        :param operations: ``READ``, ``WRITE``, ``DESCRIBE``, ``CREATE`` ...
        :param prefix: all whose names begin with ``name``
        """
        from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

        pattern = ResourcePatternType.PREFIXED if prefix else ResourcePatternType.LITERAL
        admin = self.admin()
        bindings = [
            AclBinding(
                ResourceType[kind],
                name,
                pattern,
                f"User:{user}",
                "*",
                AclOperation[operation],
                AclPermissionType.ALLOW,
            )
            for operation in operations
        ]
        for answer in admin.create_acls(bindings).values():
            answer.result(timeout=_ADMIN_TIMEOUT)

    # -- how it is made ------------------------------------------------------------------------------------------------

    def _jvm(self, *options: str) -> list[str]:
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        logging_file = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.xml'}"
        return [self._java, *quick, *options, logging_file, "-cp", self._classpath]

    def _format(self) -> None:
        # What begins with a hyphen would be taken for an option.
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        command = [*self._jvm(), "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster]
        command += ["-c", str(self._folder / "server.properties")]
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            for user, password in USERS.items():
                command += ["--add-scram", f"{mechanism}=[name={user},password={password}]"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_START_TIMEOUT, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"Kafka's storage cannot be formatted:\n{done.stdout}{done.stderr}")

    def _properties(self) -> str:
        names = {listener: listener.upper() for listener in LISTENERS}
        addresses = {name: f"{name}://{self.address(listener)}" for listener, name in names.items()}
        controller = f"CONTROLLER://localhost:{self._ports['controller']}"
        plain_users = "".join(f' user_{user}="{password}"' for user, password in USERS.items())
        modules = {
            "plain": f"org.apache.kafka.common.security.plain.PlainLoginModule required{plain_users};",
            "scram-sha-256": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "scram-sha-512": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            # Takes unsigned tokens, as nobody but tests would.
            "oauthbearer": "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
        }
        found = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "log.dirs": str(self._folder / "data"),
            "controller.quorum.bootstrap.servers": f"localhost:{self._ports['controller']}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join([*addresses.values(), controller]),
            "advertised.listeners": ",".join(addresses.values()),
            "listener.security.protocol.map": ",".join(
                [*(f"{names[listener]}:{protocol}" for listener, protocol in LISTENERS.items()), "CONTROLLER:PLAINTEXT"]
            ),
            "inter.broker.listener.name": "PLAIN",
            "sasl.enabled.mechanisms": ",".join(_MECHANISMS),
            **{
                f"listener.name.{listener}.{mechanism}.sasl.jaas.config": module
                for listener, protocol in LISTENERS.items()
                if protocol.startswith("SASL")
                for mechanism, module in modules.items()
            },
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.certificates.broker),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.certificates.ca),
            "listener.name.mutual_tls.ssl.client.auth": "required",
            "listener.name.misnamed.ssl.keystore.type": "PEM",
            "listener.name.misnamed.ssl.keystore.location": str(self.certificates.misnamed),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS;User:admin;User:CN=client",
            # One broker is the whole cluster, and nobody wants to wait for a second one, or for the cleaner.
            **dict.fromkeys(
                (
                    "offsets.topic.replication.factor",
                    "offsets.topic.num.partitions",
                    "transaction.state.log.replication.factor",
                    "transaction.state.log.min.isr",
                    "transaction.state.log.num.partitions",
                    "share.coordinator.state.topic.replication.factor",
                    "share.coordinator.state.topic.min.isr",
                ),
                "1",
            ),
            # After a kill, the broker of before has to be given up first.
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
            "group.initial.rebalance.delay.ms": "0",
            "log.retention.check.interval.ms": "300",
            "log.initial.task.delay.ms": "100",
            "log.cleaner.backoff.ms": "100",
            "message.max.bytes": "10000000",
            **self._own_properties,
        }
        return "".join(f"{key}={value}\n" for key, value in found.items())

    def _answers(self) -> bool:
        from confluent_kafka import KafkaException

        try:
            with socket.create_connection(("localhost", self._ports["plain"]), timeout=1):
                pass
            return bool(self.admin().list_topics(timeout=10).brokers)
        except (OSError, KafkaException):
            time.sleep(0.1)
            return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(condition: Callable[[], bool], timeout: float = _ADMIN_TIMEOUT) -> None:
    """Wait until something is true; that it does not happen is an error."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"what was waited for did not happen in {timeout:g} s"
        time.sleep(0.1)


def _die_with_parent() -> None:
    """Leave no broker behind when the tests are killed (Linux only)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
