"""What producers can make us keep and send is bounded on the catalogue's side, too, and what is too much is told."""

from __future__ import annotations

import msgspec
import pytest

from openmetadata_ol_provider.config import ParkingOptions
from openmetadata_ol_provider.lineage.plan import Field, Owner
from openmetadata_ol_provider.openlineage.problems import MAX_PROBLEMS, count_problems
from openmetadata_ol_provider.openlineage.serialization import pack
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import ParkedItems
from openmetadata_ol_provider.openmetadata.publishing.core.parking import MAX_BYTES, Parking
from openmetadata_ol_provider.openmetadata.publishing.core.report import MOST_NAMESPACES, PublishReport, Share
from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines, summary_lines
from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import MAX_OWNERS, OwnerLookup
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import MAX_TASKS
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, config, dataset, edge, job, orders, plan, run
from tests.openmetadata.histories import KeptHistory

ETL = "openlineage.prod:etl"


def test_a_pipeline_gets_so_many_tasks_and_no_more(client: OpenMetadataClient, server: CatalogueServer) -> None:
    tasks = [job(f"etl.t{number}", task=f"t{number}", pipeline="etl") for number in range(MAX_TASKS + 3)]
    runs = [run("COMPLETE", task=f"t{number}") for number in (0, MAX_TASKS + 2)]
    report = publish_plan(plan(jobs=(job(), *tasks), runs=runs), client, config()).report
    [pipeline] = server.entities("pipeline")
    assert len(pipeline["tasks"]) == MAX_TASKS
    assert [(problem.kind, problem.detail.split()[0]) for problem in report.problems] == [
        ("too_many_tasks", "3"),
        ("unknown_task", ETL),
    ]
    [status] = server.statuses(ETL)
    assert [task["name"] for task in status["taskStatus"]] == ["t0"]


def test_what_is_parked_is_bounded_in_bytes_and_the_oldest_goes_first() -> None:
    text = "x" * (MAX_BYTES // 10)
    parking = Parking(
        ParkedItems(
            {key: Parked(key, "failed", key, text, first_seen=number) for number, key in enumerate("abcdefghijkl")}
        )
    )
    expired = list(parking.expired(20, ParkingOptions()))
    given_up = [problem for _, problem in expired]
    assert sorted(problem.where for problem in given_up) == ["a", "b", "c"]
    assert {problem.detail.partition(",")[0] for problem in given_up} == {
        f"the parked items took more than {MAX_BYTES} bytes"
    }
    assert "".join(parking.updated({item.key: None for item, _ in expired}).items) == "defghijkl"


def test_one_run_cannot_fill_the_parking(client: OpenMetadataClient, server: CatalogueServer) -> None:
    sources, targets = (
        [
            msgspec.structs.replace(
                dataset(PG, f"nowhere.{side}.t{number}"),
                fields=tuple(Field(f"c{column}", "int", "a column of many") for column in range(300)),
            )
            for number in range(45)
        ]
        for side in ("s", "t")
    )
    edges = [edge(source, target) for source in sources for target in targets]
    history = KeptHistory()
    report = history.publish(plan(*edges, datasets=(*sources, *targets)), client, config())
    assert 0 < report.parked < len(edges)
    assert count_problems(report.problems, "parking_given_up") == len(edges) - report.parked
    assert len(pack(dict(history.parking.items))) < MAX_BYTES


def test_only_so_many_owners_of_one_thing_are_looked_for(client: OpenMetadataClient, server: CatalogueServer) -> None:
    lookup = OwnerLookup(client)
    names = ",".join(f"nobody{number:03}" for number in range(MAX_OWNERS + 5))
    assert lookup.references([Owner(names)]) == ()
    assert [problem.detail for problem in lookup.problems if problem.kind == "owner_left_out"] == [
        f"{MAX_OWNERS + 5} owners of one entity: only the first {MAX_OWNERS} are looked up"
    ]
    assert len({request.path for request in server.requests}) <= 2 * MAX_OWNERS


def test_a_report_tells_so_many_problems_and_namespaces_and_counts_the_rest(client: OpenMetadataClient) -> None:
    many = MAX_PROBLEMS + 7
    datasets = [dataset(f"other{number}://h", "a.b") for number in range(many)]
    edges = [edge(orders(), target) for target in datasets]
    report = publish_plan(plan(*edges, datasets=(orders(), *datasets)), client, config()).report
    assert len(report.problems) <= MAX_PROBLEMS + 5
    assert count_problems(report.problems, "unresolved") == report.datasets.unresolved == many
    assert len(report.namespaces) == MOST_NAMESPACES
    assert sum(share.total for share in report.namespaces.values()) == many + 1
    twice = report + report
    assert len(twice.namespaces) == MOST_NAMESPACES
    assert twice.namespaces["(others)"].total == 2 * report.namespaces["(others)"].total
    assert len(twice.problems) <= MAX_PROBLEMS + 5


def test_few_namespaces_are_all_told() -> None:
    report = PublishReport(namespaces={"a": Share(1, 2)}) + PublishReport(
        namespaces={"a": Share(1, 1), "b": Share(0, 1)}
    )
    assert report.namespaces == {"a": Share(2, 3), "b": Share(0, 1)}


@pytest.mark.parametrize("name", ["a\nFAKE  line", "\x1b[2Jgone", "a\r\u202eb"])
def test_names_cannot_write_lines_of_the_report(name: str, client: OpenMetadataClient) -> None:
    made = dataset(f"pg://{name}", f"x.{name}")
    report = publish_plan(plan(edge(orders(), made), datasets=(orders(), made)), client, config()).report
    lines = [*summary_lines(report), *(f"{kind}: {text}" for kind, text in problem_lines(report))]
    assert not [line for line in lines if not line.isprintable()]
    assert not [line for line in lines if line.startswith(("FAKE", "gone"))]
    assert made.namespace in report.namespaces
