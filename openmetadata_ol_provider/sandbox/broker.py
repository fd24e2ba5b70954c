"""Runs an embedded Kafka broker on a real socket: librdkafka's mock cluster, which needs no installation.

It speaks the Kafka protocol to every client on this machine, including other processes, and keeps its messages in
memory (about 5 MB per partition; older ones are dropped). It has no SASL, no TLS, no transactions and no admin requests
other than metadata. The cluster is controlled through the symbols of the librdkafka that confluent-kafka contains. If
they are not accessible, librdkafka's public setting ``test.mock.num.brokers`` is used, which offers less control.
"""

from __future__ import annotations

import ctypes
import logging
import os
from typing import TYPE_CHECKING, Any, Protocol

from openmetadata_ol_provider.exceptions import KafkaError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

log = logging.getLogger(__name__)

_PRODUCER_TYPE = 0
_METADATA_TIMEOUT = 10.0


class KafkaBroker:
    """A Kafka cluster inside this process, for tests and demos; a context manager, started by its constructor.

    :param topics: topics to create, name -> number of partitions; others are created with 4 when first produced to
    :param brokers: number of brokers, ids 1 to ``brokers``
    :raises KafkaError: if the installed confluent-kafka has no mock cluster
    """

    def __init__(self, topics: dict[str, int] | None = None, brokers: int = 1) -> None:
        self._owner = os.getpid()
        self._cluster: _Cluster | None = _start(brokers)
        #: value of ``bootstrap.servers``: ``127.0.0.1:port``, comma-separated for several brokers
        self.bootstrap = self._cluster.bootstrap
        try:
            for name, partitions in (topics or {}).items():
                self.create_topic(name, partitions)
        except KafkaError:
            self.close()
            raise

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Create a topic.

        :param name: topic name
        :param partitions: number of partitions; always 4, with a warning, if librdkafka's symbols are not accessible
        :raises KafkaError: if the topic exists already or its name is invalid
        """
        self._running().create_topic(name, partitions)

    def push_errors(self, api_key: int, *codes: int) -> None:
        """Make the next requests of one kind fail before the broker acts on them, each with the next of the codes.

        :param api_key: number of the request in the Kafka protocol, e.g. 0 Produce, 1 Fetch, 8 OffsetCommit
        :param codes: error codes of the Kafka protocol, e.g. ``confluent_kafka.KafkaError.NOT_LEADER_FOR_PARTITION``
        :raises KafkaError: if librdkafka's symbols are not accessible
        """
        self._running().push_errors(api_key, codes)

    def set_down(self, broker_id: int, down: bool = True) -> None:
        """Take a broker down, which closes and refuses its connections, or bring it up again.

        :param broker_id: number of the broker, from 1
        :param down: ``False`` to bring it up again
        :raises KafkaError: if librdkafka's symbols are not accessible
        """
        self._running().set_down(broker_id, down)

    def close(self) -> None:
        """Stop the cluster and drop its messages; may be called more than once."""
        cluster, self._cluster = self._cluster, None
        # A forked child inherits the handles but not their threads: only the creating process may destroy them.
        if cluster is not None and os.getpid() == self._owner:
            cluster.close()

    def _running(self) -> _Cluster:
        if self._cluster is None:
            raise KafkaError(f"sandbox broker {self.bootstrap} is closed; start a new one")
        return self._cluster

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"KafkaBroker({self.bootstrap!r}{', closed' if self._cluster is None else ''})"


class _Cluster(Protocol):
    """A mock cluster, however it is controlled."""

    bootstrap: str

    def create_topic(self, name: str, partitions: int) -> None: ...
    def push_errors(self, api_key: int, codes: tuple[int, ...]) -> None: ...
    def set_down(self, broker_id: int, down: bool) -> None: ...
    def close(self) -> None: ...


def _start(brokers: int) -> _Cluster:
    try:
        return _NativeCluster(_library(), brokers)
    except (OSError, AttributeError) as error:
        log.debug("librdkafka's symbols are not accessible (%s); using test.mock.num.brokers", error)
        return _PublicCluster(brokers)


def _library() -> ctypes.CDLL:
    """Return librdkafka with the functions of the mock cluster declared.

    A lookup in the extension module also finds the symbols of the librdkafka it is linked to, which lies in a different
    place on each platform.
    """
    import confluent_kafka.cimpl

    library = ctypes.CDLL(confluent_kafka.cimpl.__file__)
    handle, text, number, short = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int16
    for name, result, arguments in (
        ("rd_kafka_conf_new", handle, []),
        ("rd_kafka_conf_set", number, [handle, text, text, text, ctypes.c_size_t]),
        ("rd_kafka_new", handle, [number, handle, text, ctypes.c_size_t]),
        ("rd_kafka_destroy", None, [handle]),
        ("rd_kafka_mock_cluster_new", handle, [handle, number]),
        ("rd_kafka_mock_cluster_destroy", None, [handle]),
        ("rd_kafka_mock_cluster_bootstraps", text, [handle]),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, [handle, ctypes.c_int32]),
        ("rd_kafka_mock_topic_create", number, [handle, text, number, number]),
        (
            "rd_kafka_mock_push_request_errors_array",
            None,
            [handle, short, ctypes.c_size_t, ctypes.POINTER(number)],
        ),
        ("rd_kafka_mock_broker_set_down", number, [handle, ctypes.c_int32]),
        ("rd_kafka_mock_broker_set_up", number, [handle, ctypes.c_int32]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


class _NativeCluster:
    """A mock cluster that is controlled with librdkafka's C functions."""

    def __init__(self, library: ctypes.CDLL, brokers: int) -> None:
        self._library = library
        self._brokers = brokers
        reason = ctypes.create_string_buffer(512)
        conf = library.rd_kafka_conf_new()
        # Fault tests close connections on purpose, which should not be logged.
        library.rd_kafka_conf_set(conf, b"log_level", b"2", reason, len(reason))
        self._client = library.rd_kafka_new(_PRODUCER_TYPE, conf, reason, len(reason))
        if not self._client:
            raise KafkaError(f"sandbox broker cannot start: {reason.value.decode(errors='replace')}")
        self._mock = library.rd_kafka_mock_cluster_new(self._client, brokers)
        if not self._mock:
            library.rd_kafka_destroy(self._client)
            raise KafkaError(f"sandbox broker cannot start with {brokers} broker(s); expected 1 or more")
        self.bootstrap = library.rd_kafka_mock_cluster_bootstraps(self._mock).decode()
        # Real brokers wait 3 s for more members of a new group, which is unnecessary here.
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._mock, 0)

    def create_topic(self, name: str, partitions: int) -> None:
        code = self._library.rd_kafka_mock_topic_create(self._mock, name.encode(), partitions, self._brokers)
        self._check(code, f"topic {name!r} with {partitions} partition(s) cannot be created")

    def push_errors(self, api_key: int, codes: tuple[int, ...]) -> None:
        array = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(self._mock, api_key, len(codes), array)

    def set_down(self, broker_id: int, down: bool) -> None:
        verb = "down" if down else "up"
        code = getattr(self._library, f"rd_kafka_mock_broker_set_{verb}")(self._mock, broker_id)
        self._check(code, f"broker {broker_id} cannot be taken {verb}")

    def close(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._mock)
        self._library.rd_kafka_destroy(self._client)

    @staticmethod
    def _check(code: int, failure: str) -> None:
        import confluent_kafka

        if code:
            raise KafkaError(f"sandbox broker: {failure}: {confluent_kafka.KafkaError(code).str()}")


class _PublicCluster:
    """A mock cluster started with ``test.mock.num.brokers``, which every confluent-kafka supports."""

    def __init__(self, brokers: int) -> None:
        from confluent_kafka.admin import AdminClient

        # The cluster exists as long as this client.
        self._admin: Any = AdminClient({"test.mock.num.brokers": brokers, "log_level": 2})
        addresses = self._admin.list_topics(timeout=_METADATA_TIMEOUT).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in addresses)

    def create_topic(self, name: str, partitions: int) -> None:
        # Requesting the metadata of a topic creates it.
        actual = len(self._admin.list_topics(name, timeout=_METADATA_TIMEOUT).topics[name].partitions)
        if actual != partitions:
            log.warning("sandbox broker: partitions of topic %r: %d, not %d", name, actual, partitions)

    def push_errors(self, api_key: int, codes: tuple[int, ...]) -> None:
        raise KafkaError(f"errors {codes} for request {api_key} cannot be injected: {_NEEDS_SYMBOLS}")

    def set_down(self, broker_id: int, down: bool) -> None:
        raise KafkaError(f"broker {broker_id} cannot be taken {'down' if down else 'up'}: {_NEEDS_SYMBOLS}")

    def close(self) -> None:
        self._admin = None


_NEEDS_SYMBOLS = "librdkafka's symbols are not accessible in this confluent-kafka; install the wheel from PyPI"
