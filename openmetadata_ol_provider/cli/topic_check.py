"""Checks that the topics of ``[openmetadata_ol] topics`` exist and may be described, for ``openmetadata-ol check``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import ConfigError, OpenLineageProviderError, UnknownTopicError
from openmetadata_ol_provider.openlineage.listing import counted, listed

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.backlog import BacklogQuery
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step

_OPTION = "[openmetadata_ol] topics"


def check_option_topics(hook: OpenLineageKafkaHook) -> Step:
    """Look up the topics of the option, and the topics of their dead letters.

    A missing topic is a failure if the option names it, and a warning if it is only the option's default: the DAGs of
    this Airflow may give their operators other topics.

    :param hook: hook of a connection that works
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.get_provider_info import DEFAULTS
    from openmetadata_ol_provider.openmetadata.admin.check_step import Step, warning

    topics = conf.topics()
    try:
        with hook.query() as query:
            detail = _describe(query, topics)
    except UnknownTopicError as error:
        if topics != [DEFAULTS["topics"]]:
            return Step("topics", False, f"{_OPTION}: {error}")
        return warning("topics", f"{error}. It is the default of {_OPTION}: if your DAGs read other topics, set it")
    except OpenLineageProviderError as error:
        return Step("topics", False, f"{_OPTION}: {error}")
    return Step("topics", True, detail)


def _describe(query: BacklogQuery, topics: Sequence[str]) -> str:
    """Return what can be read, and whether a topic for dead letters exists.

    :raises UnknownTopicError: if a topic does not exist
    """
    from openmetadata_ol_provider import conf
    from openmetadata_ol_provider.ingestion.dead_letters import dead_letter_topics
    from openmetadata_ol_provider.ingestion.settings import DeadLetterTarget

    option = conf.dead_letter_topic()
    partitions = query.partitions(topics, DeadLetterTarget(option).exclude)
    names = sorted({topic for topic, _ in partitions})
    topics_text = f"{_OPTION}: {listed(names)} ({counted(len(partitions), 'partition')})."
    try:
        letters = dead_letter_topics(names, option)
    except ConfigError:
        # The option is none: there are no dead letters.
        return topics_text
    missing = sorted(set(letters) - set(query.existing_topics(letters)))
    if not missing:
        return topics_text
    noun, pronoun = ("topic", "it") if len(missing) == 1 else ("topics", "them")
    return (
        f"{topics_text} Dead-letter {noun} {listed(missing)} will be needed for unusable messages: create {pronoun}, "
        f"or grant DESCRIBE and WRITE on {pronoun}, unless the broker creates topics automatically."
    )
