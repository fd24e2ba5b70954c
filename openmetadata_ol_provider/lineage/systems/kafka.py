"""Apache Kafka and what speaks its protocol: the brokers are the namespace.

Source: the specification's row, ``kafka://host:port`` + ``topic``. Some producers list several brokers; Flink 1 sends
them without a scheme. One broker is in one cluster, so that any of them names it.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, topic

SYSTEM = System(
    title="Kafka, Redpanda",
    kind="topic",
    schemes={"kafka": 9092},
    aliases={"redpanda": "kafka"},
    namespaces="`kafka://host:port`, several brokers with commas, `host:9092` without scheme",
    names="the topic",
    read=topic,
)
