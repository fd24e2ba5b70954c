"""Message queues: OpenMetadata has no entity of their own for them, so they are looked for only by a rule.

Source: not in the specification; asset URIs and hooks of Airflow, ARNs of Amazon's services.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, other

SYSTEM = System(
    title="RabbitMQ, ActiveMQ, SQS, SNS, Firehose, NATS, MQTT, Redis",
    kind="other",
    schemes={
        "rabbitmq": 5672, "activemq": None, "sqs": None, "sns": None, "firehose": None, "nats": 4222, "mqtt": 1883,
        "jms": None, "redis": 6379,
    },
    aliases={"amqp": "rabbitmq", "amqps": "rabbitmq", "rediss": "redis"},
    namespaces="`rabbitmq://host`, `arn:aws:sqs:region:account`",
    names="as they come",
    read=other,
)  # fmt: skip
