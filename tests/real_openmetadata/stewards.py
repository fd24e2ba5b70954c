"""Laws about what people set by hand: domains, certification, status, names, data products, owners, extension."""

from __future__ import annotations

from typing import Any

import msgspec

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.lineage.plan import Job
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from tests.real_openmetadata.workspace import Workspace, edge, job, plan, require

#: Publications that each add a task.
_RUNS = 10
#: What a steward can set everywhere; the rest a server may refuse, as its version or its settings have it.
_ALWAYS = {"displayName", "description", "owners", "domains", "domain"}


def _task(name: str, task: str) -> Job:
    own = job(name).id
    return msgspec.structs.replace(job(f"{name}.{task}"), pipeline=own, task=task, parent=own)


def _add_tasks(space: Workspace, name: str) -> list[PublishReport]:
    """Publish again and again, each time with one more task, and a description that differs from the steward's."""
    own = job(name, description="The event's words.")
    return [space.publish(plan(jobs=(own, *(_task(name, f"t{n}") for n in range(run + 1))))) for run in range(_RUNS)]


def _domain_field(space: Workspace) -> str:
    return "domains" if space.client.version.at_least(1, 9) else "domain"


def _domain(space: Workspace, name: str) -> dict[str, str]:
    body = {"name": f"{space.name}_{name}", "description": "Of the kit.", "domainType": "Aggregate"}
    return {"id": space.make("domains", body)["id"], "type": "domain"}


def _team(space: Workspace) -> dict[str, str]:
    return {"id": space.make("teams", {"name": f"{space.name}_team", "teamType": "Group"})["id"], "type": "team"}


def _product(space: Workspace, domain: dict[str, str]) -> dict[str, str]:
    fqn = (space.client.get(f"v1/domains/{domain['id']}") or {})["fullyQualifiedName"]
    field = _domain_field(space)
    named = [fqn] if field == "domains" else fqn
    body = {"name": f"{space.name}_product", "description": "Of the kit.", field: named}
    return {"id": space.make("dataProducts", body)["id"], "type": "dataProduct"}


def _certification(space: Workspace) -> dict[str, Any]:
    """Return a certification by OpenMetadata's own tag, else by one of the kit."""
    tag = "Certification.Gold"
    if space.client.get(f"v1/tags/name/{tag}") is None:
        classification = f"{space.name}_grades"
        space.make("classifications", {"name": classification, "description": "Of the kit."})
        space.client.post("v1/tags", {"name": "gold", "classification": classification, "description": "Of the kit."})
        tag = f"{classification}.gold"
    label = {"tagFQN": tag, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    return {"tagLabel": label, "appliedDate": 1_700_000_000_000, "expiryDate": 4_000_000_000_000}


def _set(space: Workspace, url: str, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Set fields one by one, and return those that the server accepts, and the names of the others."""
    refused = [key for key, value in values.items() if not _is_accepted(space, url, key, value)]
    return {key: value for key, value in values.items() if key not in refused}, refused


def _is_accepted(space: Workspace, url: str, key: str, value: Any) -> bool:
    try:
        space.client.patch(url, [{"op": "add", "path": f"/{key}", "value": value}])
    except CatalogueError as error:
        require(key not in _ALWAYS, f"a steward cannot set {key}: {error}")
        return False
    return True


def _shown(value: Any) -> Any:
    """Return what tells values apart: references by their ids, labels by their tags."""
    if isinstance(value, list):
        return sorted(map(_shown, value))
    if isinstance(value, dict):
        return (value.get("tagLabel") or {}).get("tagFQN") or value.get("id") or sorted(value.items())
    return value


def everything_that_stewards_set_survives(space: Workspace) -> str:
    name = "stewarded"
    space.publish(plan(jobs=(job(name),)))
    url = f"v1/pipelines/{space.pipeline(name)['id']}"
    domain, field = _domain(space, "sales"), _domain_field(space)
    wanted = {
        "displayName": "By a steward",
        "description": 'A steward\'s "words" in `code`.',
        "owners": [_team(space)],
        field: [domain] if field == "domains" else domain,
        "dataProducts": [_product(space, domain)],
        "certification": _certification(space),
        "entityStatus": "Deprecated",
        # A server has it only where somebody has declared the property.
        "extension": {"oltestCost": "7"},
    }
    kept, refused = _set(space, url, wanted)
    fields = ",".join(key for key in kept if key not in {"displayName", "description", "entityStatus"})
    before = space.client.get(url, {"fields": fields}) or {}
    reports = _add_tasks(space, name)
    after = space.client.get(url, {"fields": f"tasks,{fields}"}) or {}
    differing = {key: after.get(key) for key in kept if _shown(after.get(key)) != _shown(before.get(key))}
    require(not differing, f"were changed: {differing}")
    require(all(_shown(after.get(key)) for key in kept), after)
    require(len(after["tasks"]) == _RUNS, after["tasks"])
    require(not any(report.failed for report in reports), [report.problems for report in reports])
    out = f"; not tried, since the server refuses them: {', '.join(refused)}" if refused else ""
    return f"{', '.join(kept)} of a pipeline survive {_RUNS} publications that add tasks{out}"


def inherited_domains_stay_inherited(space: Workspace) -> str:
    name, field = "inheriting", _domain_field(space)
    space.publish(plan(jobs=(job(name),)))
    service = space.client.get(f"v1/services/pipelineServices/name/{space.pipelines}") or {}
    domain, other = _domain(space, "inherited"), _domain(space, "later")
    url = f"v1/services/pipelineServices/{service['id']}"

    def give(to_all: dict[str, str]) -> None:
        value = [to_all] if field == "domains" else to_all
        space.client.patch(url, [{"op": "add", "path": f"/{field}", "value": value}])

    def shown() -> Any:
        stored = space.client.get(f"v1/pipelines/{space.pipeline(name)['id']}", {"fields": field}) or {}
        return _shown(stored.get(field))

    give(domain)
    try:
        require(shown() in (domain["id"], [domain["id"]]), f"not inherited: {shown()}")
        _add_tasks(space, name)
        # What was stored with the pipeline would not follow its service.
        give(other)
        require(shown() in (other["id"], [other["id"]]), f"the domain is {shown()}, that of the service {other['id']}")
    finally:
        space.client.patch(url, [{"op": "remove", "path": f"/{field}"}])
    return f"a pipeline's domain follows that of its service after {_RUNS} publications"


def stewards_keep_their_tables(space: Workspace) -> str:
    target = space.table("beside")
    space.table("theirs")
    url = f"v1/tables/{space.stored('theirs')['id']}"
    domain, field = _domain(space, "tables"), _domain_field(space)
    wanted = {
        "displayName": "By a steward",
        "description": "A steward's words.",
        field: [domain] if field == "domains" else domain,
        "columns/0/description": "A steward's `column`.",
    }
    kept, _ = _set(space, url, {**wanted, "entityStatus": "Approved"})
    said = msgspec.structs.replace(space.dataset("theirs", "id"), description="The event's words.")
    what = plan(edge(said, target, "beside", "id"), datasets=(said, target), jobs=(job("beside"),))
    before = space.writes()
    space.publish(what)
    require(space.writes() > before, "nothing was written")
    before = space.writes()
    space.publish(what)
    require(space.writes() == before, "written again")
    after = space.stored("theirs", "domains")
    require(after["columns"][0].get("description") == "A steward's `column`.", after["columns"][0])
    plain = {key: after.get(key) for key in kept if "/" not in key}
    require(all(_shown(plain[key]) == _shown(kept[key]) for key in plain), plain)
    return f"{', '.join(plain)} and a column's description of a table survive events that say otherwise"
