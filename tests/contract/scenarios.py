"""What is published to see which bodies are sent: captured events in two portions, by several configurations."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.contract.world import seed, tag_label
from tests.support import BASE, CAPTURES, PACKAGED, WRITTEN, captured

Json = dict[str, Any]
_FAST = RetryPolicy(attempts=4, base=0.001, cap=0.01, budget=30.0)
#: Everything that may be written is, over everything that may be overwritten.
GREEDY: Json = {
    "namespaces": [{"namespace": "*trino*", "service": "warehouse"}],
    "pipelines": {"level": "job", "service": {"AIRFLOW": "flows", "SPARK": "sparks", "DBT": "dbts", "FLINK": "flinks"}},
    "lineage": {"indirect": True, "on": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL"], "pipeline_nodes": True},
    "write": {
        "descriptions": "always",
        "owners": "always",
        "tags": "always",
        "create_tags": True,
        "queries": True,
        "profile": True,
        "tests": "create",
        "lifecycle": "always",
        "stale_edges": "remove",
        "create_datasets": True,
    },
}
CONFIGS: dict[str, Json] = {"defaults": {}, "greedy": GREEDY}


def start(version: str) -> CatalogueServer:
    """Return a stand-in that holds the sandbox's catalogue, and something of every other kind."""
    packaged: Json = json.loads((PACKAGED / "catalogue.json").read_text(encoding="utf-8"))
    others = seed(tuple(int(part) for part in version.split(".")))
    both = {name: [*packaged.get(name, ()), *others.get(name, ())] for name in {**packaged, **others}}
    return CatalogueServer(both, version=version)


def publish_all(server: CatalogueServer, config: Json) -> None:
    """Publish the first portion, let people work on what is there then, publish the second, and all of it again."""
    settings = Config.model_validate(config)
    first, second = _plans(json.dumps(config))
    with OpenMetadataClient(server.url, retries=_FAST) as client:
        publish_plan(first, client, settings)
        _work_of_people(server)
        publish_plan(second, client, settings)
        publish_plan(first, client, settings)


#: By name; whatever is sent to a catalogue anywhere should be sent by one of these.
SCENARIOS: dict[str, Callable[[CatalogueServer], None]] = {
    name: functools.partial(publish_all, config=config) for name, config in CONFIGS.items()
}


@functools.cache
def _plans(config: str) -> tuple[LineagePlan, LineagePlan]:
    """Return the plans of both portions: the even events of all captures, then the odd ones."""
    settings = Config.model_validate_json(config)
    events = list(_events())
    first = translate(events[::2], settings, None, now=BASE)
    return first.plan, translate(events[1::2], settings, first.state, now=BASE).plan


def _events() -> Iterator[Event]:
    for line in chain.from_iterable(captured(name) for name in (*CAPTURES, *WRITTEN)):
        event = decode_event(line).event
        if event is not None:
            yield event


def _work_of_people(server: CatalogueServer) -> None:
    """Give all pipelines what people give them, and an edge of each source a word of theirs."""
    import requests

    edits = {
        "/description": "by people",
        "/tags": [tag_label("PII.Email")],
        "/owners": [{"id": server.entities("user")[0]["id"], "type": "user"}],
        "/startDate": "2026-11-23T08:00:00Z",
        "/concurrency": 3,
        "/state": "Active",
        "/extension": {"cost": 3},
        "/sourceHash": "0" * 32,
    }
    patch = [{"op": "add", "path": path, "value": value} for path, value in edits.items()]
    headers = {"Content-Type": "application/json-patch+json", "X-Sandbox-User": "ada"}
    with requests.Session() as session:
        session.trust_env = False
        for pipeline in server.entities("pipeline"):
            place = f"{server.url}/api/v1/pipelines/{pipeline['id']}"
            answer = session.patch(place, data=json.dumps(patch), headers=headers, timeout=20)
            assert answer.ok, answer.text
