"""What finding a dataset in the catalogue costs, and whether the size of the catalogue is any matter.

Starts the sandbox's stand-in for OpenMetadata in a process of its own with 1,000, 10,000 and 100,000 tables and lets
the resolver find a thousand datasets of each sort in it, and of all sorts together::

    python bench/resolution.py [--rounds 5] [--sizes 1000 10000 100000] [--json FILE]

Calls are those of the resolver without the listings of the services, which are one for each kind. Times are the wall
clock's per dataset, with eight connections, and contain the stand-in's own work, which is shown beside them:
OpenMetadata answers in other times.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import Dataset, Identity, Kind
from openmetadata_ol_provider.openmetadata.http.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.resolution.finder import Finder
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

DATASETS = 1000
SCHEMAS = 200
SETS = 10
MISSING = "none"
POSTGRES = "postgres://warehouse:5432"


def seed(tables: int) -> dict[str, Any]:
    """Return a catalogue of that many tables, and a tenth of it in containers, ten to a bucket."""
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


def sorts(tables: int) -> dict[str, list[Dataset]]:
    """Return the datasets of each sort; they are spread over the whole catalogue."""
    spread = [number * tables // DATASETS for number in range(DATASETS)]
    found = {
        "exact name": [_dataset(POSTGRES, _table(number)) for number in spread],
        "other letter case": [_dataset(POSTGRES, _table(number).upper()) for number in spread],
        "no schema": [_dataset(POSTGRES, f"shop.t{number}") for number in spread],
        "not there": [_dataset(POSTGRES, f"shop.s1.{MISSING}{number}") for number in range(DATASETS)],
        "path below a container": [_part(number) for number in range(DATASETS)],
    }
    return found | {"a fifth of each": [dataset for sort in found.values() for dataset in sort[:: len(found)]]}


def _part(number: int) -> Dataset:
    """Return a path below one of the containers of the first ten buckets."""
    return _dataset(f"s3://b{number % 10}", f"set{number // 10 % SETS}/in/part{number}", "container")


def _dataset(namespace: str, name: str, kind: Kind = "table") -> Dataset:
    return Dataset(namespace, name, (Identity(namespace, name, kind),))


def _serve(tables: int, pipe: Connection) -> None:
    with CatalogueServer(seed(tables)) as server:
        pipe.send(server.url)
        pipe.recv()


@contextmanager
def catalogue(tables: int) -> Iterator[str]:
    """Run the stand-in in a process of its own and give its URL."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(tables, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def measure(tables: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each sort of dataset."""
    with catalogue(tables) as url:
        for sort, datasets in sorts(tables).items():
            seconds, calls = [], set()
            for _ in range(rounds):
                took, called = _resolve(url, datasets)
                seconds.append(took / len(datasets))
                calls.add(called / len(datasets))
            yield {"tables": tables, "sort": sort, "calls": sorted(calls), "ms": _spread(seconds)}
        for question, ask in _questions(url, tables).items():
            yield {"tables": tables, "sort": f"stand-in: {question}", "calls": [1], "ms": _spread(ask(rounds * 20))}


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
    """Return what times the stand-in's own answers, asked one after the other."""

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
            lambda client, number: Finder(client).at_paths(f"s3://b{number % 10}(/set1(/x{number})?)?"), times
        ),
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    values = {"min": min(seconds), "median": statistics.median(seconds), "max": max(seconds)}
    return {name: round(value * 1000, 3) for name, value in values.items()}


def _line(row: dict[str, Any]) -> str:
    calls = " or ".join(f"{number:.2f}" for number in row["calls"])
    ms = row["ms"]
    return f"{row['tables']:>8} {row['sort']:<26} {calls:>8} {ms['min']:>9.2f} {ms['median']:>9.2f} {ms['max']:>9.2f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000], help="tables in the catalogue")
    parser.add_argument("--json", type=Path, help="file for the rows")
    arguments = parser.parse_args()
    print(f"{'tables':>8} {'datasets':<26} {'calls':>8} {'ms min':>9} {'median':>9} {'max':>9}")
    rows = []
    for tables in arguments.sizes:
        for row in measure(tables, arguments.rounds):
            rows.append(row)
            print(_line(row), flush=True)
    by_sort: dict[str, set[tuple[float, ...]]] = {}
    for row in rows:
        by_sort.setdefault(row["sort"], set()).add(tuple(row["calls"]))
    differ = [sort for sort, calls in by_sort.items() if len(calls) > 1]
    print(f"calls depend on the size of the catalogue: {', '.join(differ) or 'no'}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
