"""The policies as a table, and patches that change no more than is to be changed. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import WritePolicy
from openmetadata_ol_provider.openmetadata.provenance import is_stub, is_untouched_stub
from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import OwnerReference
from openmetadata_ol_provider.openmetadata.publishing.metadata.patches import (
    EntityPart,
    description_patch,
    entity_parts,
    may_write,
    owners_patch,
    tags_patch,
)
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import label
from openmetadata_ol_provider.sandbox.catalogue import json_patch
from tests.openmetadata.builders import columns
from tests.openmetadata.people import label as manual

ADA, BOB = OwnerReference("user", "ada", "id-a"), OwnerReference("user", "bob", "id-b")


@pytest.mark.parametrize(
    ("policy", "empty", "theirs", "ours"),
    [
        ("never", False, False, False),
        ("if_empty", True, False, False),
        ("if_ours", True, False, True),
        ("always", True, True, True),
    ],
)
def test_policies_say_what_may_be_written_over(policy: WritePolicy, empty: bool, theirs: bool, ours: bool) -> None:
    assert may_write(policy, None, ours=False) is empty
    assert may_write(policy, [], ours=False) is empty
    assert may_write(policy, "text", ours=False) is theirs
    assert may_write(policy, "text", ours=True) is ours


@pytest.mark.parametrize(
    ("body", "stub", "untouched"),
    [
        ({"sourceHash": "openmetadata-ol-provider", "version": 0.1}, True, True),
        ({"sourceHash": "openmetadata-ol-provider", "version": 0.2}, True, False),
        ({"sourceHash": "d41d8cd98f00b204e9800998ecf8427e", "version": 0.1}, False, False),
        ({"sourceHash": None, "version": 0.1}, False, False),
        ({"version": 0.1}, False, False),
    ],
)
def test_a_stub_is_ours_for_certain_until_it_is_changed(body: dict[str, Any], stub: bool, untouched: bool) -> None:
    assert (is_stub(body), is_untouched_stub(body)) == (stub, untouched)


def test_a_fact_that_is_there_is_no_change() -> None:
    body = {"description": " text\n", "owners": [{"id": "id-b"}, {"id": "id-a"}], "tags": [manual("PII.Sensitive")]}
    holder = EntityPart("", body)
    assert description_patch(holder, "text") == ()
    assert owners_patch(holder, [ADA, BOB]) == ()
    assert tags_patch(holder, ["PII.Sensitive"], "always") == ()


def test_descriptions_and_owners_are_replaced_whole() -> None:
    holder = EntityPart("/tasks/0", {"description": "old", "owners": [{"id": "id-b"}]})
    assert description_patch(holder, "new") == ({"op": "add", "path": "/tasks/0/description", "value": "new"},)
    [change] = owners_patch(holder, [ADA])
    assert change == {"op": "add", "path": "/tasks/0/owners", "value": [{"id": "id-a", "type": "user"}]}


@pytest.mark.parametrize(
    ("policy", "stored", "wanted", "after"),
    [
        ("never", [], ["OpenLineage.a"], []),
        ("if_empty", [], ["OpenLineage.a", "OpenLineage.a"], ["OpenLineage.a"]),
        ("if_empty", ["PII.x"], ["OpenLineage.a"], ["PII.x"]),
        ("if_ours", [], [], []),
        ("if_ours", ["PII.x"], ["OpenLineage.a"], ["PII.x", "OpenLineage.a"]),
        ("if_ours", ["OpenLineage.a", "PII.x", "OpenLineage.b"], ["OpenLineage.c"], ["PII.x", "OpenLineage.c"]),
        ("if_ours", ["OpenLineage.a"], [], []),
        ("always", ["PII.x", "OpenLineage.a"], ["PII.y"], ["PII.x", "PII.y"]),
    ],
)
def test_labels_are_added_and_only_ours_removed(
    policy: WritePolicy, stored: list[str], wanted: list[str], after: list[str]
) -> None:
    body = {"tags": [manual(name) for name in stored]}
    patched = json_patch.apply(body, list(tags_patch(EntityPart("", body), wanted, policy)))
    assert [one["tagFQN"] for one in patched["tags"]] == after
    kept = [one for one in patched["tags"] if one["tagFQN"] in stored]
    assert kept == [manual(one["tagFQN"]) for one in kept]


def test_labels_of_others_are_in_no_operation() -> None:
    body = {"tags": [{**manual("Tier.Gold"), "style": {}}, manual("OpenLineage.a")]}
    operations = tags_patch(EntityPart("", body), ["OpenLineage.b"], "if_ours")
    assert operations == (
        {"op": "test", "path": "/tags/1/tagFQN", "value": "OpenLineage.a"},
        {"op": "remove", "path": "/tags/1"},
        {"op": "add", "path": "/tags/-", "value": label("OpenLineage.b")},
    )


def test_parts_are_identified_by_the_catalogues_fqn() -> None:
    nested = {"name": "buyer", "dataType": "STRUCT", "children": columns("a.b", "c")}
    table = entity_parts("table", "s.d.s.t", {"columns": [*columns("id"), nested]})
    assert {key: holder.pointer for key, holder in table.items()} == {
        "": "",
        "s.d.s.t.id": "/columns/0",
        "s.d.s.t.buyer": "/columns/1",
        's.d.s.t.buyer."a.b"': "/columns/1/children/0",
        "s.d.s.t.buyer.c": "/columns/1/children/1",
    }
    topic = entity_parts("topic", "k.t", {"messageSchema": {"schemaFields": columns("id")}})
    assert topic["k.t.id"].pointer == "/messageSchema/schemaFields/0"
    container = entity_parts("container", "s3.raw", {"dataModel": {"columns": columns("id")}})
    assert container["s3.raw.id"].pointer == "/dataModel/columns/0"
    pipeline = entity_parts(
        "pipeline", "a.p", {"tasks": [{"name": "load.all", "fullyQualifiedName": 'a.p."load.all"'}]}
    )
    assert pipeline["load.all"].pointer == "/tasks/0"


@pytest.mark.parametrize("type_", ["table", "topic", "container", "storedProcedure"])
def test_what_has_no_parts_has_facts_of_its_own_only(type_: str) -> None:
    assert list(entity_parts(type_, "x", {"dataModel": None})) == [""]
