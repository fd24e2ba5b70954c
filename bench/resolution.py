"""Cost of finding a dataset, for different sizes of the catalogue.

Starts the sandbox's stand-in for OpenMetadata in a process of its own with 1,000, 10,000 and 100,000 tables and lets
the resolver find datasets of each sort in it, and of all sorts together.

Calls are those of the resolver without the listings of the services, which are one for each kind. Times are the wall
clock's per dataset, with eight connections, and contain the stand-in's own work, which is shown beside them:
OpenMetadata answers in other times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.figures import Figure
from bench.sizes import sized
from bench.standin import standin
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.names.identity import Identity, Kind
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.openmetadata.resolution.search import Finder

SCHEMAS = 200
SETS = 10
MISSING = "none"
POSTGRES = "postgres://warehouse:5432"


def seed(tables: int) -> dict[str, Any]:
    """Return a catalogue with a number of tables and a tenth as many containers, ten in each bucket."""
    columns = [{"name": name, "dataType": "STRING"} for name in ("id", "amount", "customer")]
    connection = {"type": "Postgres", "hostPort": "warehouse:5432", "database": "shop"}
    return {
        "databaseServices": [{"name": "pg", "serviceType": "Postgres", "connection": {"config": connection}}],
        "storageServices": [{"name": "s3", "serviceType": "S3"}],
        "tables": [{"fqn": f"pg.{_table(number)}", "columns": columns} for number in range(tables)],
        "containers": [
            {"name": bucket, "service": "s3", "fullPath": f"s3://{bucket}"}
            | ({"name": name, "parent": f"s3.{bucket}", "fullPath": f"s3://{bucket}/{name}"} if name else {})
            for bucket in (f"b{number}" for number in range(tables // 100))
            for name in ("", *(f"set{number}" for number in range(SETS)))
        ],
    }


def _table(number: int) -> str:
    return f"shop.s{number % SCHEMAS}.t{number}"


def sorts(tables: int, count: int) -> dict[str, list[Dataset]]:
    """Return a number of datasets of each sort, spread over the whole catalogue."""
    spread = [number * tables // count for number in range(count)]
    found = {
        "exact name": [_dataset(POSTGRES, _table(number)) for number in spread],
        "other letter case": [_dataset(POSTGRES, _table(number).upper()) for number in spread],
        "no schema": [_dataset(POSTGRES, f"shop.t{number}") for number in spread],
        "missing": [_dataset(POSTGRES, f"shop.s1.{MISSING}{number}") for number in range(count)],
        "path below a container": [_part(number) for number in range(count)],
    }
    return found | {"a fifth of each": [dataset for sort in found.values() for dataset in sort[:: len(found)]]}


def _part(number: int) -> Dataset:
    """Return a path below one of the containers of the first ten buckets."""
    return _dataset(f"s3://b{number % 10}", f"set{number // 10 % SETS}/in/part{number}", "container")


def _dataset(namespace: str, name: str, kind: Kind = "table") -> Dataset:
    return Dataset(namespace, name, (Identity(namespace, name, kind),))


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the time of a dataset of each sort in each catalogue, its calls, and the stand-in's own times."""
    calls: dict[str, set[float]] = {}
    datasets = sized(tiny=20, usual=300, full=1000)
    for tables in sized(tiny=(1000,), usual=(1000, 10_000, 100_000)):
        with standin(seed(tables)) as server:
            for sort, found in sorts(tables, datasets).items():
                took = [_resolve(server.url, found) for _ in range(rounds)]
                calls.setdefault(sort, set()).update(called / len(found) for _, called in took)
                yield Figure(f"{tables:,} tables: {sort}", "ms/dataset", tuple(1000 * s / len(found) for s, _ in took))
            for question, ask in _questions(server.url, tables).items():
                seconds = ask(rounds * 20)
                yield Figure(f"{tables:,} tables: stand-in, {question}", "ms/call", tuple(1000 * s for s in seconds))
    for sort, numbers in calls.items():
        yield Figure(f"calls, any catalogue: {sort}", "calls/dataset", tuple(sorted(numbers)))
    depending = sum(len(numbers) > 1 for numbers in calls.values())
    yield Figure("kinds of dataset whose calls depend on the catalogue's size", "kinds", (depending,)).at_most(0)


def _resolve(url: str, datasets: list[Dataset]) -> tuple[float, int]:
    with OpenMetadataClient(url, max_connections=8) as client:
        resolver = Resolver(client, Config())
        start = time.perf_counter()
        found = resolver.resolve_all(datasets)
        took = time.perf_counter() - start
        wrong = [one.detail for name, one in found.items() if (one.outcome == "resolved") == (MISSING in name.name)]
        if wrong:
            raise SystemExit(f"{len(wrong)} datasets became something else than they should, e.g. {wrong[0]}")
        listings = len({dataset.namespace.partition(":")[0] for dataset in datasets})
        return took, sum(client.calls.values()) - listings


def _questions(url: str, tables: int) -> dict[str, Callable[[int], list[float]]]:
    """Return a function that measures the stand-in's response times, one request after the other."""

    def timed(ask: Callable[[OpenMetadataClient, int], object], times: int) -> list[float]:
        seconds = []
        with OpenMetadataClient(url) as client:
            for number in range(times):
                start = time.perf_counter()
                ask(client, number * 7919 % tables)
                seconds.append(time.perf_counter() - start)
        return seconds

    return {
        "GET by name": lambda times: timed(
            lambda client, number: client.get(path("v1/tables", "name", f"pg.{_table(number)}")), times
        ),
        "search by name": lambda times: timed(
            lambda client, number: Finder(client).search("table", "fullyQualifiedName", f"pg.*.t{number}"), times
        ),
        "search by path": lambda times: timed(
            lambda client, number: Finder(client).containers_at(f"s3://b{number % 10}(/set1(/x{number})?)?"), times
        ),
    }
