"""Azure Event Hubs, where it is not read through its Kafka endpoint.

Source: not in the specification; Spark's connector, ``eventhubs://namespace.servicebus.windows.net`` + the hub's name.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, topic

SYSTEM = System(
    title="Azure Event Hubs",
    kind="topic",
    schemes={"eventhubs": None},
    aliases={"eventhub": "eventhubs"},
    namespaces="`eventhubs://namespace.servicebus.windows.net`",
    names="the event hub",
    read=topic,
)
