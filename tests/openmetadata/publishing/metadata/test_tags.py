"""Tags of events are tags of the catalogue where it has them, else of our own classification; created when asked."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import Tag
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import TagLookup, is_ours, other_names, own_name
from tests.openmetadata.people import PEOPLE, TAGGED, catalogue

GOLD = Tag("gold")


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (Tag("shop", "shop", "AIRFLOW"), "shop"),
        (Tag("postgres", "true", "DBT"), "postgres"),
        (Tag("gold"), "gold"),
        (Tag(" gold ", " "), "gold"),
        (Tag("team", "data"), "team:data"),
        (Tag("pii", "false"), "pii:false"),
        (Tag("a:", ":b"), "a:%3A%3Ab"),
        (Tag('<"x">'), "<%22x%22%3E"),
    ],
)
def test_a_tag_of_ours_is_named_by_key_and_value(tag: Tag, name: str) -> None:
    assert own_name(tag) == name


def test_a_long_tag_has_a_name_that_is_not_too_long() -> None:
    one, other = (own_name(Tag("k" * 300, value)) for value in ("a", "b"))
    assert len(one) == len(other) == 256
    assert one != other


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        (Tag("gold"), ()),
        (Tag("shop", "shop"), ()),
        (Tag("PII.Sensitive"), ("PII.Sensitive",)),
        (Tag("PII", "Sensitive"), ("PII.Sensitive",)),
        (Tag("PII", "a.b"), ('PII."a.b"',)),
        (Tag("PII", "true"), ()),
        (Tag("pii", "false"), ()),
        (Tag("owner.team", "x"), ("owner.team", '"owner.team".x')),
        (Tag(".x"), ()),
    ],
)
def test_a_tag_may_mean_one_of_another_classification(tag: Tag, names: tuple[str, ...]) -> None:
    assert other_names(tag) == names


def test_ours_is_what_is_of_our_classification() -> None:
    assert is_ours("OpenLineage.gold")
    assert is_ours('OpenLineage."a.b"')
    assert not is_ours("OpenLineageOf.gold")
    assert not is_ours("PII.OpenLineage")


def test_tags_are_found_by_their_fqn_or_by_key_and_value() -> None:
    with catalogue(TAGGED) as (_, client):
        lookup = TagLookup(client, create=False, others=True, dry_run=False)
        said = [Tag("PII.Sensitive"), Tag("PII", "Sensitive"), GOLD, Tag("team", "data"), Tag("OpenLineage.gold")]
        assert [lookup.fqn(tag) for tag in said] == [
            "PII.Sensitive",
            "PII.Sensitive",
            "OpenLineage.gold",
            "OpenLineage.team:data",
            "OpenLineage.gold",
        ]
        assert lookup.problems == ()


def test_tags_of_other_classifications_are_reported_when_they_may_not_be_used() -> None:
    with catalogue(TAGGED) as (_, client):
        lookup = TagLookup(client, create=True, others=False, dry_run=False)
        assert [lookup.fqn(Tag("PII.Sensitive")), lookup.fqn(Tag("PII", "None")), lookup.fqn(GOLD)] == [
            None,
            None,
            "OpenLineage.gold",
        ]
        [problem] = lookup.problems
        assert problem.kind == "foreign_tag"
        assert "PII.None, PII.Sensitive; with write.tags: always" in problem.detail


def test_missing_tags_are_asked_for_once_told_once_and_not_created() -> None:
    with catalogue(TAGGED) as (server, client):
        lookup = TagLookup(client, create=False, others=True, dry_run=False)
        said = [Tag("new"), Tag("odd", 'a"b'), *(Tag("many", str(number)) for number in range(30))]
        assert {lookup.fqn(tag) for tag in said} == {None}
        asked = server.calls()
        assert {lookup.fqn(tag) for tag in said} == {None}
        assert (server.calls(), server.writes()) == (asked, [])
        [problem] = lookup.problems
        assert (problem.kind, problem.where) == ("unknown_tag", "tags")
        assert "many:0, many:1, many:10" in problem.detail
        assert "and 12 more; with write.create_tags: true" in problem.detail


def test_without_a_classification_of_ours_its_tags_are_not_even_asked_for() -> None:
    with catalogue(PEOPLE) as (server, client):
        lookup = TagLookup(client, create=False, others=True, dry_run=False)
        assert [lookup.fqn(Tag(f"t{number}")) for number in range(5)] == [None] * 5
        assert server.calls() == {"GET": 1}


@pytest.mark.parametrize("version", ["1.8.0", "2.0.2"])
def test_missing_tags_are_created_with_their_classification_when_asked(version: str) -> None:
    with catalogue(PEOPLE, version) as (server, client):
        for _ in range(2):
            lookup = TagLookup(client, create=True, others=True, dry_run=False)
            said = [Tag("shop", "shop"), Tag("team", "data"), Tag("v1.2"), Tag("shop")]
            assert [lookup.fqn(tag) for tag in said] == [
                "OpenLineage.shop",
                "OpenLineage.team:data",
                'OpenLineage."v1.2"',
                "OpenLineage.shop",
            ]
            assert lookup.problems == ()
        assert [write.path for write in server.writes()] == ["/api/v1/classifications", *["/api/v1/tags"] * 3]
        [ours] = [one for one in server.entities("classification") if one["name"] == "OpenLineage"]
        assert ours["mutuallyExclusive"] is False


def test_a_dry_run_creates_no_tags() -> None:
    with catalogue(PEOPLE) as (server, client):
        lookup = TagLookup(client, create=True, others=True, dry_run=True)
        assert lookup.fqn(Tag("shop")) == "OpenLineage.shop"
        assert server.writes() == []


def test_a_tag_that_the_catalogue_refuses_to_create_costs_that_tag() -> None:
    with catalogue(TAGGED) as (server, client):
        server.fail("PUT", "v1/tags", 400, message="no such tags here")
        lookup = TagLookup(client, create=True, others=True, dry_run=False)
        assert [lookup.fqn(Tag("bad")), lookup.fqn(Tag("good"))] == [None, "OpenLineage.good"]
        [problem] = lookup.problems
        assert (problem.kind, problem.where) == ("failed", "tag OpenLineage.bad")
        assert "no such tags here" in problem.detail
