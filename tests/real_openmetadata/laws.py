"""The laws that a publication keeps on a server, and what the server is believed to do, each tried by itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openmetadata.publishing.runs.status_writer import FEW
from openmetadata_ol_provider.openmetadata.resolution.search import Finder
from tests.real_openmetadata.stewards import (
    everything_that_stewards_set_survives,
    inherited_domains_stay_inherited,
    stewards_keep_their_tables,
)
from tests.real_openmetadata.workspace import COLUMNS, Workspace, edge, job, plan, require, run


class Law(NamedTuple):
    """One law.

    :param text: what is claimed
    :param proves: function that returns what was seen
    :param belief: ``True`` if it is about the server: if it does not hold, the stand-in is wrong and not the client
    """

    text: str
    proves: Callable[[Workspace], str]
    belief: bool = False


def the_whole_way(space: Workspace) -> str:
    source, target = space.table("orders"), space.table("totals")
    started = dt.datetime.now(dt.timezone.utc).replace(microsecond=0).isoformat()
    what = plan(
        edge(source, target, "etl", *COLUMNS, sql="select 1"),
        datasets=(source, msgspec.structs.replace(target, description="Totals.")),
        jobs=(job("etl", sql="select 1"),),
        runs=(run("etl", started, new=True),),
    )
    report = space.publish(what)
    require(report.edges.published == 1 and not report.failed, report.problems)
    details = space.edge_details("orders", "totals")
    require(len(details.get("columnsLineage") or ()) == len(COLUMNS), details)
    require(space.stored("totals").get("description") == "Totals.", space.stored("totals"))
    require(space.pipeline("etl").get("pipelineStatus"), space.pipeline("etl"))
    before = space.writes()
    again = space.publish(msgspec.structs.replace(what, runs=(run("etl", started),)))
    require(space.writes() == before, again.requests)
    return f"an edge with {len(COLUMNS)} columns, a status and a description; the second time nothing is written"


def descriptions_arrive_as_written(space: Workspace) -> str:
    text = 'It\'s `a` "text" = <b> & @all + more'
    source = space.table("described")
    space.publish(plan(datasets=(msgspec.structs.replace(source, description=text),), jobs=(job("says"),)))
    target = space.dataset("made", *COLUMNS, description=text)
    space.publish(plan(edge(source, target, "says"), datasets=(source, target), jobs=(job("says", description=text),)))
    for stored in (space.stored("described"), space.stored("made"), space.pipeline("says")):
        require(stored.get("description") == text, stored.get("description"))
    return "quotes, backticks and angle brackets of tables, stubs and pipelines are stored as they were sent"


def stubs_keep_their_column_lineage(space: Workspace) -> str:
    source = space.table("raw")
    for columns in (COLUMNS[:1], COLUMNS):
        stub = space.dataset("stub", *columns, description=f"{len(columns)} columns.")
        space.publish(plan(edge(source, stub, "grows", *columns), datasets=(source, stub), jobs=(job("grows"),)))
    space.publish(
        plan(
            edge(source, stub, "grows", *COLUMNS),
            datasets=(source, msgspec.structs.replace(stub, description="Changed.")),
            jobs=(job("grows"),),
        )
    )
    details = space.edge_details("raw", "stub")
    require(len(details.get("columnsLineage") or ()) == len(COLUMNS), details)
    return "a stub that got columns twice and a description keeps every column pair"


def edges_of_deleted_pipelines_are_written(space: Workspace) -> str:
    source, target = space.table("left"), space.table("right")
    space.publish(plan(edge(source, target, "gone"), datasets=(source, target), jobs=(job("gone"),)))
    space.client.delete(f"v1/pipelines/{space.pipeline('gone')['id']}")
    space.publish(plan(edge(source, target, "comes", "id"), datasets=(source, target), jobs=(job("comes"),)))
    details = space.edge_details("left", "right")
    require(details.get("columnsLineage"), details)
    return "an edge whose pipeline was deleted gets the columns of another job"


def edges_keep_their_age(space: Workspace) -> str:
    source, target = space.table("old"), space.table("young")
    space.publish(plan(edge(source, target, "ages"), datasets=(source, target), jobs=(job("ages"),)))
    before = space.edge_details("old", "young").get("createdAt")
    space.publish(plan(edge(source, target, "ages", "id"), datasets=(source, target), jobs=(job("ages"),)))
    details = space.edge_details("old", "young")
    require(details.get("columnsLineage"), details)
    require(details.get("createdAt") == before, f"createdAt was {before} and is {details.get('createdAt')}")
    return f"createdAt stays {before} when columns are added"


def a_stale_guard_is_refused(space: Workspace) -> str:
    space.table("guarded")
    stored = space.stored("guarded")
    url = f"v1/tables/{stored['id']}"
    stale = [
        {"op": "test", "path": "/version", "value": float(stored["version"]) + 7},
        {"op": "add", "path": "/description", "value": "Too late."},
    ]
    try:
        space.client.patch(url, stale)
    except CatalogueError as error:
        require(error.status in {400, 409, 412, 500}, f"status {error.status}: {error}")
        require(not space.stored("guarded").get("description"), "refused, but written")
        return f"status {error.status}"
    raise AssertionError("a patch whose test fails was accepted")


def statuses_leave_the_search_index_whole(space: Workspace) -> str:
    name = "many"
    space.publish(plan(jobs=(job(name, description="Searched."),)))
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    for number in (2, FEW + 2):
        runs = [run(name, (start + dt.timedelta(days=day)).isoformat()) for day in range(number)]
        report = space.publish(plan(jobs=(job(name),), runs=runs))
        require(not report.failed, report.problems)
    found: list[Any] = []

    def is_found() -> bool:
        found[:] = _search(space, "pipeline", "name.keyword", f"prod:{name}")
        return bool(found)

    require(space.wait_for(is_found), "the pipeline is not in the search index")
    require((found[0].get("service") or {}).get("name") == space.pipelines, found)
    return f"{FEW + 2} statuses; the search document still names the service"


def _search(space: Workspace, type_: str, field: str, value: str) -> list[Any]:
    conditions = [{"term": {field: value}}, {"term": {"deleted": False}}]
    filter_ = json.dumps({"query": {"bool": {"must": conditions}}})
    parameters = {"q": "", "index": f"{type_}_search_index", "size": 50, "query_filter": filter_}
    answer = space.client.get("v1/search/query", parameters) or {}
    hits = [hit.get("_source") or {} for hit in (answer.get("hits") or {}).get("hits") or ()]
    return [hit for hit in hits if str(hit.get("fullyQualifiedName", "")).startswith(space.name)]


def containers_are_found_by_path(space: Workspace) -> str:
    body = {"name": space.bucket, "service": space.storage, "fullPath": f"s3://{space.bucket}"}
    bucket = space.client.post("v1/containers", body)
    parent = {"id": bucket["id"], "type": "container"}
    path = f"s3://{space.bucket}/Raw/orders"
    space.client.post(
        "v1/containers", {"name": "by hand", "service": space.storage, "parent": parent, "fullPath": path}
    )

    def is_found() -> bool:
        return bool(Finder(space.client).containers_at(f"s3://{space.bucket}/raw/.*").fqns)

    require(space.wait_for(is_found), "no container is found by its full path, in any letter case")
    return "in any letter case, by a regular expression in query_filter"


def a_filter_that_cannot_be_parsed_is_ignored(space: Workspace) -> str:
    parameters = {"q": "", "index": "table_search_index", "size": 1, "query_filter": '{"query":{"paint":{"a":"b"}}}'}
    answer = space.client.get("v1/search/query", parameters) or {}
    require((answer.get("hits") or {}).get("hits"), answer)
    return "hits come back"


def unknown_columns_of_edges(space: Workspace) -> str:
    for name in ("knows", "known"):
        space.table(name)
    source, target = space.stored("knows"), space.stored("known")
    pair = {"fromColumns": [f"{space.fqn('knows')}.nothing"], "toColumn": f"{space.fqn('known')}.id"}
    ends = {f"{end}Entity": {"id": body["id"], "type": "table"} for end, body in (("from", source), ("to", target))}
    body = {"edge": {**ends, "lineageDetails": {"columnsLineage": [pair]}}}
    try:
        space.client.put("v1/lineage", body)
    except CatalogueError as error:
        require(error.status == 400, error)
        return "refused with 400"
    require(not space.edge_details("knows", "known").get("columnsLineage"), "stored")
    return "left out silently"


LAWS = (
    Law("The whole way, and a second time without a write", the_whole_way),
    Law("What stewards set on a pipeline survives", everything_that_stewards_set_survives),
    Law("An inherited domain stays inherited", inherited_domains_stay_inherited),
    Law("What stewards set on a table survives", stewards_keep_their_tables),
    Law("Descriptions arrive as written", descriptions_arrive_as_written),
    Law("Stubs that are completed keep their column lineage", stubs_keep_their_column_lineage),
    Law("Edges with a deleted pipeline are written", edges_of_deleted_pipelines_are_written),
    Law("Edges keep their age", edges_keep_their_age),
    Law("Statuses leave the search index whole", statuses_leave_the_search_index_whole),
    Law("Containers are found by their full path", containers_are_found_by_path),
    Law("A patch whose test fails is refused", a_stale_guard_is_refused, belief=True),
    Law("A query_filter that cannot be parsed is ignored", a_filter_that_cannot_be_parsed_is_ignored, belief=True),
    Law("Unknown columns of an edge are refused or left out", unknown_columns_of_edges, belief=True),
)
