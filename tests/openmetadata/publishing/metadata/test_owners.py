"""Owners are found by whatever name producers give them, each asked for once; what is left out is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueUnavailableError
from openmetadata_ol_provider.lineage.plan import Owner
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import (
    OwnerLookup,
    OwnerName,
    OwnerReference,
    choose_owners,
    owner_names,
)
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.people import PEOPLE, catalogue, owners


@pytest.fixture
def served() -> Iterator[tuple[CatalogueServer, OpenMetadataClient]]:
    with catalogue(PEOPLE) as found:
        yield found


def found(client: OpenMetadataClient, *names: Owner | str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the owners and (kind, where) of the problems."""
    lookup = OwnerLookup(client)
    spelled = [Owner(name) if isinstance(name, str) else name for name in names]
    taken = [f"{one.type}:{one.fqn}" for one in lookup.references(spelled)]
    return taken, [(problem.kind, problem.where) for problem in lookup.problems]


@pytest.mark.parametrize(
    ("owner", "spelled"),
    [
        ("jdoe", [OwnerName("jdoe")]),
        ("user:jdoe", [OwnerName("jdoe", "user")]),
        ("Team: data", [OwnerName("data", "team")]),
        ("group:data", [OwnerName("data", "team")]),
        ("application:x", [OwnerName("x", "application")]),
        ("corp:jdoe", [OwnerName("corp:jdoe")]),
        ("user:", [OwnerName("user:")]),
        ("b, a,,b ", [OwnerName("a"), OwnerName("b")]),
        ("user:b, team:a", [OwnerName("a", "team"), OwnerName("b", "user")]),
        (Owner("data", "TEAM"), [OwnerName("data", "team")]),
        (Owner("data", "MAINTAINER"), [OwnerName("data")]),
        (Owner("user:data", "team"), [OwnerName("data", "user")]),
    ],
)
def test_producers_spell_owners_in_many_ways(owner: Owner | str, spelled: list[OwnerName]) -> None:
    assert list(owner_names([Owner(owner) if isinstance(owner, str) else owner])) == spelled


def test_the_first_team_is_chosen_before_all_users_whatever_their_order() -> None:
    ada, bob = (OwnerReference("user", name, name) for name in ("ada", "bob"))
    data, finance = (OwnerReference("team", name, name) for name in ("data", "finance"))
    assert choose_owners([bob, ada, bob]) == ((ada, bob), ())
    assert (
        choose_owners([bob, finance, data, ada])
        == choose_owners([ada, data, bob, finance])
        == ((data,), (finance, ada, bob))
    )
    assert choose_owners([]) == ((), ())


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("ada", "user:ada"),
        ("ADA", "user:ada"),
        ("user:ada", "user:ada"),
        ("j.doe", 'user:"j.doe"'),
        ("data-team", "team:data-team"),
        ("team:finance", "team:finance"),
        ("bob@corp.com", "user:bob"),
        ("BOB@Corp.com", "user:bob"),
        ("user:bob@corp.com", "user:bob"),
        ("John.Doe@corp.com", 'user:"j.doe"'),
        ("ada@elsewhere.com", "user:eve"),
        ("data@corp.com", "team:data-team"),
        ("team:data@corp.com", "team:data-team"),
    ],
)
def test_owners_are_found_by_name_or_email(
    served: tuple[CatalogueServer, OpenMetadataClient], name: str, owner: str
) -> None:
    assert found(served[1], name) == ([owner], [])


def test_airflow_s_placeholder_is_not_reported_as_an_unknown_user(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    assert found(served[1], "airflow") == ([], [])
    assert found(served[1], "user:airflow")[1] == [("unknown_owner", "owner user:airflow")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nobody", "no user or team of this name"),
        ("user:data-team", "no user of this name"),
        ("team:ada", "no team of this name"),
        ("nobody@corp.com", "no user or team of this name or e-mail"),
        ("ada@corp.co", "no user or team of this name or e-mail"),
        ('a"b', "no user or team of this name"),
        ("application:ada", "applications do not"),
        ("sales", "a team of type Department"),
    ],
)
def test_owners_that_are_not_there_or_cannot_own_are_reported_with_the_reason(
    served: tuple[CatalogueServer, OpenMetadataClient], name: str, why: str
) -> None:
    lookup = OwnerLookup(served[1])
    assert lookup.references(owners(name)) == ()
    [problem] = lookup.problems
    assert (problem.kind, problem.where) == ("unknown_owner", f"owner {name}")
    assert why in problem.detail


def test_a_team_next_to_users_is_the_owner_and_the_users_are_reported(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    assert found(served[1], "ada, data-team, nobody") == (
        ["team:data-team"],
        [("owner_left_out", "owner user:ada"), ("unknown_owner", "owner nobody")],
    )


def test_each_owner_is_asked_for_once_and_told_once(served: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = served
    lookup = OwnerLookup(client)
    lookup.references(owners("ada", "nobody", "none@corp.com"))
    asked = server.calls()
    for _ in range(3):
        lookup.references(owners("none@corp.com", "ada, nobody"))
    assert server.calls() == asked
    assert [problem.where for problem in lookup.problems] == ["owner nobody", "owner none@corp.com"]


def test_an_owner_created_between_two_publications_is_found(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    assert found(served[1], "new")[0] == []
    served[1].put("v1/users", {"name": "new", "email": "new@corp.com"})
    assert found(served[1], "new")[0] == ["user:new"]


def test_a_search_that_is_refused_costs_only_owners_that_need_it(
    served: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = served
    server.fail("GET", "v1/search", 400, times=99)
    assert found(client, "bob@corp.com", "John.Doe@corp.com") == (
        ["user:bob"],
        [("unknown_owner", "owner John.Doe@corp.com")],
    )


@pytest.mark.parametrize("status", [500, 503])
def test_a_catalogue_that_does_not_answer_is_no_unknown_owner(
    served: tuple[CatalogueServer, OpenMetadataClient], status: int
) -> None:
    server, client = served
    server.fail("GET", "v1/search", status, times=99)
    with pytest.raises(CatalogueUnavailableError):
        found(client, "John.Doe@corp.com")
    server.fail("GET", "v1/users", 403, times=99)
    with pytest.raises(CatalogueAuthError):
        found(client, "ada")
