"""Knows connectors, which move each table or topic on its own, by the integrations and types of jobs that events give.

Debezium and its server, Kafka Connect in all distributions, and MirrorMaker are known by name; the plugins of Kafka
Connect, Pulsar and the like by their last words, ``<system>-sink`` and ``<system>-source``, or by their class,
``S3SinkConnector``. A word such as source elsewhere tells nothing: ``Open Source ETL``, ``source-of-truth-sync``; nor
do the sinks of everyday speech, ``kitchen-sink``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from openmetadata_ol_provider.openlineage.integration_names import integration_name

_PRODUCTS: Final = re.compile(
    r"debezium|(?<![a-z])(?:kafka|confluent|msk|redpanda|strimzi)-?connect(?:ors?)?(?![a-z])|mirror-?maker"
)
_SINK: Final = re.compile(
    r"(?:(?<!\bkitchen)(?<!\bheat)(?<!\bcarbon)(?<!\benergy)(?<!\btime)(?<!\bmoney)-sink|-sink-?(?:connector|task))(?:-\d+)?$"
)
# The systems that plugins with `source` at the end of their names read: the word has other meanings after others.
_SYSTEMS: Final = (
    "activemq|amqp|azure|bigquery|bigtable|blob|cassandra|clickhouse|cosmos|cosmosdb|couchbase|datagen|db2|documentdb|"
    "dynamodb|elasticsearch|file|filestream|ftp|gcs|gridgain|hana|hbase|hdfs|http|ibmmq|influxdb|informix|jdbc|jms|"
    "kafka|kinesis|mariadb|mongo|mongodb|mqtt|mssql|mysql|neo4j|netsuite|opensearch|oracle|pg|postgres|postgresql|"
    "pubsub|pulsar|rabbitmq|redis|redshift|rest|s3|salesforce|servicenow|sftp|snowflake|spanner|splunk|spooldir|"
    "sqlite|sqlserver|sqs|stream|syslog|teradata|tidb|vitess|xstream|yugabytedb"
)
_SOURCE: Final = re.compile(rf"(?:^|-)(?:{_SYSTEMS})-source(?:-?(?:connector|task))?(?:-\d+)?$")
_BOUNDARY: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")


@lru_cache(1024)
def is_connector(integration: str | None, job_type: str | None) -> bool:
    """Tell whether an integration, or the type of a job, is that of a connector.

    :param integration: ``integration`` of the facet ``jobType``
    :param job_type: ``jobType`` of the same facet
    """
    if "connector" in _words(job_type).split("-"):
        return True
    words = _words(integration)
    return any(pattern.search(words) for pattern in (_PRODUCTS, _SINK, _SOURCE))


def _words(text: str | None) -> str:
    """Return a name as words in lower case with hyphens between them, without a version."""
    # The version goes in both spellings, because the name of an integration is one in upper case.
    name = (text or "").strip()[: len(integration_name(text))]
    return _NO_WORD.sub("-", _BOUNDARY.sub("-", name).lower()).strip("-")
