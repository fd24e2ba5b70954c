"""The stand-in's answers are what OpenMetadata's own models can be read from."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE
from tests.contract import routes
from tests.contract.models import Models
from tests.contract.test_shapes import shapes_of
from tests.contract.world import seed

Json = dict[str, Any]


class Asking:
    """A plain client of one stand-in."""

    def __init__(self, server: CatalogueServer) -> None:
        import requests

        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def answer(self, path: str, body: Any = None) -> str:
        """Return the answer to a GET, or to a PUT if there is a body."""
        method = "GET" if body is None else "PUT"
        answer = self.session.request(method, f"{self.server.url}/api/v1/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.text

    def get(self, path: str) -> Json:
        found: Json = json.loads(self.answer(path))
        return found

    def by_name(self, collection: str, fqn: str) -> Json:
        return self.get(f"{collection}/name/{quoted(fqn)}")


@pytest.fixture
def asking(models: Models) -> Iterator[Asking]:
    with CatalogueServer(seed(models.release.numbers), version=models.release.version) as server:
        asking = Asking(server)
        yield asking
        asking.session.close()


def reference(entity_type: str, entity: Json) -> Json:
    return {"id": entity["id"], "type": entity_type}


def quoted(fqn: str) -> str:
    return urllib.parse.quote(fqn, safe="")


def complaints(models: Models, pairs: list[tuple[str, str]]) -> str:
    """Return what is wrong with answers, a line each, without what differs from answer to answer."""
    found = zip(pairs, models.complaints(pairs), strict=True)
    return "\n".join(
        sorted({f"{model}: {text.partition(' (seen')[0]}" for (model, _), texts in found for text in texts})
    )


def test_entities_are_answered_as_their_models_have_them(asking: Asking, models: Models) -> None:
    pairs: list[tuple[str, str]] = []
    for entity_type, kind in routes.KIND_MODELS.items():
        place = BY_TYPE[entity_type].path
        found = asking.get(f"{place}?fields=*&limit=100")["data"]
        assert found, f"the seed has no {entity_type}"
        names = [f"{place}/name/{quoted(entity['fullyQualifiedName'])}?fields=*" for entity in found]
        pairs += [(kind.entity, text) for text in (*map(json.dumps, found), *map(asking.answer, names))]
    assert complaints(models, pairs) == ""


def test_changes_are_answered_with_the_entity(asking: Asking, models: Models) -> None:
    table = asking.by_name("tables", "pg.shop.public.orders")
    query = {"service": "pg", "query": "select id from orders", "queryUsedIn": [reference("table", table)]}
    pairs = [
        (routes.KIND_MODELS["pipeline"].entity, asking.answer("pipelines", {"name": "new", "service": "ol"})),
        (routes.KIND_MODELS["query"].entity, asking.answer("queries", query)),
        (routes.KIND_MODELS["query"].entity, asking.answer("queries", query)),
    ]
    assert complaints(models, pairs) == ""


def test_lineage_is_answered_as_its_models_have_it(asking: Asking, models: Models) -> None:
    source, target = (asking.by_name("tables", f"pg.shop.public.{name}") for name in ("orders", "facts"))
    graph = asking.answer(f"lineage/table/{target['id']}?upstreamDepth=1&downstreamDepth=1")
    edge = asking.get(f"lineage/getLineageEdge/{source['id']}/{target['id']}")["edge"]
    assert json.loads(graph)["upstreamEdges"]
    pairs = [("type.entityLineage.EntityLineage", graph), (routes.LINEAGE_DETAILS, json.dumps(edge))]
    assert complaints(models, pairs) == ""


def test_run_statuses_and_usage_are_answered_as_their_models_have_them(asking: Asking, models: Models) -> None:
    pipeline = asking.by_name("pipelines", "ol.etl")
    status = {
        "timestamp": 1763884800000,
        "executionStatus": "Successful",
        "taskStatus": [{"name": "load", "executionStatus": "Successful", "startTime": 1763884800000}],
    }
    changed = asking.answer("pipelines/ol.etl/status", status)
    stored = asking.get("pipelines/ol.etl/status?startTs=1763884800000&endTs=1763884800000")["data"]
    asking.session.post(
        f"{asking.server.url}/api/v1/usage/pipeline/{pipeline['id']}", json={"date": "2026-11-23", "count": 3}
    )
    counted = asking.answer("pipelines/name/ol.etl?fields=usageSummary,pipelineStatus,tasks")
    usage = asking.answer(f"usage/pipeline/{pipeline['id']}?date=2026-11-23&days=1")
    assert json.loads(usage)["usage"][0]["dailyStats"]["count"] == 3
    pairs = [
        (routes.KIND_MODELS["pipeline"].entity, changed),
        (routes.KIND_MODELS["pipeline"].entity, counted),
        *((routes.PIPELINE_STATUS, json.dumps(item)) for item in stored),
        ("type.entityUsage.EntityUsage", usage),
    ]
    assert complaints(models, pairs) == ""


def test_observability_is_answered_as_its_models_have_it(asking: Asking, models: Models) -> None:
    if "pipelineObservability" not in shapes_of(models.release.numbers):
        pytest.skip(f"{models.release.version} has no such route")
    table, pipeline = asking.by_name("tables", "pg.shop.public.orders"), asking.by_name("pipelines", "ol.etl")
    named = {**reference("pipeline", pipeline), "fullyQualifiedName": "ol.etl"}
    row = {"pipeline": named, "lastRunTime": 1763884800000, "lastRunStatus": "Successful"}
    place = f"tables/{table['id']}/pipelineObservability"
    changed = asking.answer(place, [row])
    stored = asking.answer(place)
    assert json.loads(stored)[0]["lastRunTime"] == 1763884800000
    pairs = [(routes.KIND_MODELS["table"].entity, changed), (f"list of {routes.PIPELINE_OBSERVABILITY}", stored)]
    assert complaints(models, pairs) == ""
