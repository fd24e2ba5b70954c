"""The report for people is short, its numbers add up, and nothing in it is cut off."""

from __future__ import annotations

import re

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import Datasets, PublishReport, Share, Written
from openmetadata_ol_provider.openmetadata.publishing.core.report_text import problem_lines, summary_lines
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from tests.openmetadata.builders import PG, config, dataset, edge, orders, plan


def test_the_summary_has_what_was_read_written_and_parked() -> None:
    report = PublishReport(
        events=7,
        runs=2,
        edges=Written(3, 0, 1),
        parked=4,
        requests={"PUT": 3, "GET": 9},
        namespaces={"a": Share(1, 4), "b": Share(2, 2), "c": Share(0, 1)},
    )
    assert summary_lines(report) == [
        "7 events of 2 runs, 0 dead letters",
        "edges: 3 published, 1 failed; pipelines: none; statuses: none; datasets: none",
        "requests: GET 9, PUT 3",
        "parked: 4 items to be tried again; `openmetadata-ol parked list` shows what is waited for",
        "datasets resolved: 0 of 1 of c, 1 of 4 of a",
    ]


def test_what_is_not_kept_is_not_said_to_be_tried_again() -> None:
    for lines in (
        summary_lines(PublishReport(parked=2), is_kept=False),
        summary_lines(PublishReport(parked=2, dry_run=True)),
    ):
        assert "parked: 2 items waiting for what the catalogue lacks, and not kept" in lines[3]


def test_a_dry_run_says_so() -> None:
    assert summary_lines(PublishReport(dry_run=True))[0].startswith("dry run, nothing was written: ")


@pytest.mark.promise("A297")
def test_the_lines_of_a_kind_add_up_to_its_count() -> None:
    problems = tuple(Problem(ProblemKind.UNRESOLVED, f"{PG} t{n}", "gone", 1, PG, "gone") for n in range(14))
    report = PublishReport(datasets=Datasets(unresolved=18, ambiguous=1), problems=problems)
    lines = list(problem_lines(report))
    assert [(kind, int(re.search(r"\d+", text)[0])) for kind, text in lines] == [  # type: ignore[index]
        ("unresolved", 14),
        ("unresolved", 4),
        ("ambiguous", 1),
    ]


def test_fourteen_missing_datasets_with_one_cause_are_one_line(client: OpenMetadataClient) -> None:
    gone = [dataset(PG, f"shop.public.gone{number}") for number in range(14)]
    edges = [edge(orders(), target) for target in gone]
    report = publish_plan(plan(*edges, datasets=(orders(), *gone)), client, config()).report
    ((kind, text),) = problem_lines(report)
    assert kind == "unresolved"
    assert text.startswith(f"14 datasets of {PG}, e.g. shop.public.gone0, shop.public.gone1 and 12 more: ")
    assert text.count(f"{PG} shop.public.gone") == 14
    assert "\n" not in text
