"""Containers: the deepest one above a path, in few calls, whatever the search index has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.locations import location
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, config, dataset, service

SEED: dict[str, Any] = {
    "storageServices": [service("s3", "S3"), service("adls", "ADLS", credentials={"accountName": "acc"})],
    "containers": [
        {"name": "lake", "service": "s3", "fullPath": "s3://lake"},
        # As connectors name them by a manifest: the path below the bucket is the name.
        {"name": "raw/orders", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/raw/orders"},
        # As they name them by directory.
        {"name": "dirs", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/dirs"},
        {"name": "a", "service": "s3", "parent": "s3.lake.dirs", "fullPath": "s3://lake/dirs/a"},
        {"name": "b", "service": "s3", "parent": "s3.lake.dirs.a", "fullPath": "s3://lake/dirs/a/b"},
        # As somebody has named one by hand.
        {"name": "Customers", "service": "s3", "parent": "s3.lake", "fullPath": "s3a://lake/raw/customers/"},
        # Without full path: by prefix, or by nothing but the name.
        {"name": "old", "service": "s3", "parent": "s3.lake", "prefix": "/old"},
        {"name": "elsewhere", "service": "s3", "parent": "s3.lake", "prefix": "/moved"},
        {"name": "bare", "service": "s3", "parent": "s3.lake"},
        {"name": "Case", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/Case"},
        {"name": "c", "service": "adls", "fullPath": "abfss://c@acc.dfs.core.windows.net"},
        {"name": "t", "service": "adls", "parent": "adls.c", "fullPath": "abfss://c@acc.dfs.core.windows.net/t.x"},
    ],
}


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED) as catalogue:
        yield catalogue


def found(resolution: Resolution) -> str | None:
    return resolution.entity.fqn if resolution.entity else None


def resolve(client: OpenMetadataClient, path: str, namespace: str = "s3://lake", **sections: Any) -> str | None:
    return found(Resolver(client, config(**sections)).resolve(dataset(namespace, path, kind="container")))


def asked(server: CatalogueServer) -> list[str]:
    """Return what was asked for but the services, shortened."""
    return [
        path.removeprefix("/api/v1/").partition("?")[0] for _, path, _ in server.requests if "services/" not in path
    ]


CASES = [
    ("raw/orders", "s3.lake.raw/orders"),
    ("raw/orders/eu/2026", "s3.lake.raw/orders"),
    ("dirs/a/b", "s3.lake.dirs.a.b"),
    ("dirs/a/b/c/d/e", "s3.lake.dirs.a.b"),
    ("dirs/a/x", "s3.lake.dirs.a"),
    ("dirs", "s3.lake.dirs"),
    ("raw/customers", "s3.lake.Customers"),
    ("raw/customers/1", "s3.lake.Customers"),
    ("raw", None),
    ("rawer/orders", None),
    ("old", "s3.lake.old"),
    ("elsewhere", None),
    ("bare", "s3.lake.bare"),
    ("/", "s3.lake"),
    ("case", "s3.lake.Case"),
]


@pytest.mark.parametrize(("path", "fqn"), CASES)
def test_a_path_is_in_the_deepest_container_above_it(client: OpenMetadataClient, path: str, fqn: str | None) -> None:
    assert resolve(client, path) == fqn


def test_many_paths_of_a_bucket_are_the_same_as_each_alone(client: OpenMetadataClient, server: CatalogueServer) -> None:
    datasets = [dataset("s3://lake", path, kind="container") for path, _ in CASES]
    resolutions = Resolver(client, config()).resolve_all(datasets)
    assert [found(resolution) for resolution in resolutions.values()] == [fqn for _, fqn in CASES]
    assert asked(server).count("search/query") == 1


def test_letter_case_can_be_made_to_count(client: OpenMetadataClient) -> None:
    exact = {"datasets": {"case": "exact"}}
    assert resolve(client, "case", **exact) is None
    assert resolve(client, "Case/x", **exact) == "s3.lake.Case"


@pytest.mark.parametrize("namespace", ["abfss://c@acc.dfs.core.windows.net", "wasbs://c@acc.blob.core.windows.net"])
def test_both_protocols_of_an_azure_account_are_one(client: OpenMetadataClient, namespace: str) -> None:
    assert resolve(client, "t.x/1", namespace) == "adls.c.t"


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("dirs/a/b", ["containers/name/s3.lake.dirs.a.b"]),
        ("dirs", ["containers/name/s3.lake.dirs"]),
        (
            "raw/orders",
            ["containers/name/s3.lake.raw.orders", "containers/name/s3.lake.raw%2Forders"],
        ),
        # Its name, the search for it and its parents, the parent, and whether there is one below that.
        (
            "dirs/x",
            ["containers/name/s3.lake.dirs.x", "containers/name/s3.lake.dirs%2Fx", "search/query",
             "containers/name/s3.lake.dirs"],
        ),
        (
            "no/such",
            ["containers/name/s3.lake.no.such", "containers/name/s3.lake.no%2Fsuch", "search/query",
             "search/fieldQuery", "containers/name/s3.lake", "containers/name/s3.lake/children"],
        ),
    ],
)  # fmt: skip
def test_a_container_costs_few_calls(
    client: OpenMetadataClient, server: CatalogueServer, path: str, calls: list[str]
) -> None:
    resolve(client, path)
    assert asked(server) == calls


def test_the_form_of_names_that_a_service_has_is_asked_for_first(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    resolver = Resolver(client, config())
    resolver.resolve(dataset("s3://lake", "raw/orders", kind="container"))
    server.reset_requests()
    assert found(resolver.resolve(dataset("s3a://lake", "raw/orders", kind="container"))) == "s3.lake.raw/orders"
    assert asked(server) == []
    resolver.resolve(dataset("s3://lake", "raw/none", kind="container"))
    assert asked(server)[0] == "containers/name/s3.lake.raw%2Fnone"


@pytest.mark.parametrize(
    ("path", "fqn"),
    [
        ("raw/orders", "s3.lake.raw/orders"),
        ("raw/orders/eu/x.csv", "s3.lake.raw/orders"),
        ("dirs/a/b/c", "s3.lake.dirs.a.b"),
        ("old/x", "s3.lake.old"),
        ("no/such", None),
    ],
)
def test_what_the_search_index_does_not_have_yet_is_found_by_name(
    client: OpenMetadataClient, server: CatalogueServer, path: str, fqn: str | None
) -> None:
    server.store.unindexed.update(item["fullyQualifiedName"] for item in server.entities("container"))
    assert resolve(client, path) == fqn


def test_a_container_that_the_search_index_does_not_have_yet_is_not_taken_for_its_parent(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.store.unindexed.add("s3.lake.dirs.a.b")
    assert resolve(client, "dirs/a/b/c/d") == "s3.lake.dirs.a.b"


def test_a_container_that_the_search_index_still_has_is_not_there(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    gone = server.store.by_name("container", "s3.lake.Customers")
    client.delete(f"v1/containers/{gone['id']}")
    assert resolve(client, "raw/customers/1") is None


def test_of_several_services_the_one_that_holds_the_bucket_is_meant() -> None:
    seed = {
        "storageServices": [service("one", "S3"), service("two", "S3"), service("three", "S3")],
        "containers": [
            {"name": bucket, "service": holder, "fullPath": f"s3://{bucket}"}
            for holder, bucket in (("one", "lake"), ("two", "pond"))
        ]
        + [
            {"name": "orders", "service": holder, "parent": f"{holder}.{bucket}", "fullPath": f"s3://{bucket}/orders"}
            for holder, bucket in (("one", "lake"), ("two", "pond"))
        ],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, "orders", "s3://pond") == "two.pond.orders"
        assert resolve(client, "orders/x", "s3://lake") == "one.lake.orders"
        assert resolve(client, "orders", "s3://sea") is None
        resolver = Resolver(client, config())
        resolver.resolve(dataset("s3://pond", "none", kind="container"))
        server.reset_requests()
        assert found(resolver.resolve(dataset("s3://pond", "orders", kind="container"))) == "two.pond.orders"
        assert asked(server) == ["containers/name/two.pond.orders"]


def test_a_bucket_that_two_services_have_is_ambiguous() -> None:
    seed = {
        "storageServices": [service("one", "S3"), service("two", "S3")],
        "containers": [{"name": "x", "service": holder, "fullPath": "s3://lake/orders"} for holder in ("one", "two")],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        resolution = Resolver(client, config()).resolve(dataset("s3://lake", "orders/1", kind="container"))
        assert resolution.outcome == "ambiguous"
        assert 'may be one.x, two.x; settle it in `namespaces`, e.g. {namespace: "s3://lake", service: one}' in (
            resolution.detail
        )


def test_a_bucket_that_a_connection_names_is_of_that_service() -> None:
    seed = {
        "storageServices": [service("all", "S3"), service("ours", "S3", bucketNames=["Lake"])],
        "containers": [{"name": "x", "service": one, "fullPath": "s3://lake/orders"} for one in ("all", "ours")],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, "orders/1") == "ours.x"


def test_of_two_services_for_one_azure_account_the_one_for_the_container_is_meant() -> None:
    url = "abfss://{}@acc.dfs.core.windows.net"
    seed = {
        "storageServices": [
            service(one, "ADLS", credentials={"accountName": "acc"}, containerName=one) for one in ("raw", "gold")
        ],
        "containers": [
            {"name": "x", "service": one, "fullPath": f"{url.format('gold')}/orders"} for one in ("raw", "gold")
        ],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, "orders/1", url.format("gold")) == "gold.x"


@pytest.mark.parametrize("status", [400, 403], ids=["search engine", "firewall"])
def test_what_takes_no_regular_expressions_costs_no_container(
    client: OpenMetadataClient, server: CatalogueServer, status: int
) -> None:
    server.fail("GET", "search/query", status, times=10)
    # Nothing but a search finds it: it is named by hand.
    assert resolve(client, "raw/customers/1") == "s3.lake.Customers"


def test_a_path_with_signs_that_searches_give_a_meaning_is_searched_for_as_it_is() -> None:
    names = ["a+b", "a(b)", "a*b?", "a#b@c&d", 'say "x"', "a{1}|b", "<1-2>~"]
    seed = {
        "storageServices": [service("s3", "S3")],
        "containers": [
            {"name": f"c{number}", "service": "s3", "fullPath": f"s3://lake/{name}"}
            for number, name in enumerate(names)
        ],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert [resolve(client, f"{name}/x") for name in names] == [f"s3.c{n}" for n in range(len(names))]
        assert resolve(client, "aab/x") is None


def test_a_path_too_long_to_be_searched_for_is_still_found_by_its_name() -> None:
    deep = "/".join(["directory-with-a-long-name"] * 40)
    seed = {
        "storageServices": [service("s3", "S3")],
        "containers": [
            {"name": "lake", "service": "s3", "fullPath": "s3://lake"},
            {"name": "directory-with-a-long-name", "service": "s3", "parent": "s3.lake"},
        ],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, deep) == "s3.lake.directory-with-a-long-name"
        assert "search/query" not in asked(server)


@pytest.mark.parametrize(
    ("namespace", "name", "full_path"),
    [
        ("hdfs://nn", "/data/orders", "hdfs://NN:8020/data/orders"),
        ("hdfs://nn:9000", "/data/orders/x", "webhdfs://nn/data/orders"),
        ("file", "/data/orders/x", "file:///data/orders"),
        ("file", "/data/orders", "/data/orders/"),
        ("gcs://lake", "orders", "gs://lake/orders"),
        ("oss://lake", "orders/1", "oss://lake/orders"),
    ],
)
def test_a_full_path_may_be_spelled_in_another_way(namespace: str, name: str, full_path: str) -> None:
    type_ = "GCS" if namespace.startswith("g") else "CustomStorage"
    seed = {
        "storageServices": [service("s", type_)],
        "containers": [{"name": "x", "service": "s", "fullPath": full_path}],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, name, namespace) == "s.x"


def test_parents_are_looked_for_eight_directories_up() -> None:
    place = location("s3://b", "1/2/3/4/5/6/7/8/9/10")
    assert place is not None
    assert place.pattern(least=1) == "(s3|s3a|s3n|minio)://b/1/2(/3(/4(/5(/6(/7(/8(/9(/10)?)?)?)?)?)?)?)?/?"


@pytest.mark.promise("C56")
def test_a_container_without_path_is_in_the_storage_account_of_its_service() -> None:
    seed = {
        "storageServices": [service("adls", "ADLS", credentials={"accountName": "one"})],
        "containers": [{"name": "raw", "service": "adls"}, {"name": "orders", "service": "adls", "parent": "adls.raw"}],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        assert resolve(client, "orders", "abfss://raw@one.dfs.core.windows.net") == "adls.raw.orders"
        other = dataset("abfss://raw@two.dfs.core.windows.net", "orders", kind="container")
        resolution = Resolver(client, config()).resolve(other)
        assert resolution.reason == "other_address"
        assert "storage account one" in resolution.detail
        assert "storage account two" in resolution.detail


@pytest.mark.parametrize("host", ["acc.blob.core.windows.net", "acc.dfs.core.windows.net"])
@pytest.mark.parametrize("child", ["orders", "by hand"])
def test_a_full_path_may_be_a_web_address_of_azure(host: str, child: str) -> None:
    seed = {
        "storageServices": [service("adls", "ADLS")],
        "containers": [
            {"name": "raw", "service": "adls", "fullPath": f"https://{host}/raw"},
            {"name": child, "service": "adls", "parent": "adls.raw", "fullPath": f"https://{host}/raw/orders"},
        ],
    }
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        for namespace in (
            "abfss://raw@acc.dfs.core.windows.net", "wasbs://raw@acc.blob.core.windows.net", f"https://{host}/raw",
            "az://raw",
        ):  # fmt: skip
            identities = Naming(DatasetOptions()).identities(namespace, "orders")
            resolution = Resolver(client, config()).resolve(Dataset(namespace, "orders", identities))
            assert found(resolution) == f"adls.raw.{child}", namespace
        other = dataset("abfss://raw@acc2.dfs.core.windows.net", "orders", kind="container")
        assert found(Resolver(client, config()).resolve(other)) is None


MINIO: dict[str, Any] = {
    "storageServices": [
        service("aws", "S3", awsConfig={"awsRegion": "eu-west-1"}),
        service("minio", "S3", awsConfig={"awsRegion": "eu-west-1", "endPointURL": "http://MinIO.acme.com:9000/"}),
        service("store", "S3", awsConfig={"awsRegion": "eu-west-1", "endPointURL": "https://store.acme.com"}),
    ],
    "containers": [
        container
        for store in ("aws", "minio", "store")
        for container in (
            {"name": "lake", "service": store, "fullPath": "s3://lake"},
            {"name": "orders", "service": store, "parent": f"{store}.lake", "fullPath": "s3://lake/orders"},
        )
    ],
}


@pytest.mark.parametrize(
    ("namespace", "name", "fqn"),
    [
        ("s3://minio.acme.com:9000", "/lake/orders/day=1/part-0.parquet", "minio.lake.orders"),
        ("s3a://minio.acme.com:9000/lake", "orders", "minio.lake.orders"),
        ("minio://minio.acme.com:9000", "lake/orders", "minio.lake.orders"),
        ("s3://minio.acme.com:9000", "lake", "minio.lake"),
        ("s3://store.acme.com", "lake/orders", "store.lake.orders"),
        # Nothing tells which store it is.
        ("s3://other.acme.com:9000", "lake/orders", None),
        ("s3://minio.acme.com:9001", "lake/orders", None),
        ("s3://minio.acme.com:9000", "nowhere/orders", None),
        ("s3://minio.acme.com", "lake/orders", None),
    ],
)
def test_a_store_of_its_own_is_known_by_the_endpoint_of_its_service(namespace: str, name: str, fqn: str | None) -> None:
    with CatalogueServer(MINIO) as catalogue, OpenMetadataClient(catalogue.url, retries=FAST) as connected:
        assert resolve(connected, name, namespace) == fqn


def test_a_rule_may_name_the_service_of_a_store() -> None:
    rule = {"namespaces": [{"namespace": "s3://10.0.0.7:9000", "service": "minio"}]}
    with CatalogueServer(MINIO) as catalogue, OpenMetadataClient(catalogue.url, retries=FAST) as connected:
        assert resolve(connected, "lake/orders", "s3://10.0.0.7:9000", **rule) == "minio.lake.orders"


def test_the_bucket_alone_does_not_tell_which_store_it_is_in() -> None:
    with CatalogueServer(MINIO) as catalogue, OpenMetadataClient(catalogue.url, retries=FAST) as connected:
        resolution = Resolver(connected, config()).resolve(dataset("s3://lake", "orders", kind="container"))
        assert (resolution.outcome, resolution.services) == ("ambiguous", ("aws", "minio", "store"))
