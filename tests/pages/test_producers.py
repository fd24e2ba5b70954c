"""Settings of producers are those that the producers read, as far as they can be had here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from tests.pages.pages import BLOCKS, DOCS, Block, marked, module_of
from tests.support import plan_of

PRODUCERS = sorted((DOCS / "producers").glob("*.md"))


def blocks_of(page: str, language: str) -> list[Block]:
    return [block for block in BLOCKS if block.where.startswith(f"{page}:") and block.language == language]


def properties(block: Block) -> dict[str, str]:
    """Return the settings of a block of Java properties, or of Flink's flat YAML."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    pairs = [re.split(r"=|: ", line, maxsplit=1) for line in lines]
    assert all(len(pair) == 2 for pair in pairs), block.where
    return {key.strip(): value.strip() for key, value in pairs}


def test_the_index_lists_every_page_of_a_producer() -> None:
    index = (DOCS / "producers.md").read_text(encoding="utf-8")
    assert {f"producers/{page.name}" for page in PRODUCERS} == set(re.findall(r"\((producers/\w+\.md)\)", index))


@pytest.mark.parametrize("page", ["python.md", "dbt.md", "airflow.md"])
def test_the_python_client_takes_the_transport(page: str) -> None:
    import yaml
    from openlineage.client.transport.kafka import KafkaConfig

    transports = [yaml.safe_load(block.text)["transport"] for block in blocks_of(page, "yaml")]
    taken = [KafkaConfig.from_dict(transport) for transport in transports if "config" in transport]
    assert taken
    for config in taken:
        assert config.topic == "openlineage.events"
        assert config.config["bootstrap.servers"] == "broker1:9092"


def test_airflows_transport_is_one_that_the_client_takes() -> None:
    from openlineage.client.transport.kafka import KafkaConfig

    text = "\n".join(block.text for block in blocks_of("airflow.md", "bash"))
    (value,) = re.findall(r"AIRFLOW__OPENLINEAGE__TRANSPORT='(.*?)'", text, re.DOTALL)
    config = KafkaConfig.from_dict(json.loads(value))
    assert (config.topic, config.flush) == ("openlineage.events", True)


def test_the_example_of_a_producer_sends_an_event_that_becomes_an_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from confluent_kafka import Consumer

    (example,) = marked("producer")
    with KafkaBroker({"openlineage.events": 1}) as broker:
        (settings,) = [block for block in blocks_of("python.md", "yaml") if "config:" in block.text]
        file = tmp_path / "openlineage.yml"
        file.write_text(settings.text.replace("broker1:9092", broker.bootstrap), encoding="utf-8")
        monkeypatch.setenv("OPENLINEAGE_CONFIG", str(file))
        module_of(example)
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "g", "auto.offset.reset": "earliest"})
        consumer.subscribe(["openlineage.events"])
        message = consumer.poll(20)
        consumer.close()
    assert message is not None
    (edge,) = plan_of(json.loads(message.value())).edges
    assert (edge.source.name, edge.target.name) == ("dwh.public.orders", "dwh.public.totals")


@pytest.mark.parametrize(
    ("page", "needed"),
    [
        ("flink.md", {"execution.job-status-changed-listeners", "openlineage.transport.topicName"}),
        ("trino.md", {"openlineage-event-listener.kafka-transport.broker-endpoints"}),
        ("debezium.md", {"openlineage.integration.enabled", "transforms.openlineage.type"}),
    ],
)
def test_each_line_of_properties_is_a_setting(page: str, needed: set[str]) -> None:
    names = {name for block in blocks_of(page, "properties") for name in properties(block)}
    assert needed <= names


def test_hives_settings_are_well_formed_and_name_the_topic() -> None:
    (block,) = blocks_of("hive.md", "xml")
    settings = {
        item.findtext("name"): item.findtext("value")
        for item in ET.fromstring(block.text)  # noqa: S314 - our own page
    }
    assert settings["hive.openlineage.transport.topicName"] == "openlineage.events"
    assert all(settings.values())


def test_the_rule_for_fabric_makes_tables_of_paths_in_onelake() -> None:
    import yaml

    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.lineage.identities import Naming

    page = (DOCS / "producers" / "spark.md").read_text(encoding="utf-8")
    rule = re.search(r"`(\{match: .*\})`", page)
    assert rule is not None
    naming = Naming(Config.model_validate({"datasets": {"rename": [yaml.safe_load(rule[1])]}}).datasets)
    (table,) = naming.identities("abfss://ws@onelake.dfs.fabric.microsoft.com", "/lake.Lakehouse/Tables/orders")
    assert (table.name, table.kind) == ("lake.dbo.orders", "table")
