"""Asks a cluster for the ids of topics: a topic that is deleted and recreated has the same name and another id."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from concurrent.futures import TimeoutError as NoAnswerError
from typing import Any, Final

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.kafka.retry import serve_callbacks
from openmetadata_ol_provider.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

_POLL: Final = 0.01
# Seconds that the controller is waited for, which nothing else needs: the state keeps the ids until the next task.
_TIMEOUT: Final = 3.0
#: What brokers before Kafka 2.8 have in place of an id.
_NO_ID: Final = "AAAAAAAAAAAAAAAAAAAAAA"


def fetch_topic_ids(settings: KafkaSettings, topics: Collection[str]) -> dict[str, str]:
    """Return the ids of topics; one whose id cannot be had is left out, which is never an error.

    :param topics: names of topics
    """
    from confluent_kafka import KafkaException, TopicCollection

    if not topics:
        return {}
    deadline = time.monotonic() + _TIMEOUT
    try:
        client, errors = settings.admin()
        pending = client.describe_topics(TopicCollection(sorted(topics)), request_timeout=_TIMEOUT)
        while not all(answer.done() for answer in pending.values()) and time.monotonic() < deadline:
            # A token for OAUTHBEARER is fetched in a callback.
            serve_callbacks(client, errors)
            time.sleep(_POLL)
    except (ConfigError, KafkaException) as error:
        log.info("the ids of topics are unknown, so recreated ones may go unnoticed: %s", error)
        return {}
    return {topic: text for topic, answer in pending.items() if (text := _id_of(topic, answer))}


def recreated_topics(stored: Mapping[str, str], current: Mapping[str, str]) -> frozenset[str]:
    """Return the topics that were recreated since their positions were stored; only topics with two ids count.

    :param stored: id of each topic when its positions were stored
    :param current: id of each topic now
    """
    return frozenset(topic for topic, text in current.items() if stored.get(topic, text) != text)


def _id_of(topic: str, answer: Any) -> str:
    from confluent_kafka import KafkaException

    try:
        text = str(answer.result(timeout=0).topic_id or "")
    except (KafkaException, NoAnswerError) as error:
        reason = str(error) or "no answer"
        log.info("the id of topic %r is unknown, so it may be recreated unnoticed: %s", topic, reason)
        return ""
    return "" if text == _NO_ID else text
