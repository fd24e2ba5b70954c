"""``openmetadata-ol explain``: what was read, which rule gave each edge, what became of each dataset and why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.cli.conftest import Terminal
from tests.support import PG, Json, captured, columns, dataset, dataset_event, job_event, run_event

Capture = pytest.CaptureFixture[str]
Explain = Callable[..., tuple[int, str]]
ELSEWHERE = "postgres://elsewhere:5432"
TOKEN = "test-token"
SEED: Json = {
    "databaseServices": [
        {
            "name": "pg",
            "serviceType": "Postgres",
            "connection": {"config": {"type": "Postgres", "hostPort": "db:5432", "database": "shop"}},
        },
        {"name": "pg_north", "serviceType": "Postgres"},
        {"name": "pg_south", "serviceType": "Postgres"},
    ],
    "tables": [
        {"fqn": name, "columns": [{"name": "id", "dataType": "INT"}]}
        for name in (
            "pg.shop.public.Orders",
            "pg.shop.public.facts",
            "pg_north.dwh.public.twice",
            "pg_south.dwh.public.twice",
        )
    ],
}


@pytest.fixture
def small() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token=TOKEN) as running:
        yield running


@pytest.fixture
def explain(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Explain:
    """Write lines to a file and explain it; gives the exit code and what is on stdout."""
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)

    def run(lines: list[Json | str], *options: str) -> tuple[int, str]:
        path = tmp_path / "events.ndjson"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        code = main(["explain", "events.ndjson", *options])
        return code, capsys.readouterr().out

    return run


def section(text: str, title: str) -> list[str]:
    """Return the lines of a section of the text, without its title and its indentation by two."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(title))
    found: list[str] = []
    for line in lines[start + 1 :]:
        if not line.startswith("  "):
            break
        found.append(line[2:])
    return found


RUN: list[Json] = [
    run_event("COMPLETE", seconds=2, outputs=["shop.public.facts"]),
    run_event("START", inputs=["shop.public.orders"], run_facets={"spark_properties": {"password": "hunter2"}}),
]


@pytest.mark.promise("A64")
def test_each_run_is_shown_with_its_events_in_their_order_and_their_lines(explain: Explain) -> None:
    code, text = explain(RUN)
    assert code == 0
    assert section(text, "RUNS (1)") == [
        "COMPLETE  ns job  run run-1, pipeline 'job'",
        "          2026-11-23T08:00:00Z to 2026-11-23T08:00:02Z",
        "          START 2026-11-23T08:00:00Z (events.ndjson:2): 1 input, 0 outputs",
        "          COMPLETE 2026-11-23T08:00:02Z (events.ndjson:1): 0 inputs, 1 output",
    ]


def test_a_failed_task_is_reported_with_its_pipeline_and_its_error(explain: Explain) -> None:
    up = {"run": {"runId": "dag-run"}, "job": {"namespace": "ns", "name": "dag"}}
    error = {"message": "disk full", "programmingLanguage": "SQL"}
    _, text = explain([run_event("FAIL", job="dag.load", run_facets={"parent": up, "errorMessage": error})])
    first, second, third = section(text, "RUNS (1)")
    assert first == "FAIL      ns dag.load  run run-1, task 'load' of 'dag'"
    assert second.endswith("to 2026-11-23T08:00:00Z; error: disk full")
    assert third.strip().startswith("FAIL ")


def test_each_edge_is_reported_with_its_job_its_rule_and_its_columns(explain: Explain) -> None:
    lineage = columns(total=[("shop.public.orders", "amount")])
    lineage["fields"]["total"]["inputFields"][0]["transformations"] = [{"type": "DIRECT", "subtype": "AGGREGATION"}]
    view = dataset("view", lineage={"inputs": [{"namespace": PG, "name": "base", "type": "DATASET"}]})
    events = [
        run_event(
            job="sums", inputs=["shop.public.orders"], outputs=[dataset("shop.public.facts", columnLineage=lineage)]
        ),
        job_event("copies", inputs=["a"], outputs=["b"]),
        dataset_event(view),
    ]
    code, text = explain(events)
    assert code == 0
    assert section(text, "EDGES (3)") == [
        f"{PG} base -> {PG} view",
        "  stated by the dataset itself; the producer's lineage facet says so",
        f"{PG} a -> {PG} b",
        "  job ns copies; no column lineage for this pair: inputs x outputs of the run",
        f"{PG} shop.public.orders -> {PG} shop.public.facts",
        "  job ns sums; the output's columnLineage names the source",
        "  column amount -> total  DIRECT/AGGREGATION",
    ]


def test_without_a_host_the_candidates_are_reported_and_nothing_is_looked_up(explain: Explain) -> None:
    links = {"identifiers": [{"namespace": "hive://meta:9083", "name": "sales.orders", "type": "TABLE"}]}
    _, text = explain([run_event(inputs=[dataset("/wh/orders", "hdfs://nn:8020", symlinks=links)])])
    assert section(text, "DATASETS (1)") == [
        "hdfs://nn:8020 /wh/orders",
        "  candidate table     hive://meta:9083 sales.orders",
        "  candidate container hdfs://nn:8020 /wh/orders",
    ]


def test_what_resolves_is_shown_with_its_name_and_all_is_well(explain: Explain, small: CatalogueServer) -> None:
    code, text = explain(RUN, "--host", small.url)
    assert code == 0
    outcomes = [line.strip() for line in section(text, "DATASETS (2)") if "resolved" in line]
    assert outcomes == [
        f"resolved: table pg.shop.public.facts (by {PG} shop.public.facts)",
        f"resolved: table pg.shop.public.Orders (by {PG} shop.public.orders)",
    ]


def test_what_does_not_resolve_is_reported_with_what_was_tried_and_makes_exit_code_1(
    explain: Explain, small: CatalogueServer
) -> None:
    events = [run_event(inputs=["shop.public.none"], outputs=["shop.public.facts"])]
    code, text = explain(events, "--host", small.url)
    [line] = [line.strip() for line in section(text, "DATASETS (2)") if "unresolved" in line]
    assert code == 1
    assert line.startswith(f"unresolved: table {PG} shop.public.none: service pg by its address; tried ")
    assert "1 of 2 datasets of this namespace resolve in service pg, so it is this one that OpenMetadata lacks" in line
    assert f'`datasets.exclude`: "{PG} shop.public.none"' in line
    assert "namespaces`" not in line


def test_what_is_ambiguous_is_reported_with_every_candidate_and_makes_exit_code_1(
    explain: Explain, small: CatalogueServer
) -> None:
    events = [run_event(inputs=[dataset("dwh.public.twice", ELSEWHERE)], outputs=["shop.public.facts"])]
    code, text = explain(events, "--host", small.url)
    [line] = [line.strip() for line in section(text, "DATASETS (2)") if "ambiguous" in line]
    assert code == 1
    assert "may be pg_north.dwh.public.twice, pg_south.dwh.public.twice; settle it in `namespaces`" in line


def test_a_dataset_without_an_edge_may_be_missing(explain: Explain, small: CatalogueServer) -> None:
    code, text = explain([run_event(inputs=["shop.public.none"])], "--host", small.url)
    assert code == 0
    assert "unresolved" in text


def test_what_the_configuration_leaves_out_is_reported_and_not_looked_up(
    explain: Explain, small: CatalogueServer, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("datasets: {exclude: ['shop.public.orders']}", encoding="utf-8")
    code, text = explain(RUN, "--host", small.url, "--config", str(config))
    assert code == 0
    assert section(text, "EDGES (0)") == []
    datasets = section(text, "DATASETS (2)")
    assert f"{PG} shop.public.orders  (left out by the configuration)" in datasets
    assert "  ignored: left out by the configuration" in datasets
    assert not [request for request in small.requests if "orders" in request.path.lower()]


def test_facets_that_are_not_read_are_counted_by_name_and_producer_without_their_values(explain: Explain) -> None:
    other = run_event(run_id="r2", run_facets={"spark_properties": {}}, job_facets={"gcp_lineage": {}})
    _, text = explain([*RUN, other | {"producer": "https://example.com/other"}])
    assert section(text, "FACETS THAT ARE NOT READ (3)") == [
        "job gcp_lineage: 1 time, by https://example.com/other",
        "run spark_properties: 1 time, by https://example.com/other",
        "run spark_properties: 1 time, by https://example.com/producer",
    ]
    assert "hunter2" not in text


def test_lines_that_are_no_events_are_problems_and_make_exit_code_1(explain: Explain) -> None:
    code, text = explain(["{}", run_event(inputs=[None, "a"]), "nonsense"])  # type: ignore[list-item]
    assert code == 1
    assert [line.split(":")[0:2] for line in section(text, "PROBLEMS (3)")] == [
        ["malformed", " events.ndjson"],
        ["bad_dataset", " events.ndjson"],
        ["malformed", " events.ndjson"],
    ]


def test_a_file_without_events_has_empty_sections(explain: Explain) -> None:
    summary = ["SUMMARY", "  0 events: 0 runs of 0 jobs, 0 edges, 0 datasets"]
    titles = ["EDGES (0)", "DATASETS (0)", "PROBLEMS (0)", "FACETS THAT ARE NOT READ (0)", "RUNS (0)"]
    assert explain([]) == (0, "\n".join((*summary, *titles)) + "\n")


MIXED: list[Json] = [
    run_event(job="load", inputs=["shop.public.orders"], outputs=["shop.public.facts", "shop.public.none"]),
    run_event(
        run_id="run-2", job="copy", inputs=[dataset("dwh.public.twice", ELSEWHERE)], outputs=["shop.public.facts"]
    ),
    run_event(run_id="run-3", job="idle"),
]


def titles_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(" ")]


def test_the_summary_is_first_and_the_runs_are_last(explain: Explain, small: CatalogueServer) -> None:
    _, text = explain(MIXED, "--host", small.url)
    assert [title.partition(" (")[0] for title in titles_of(text)] == [
        *("SUMMARY", "EDGES", "DATASETS", "PROBLEMS", "FACETS THAT ARE NOT READ", "RUNS")
    ]
    assert section(text, "SUMMARY")[:5] == [
        "3 events: 3 runs of 3 jobs, 3 edges, 4 datasets",
        "edges by rule: 3 product",
        "datasets: 2 resolved, 1 unresolved, 1 ambiguous",
        f"datasets of {PG}: 2 resolved, 1 unresolved",
        f"datasets of {ELSEWHERE}: 1 ambiguous",
    ]


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        (("--job", "copy"), (1, 2, 1)),
        (("--job", "c*", "--job", "ns load"), (3, 4, 2)),
        (("--job", "idle"), (0, 0, 1)),
        (("--job", "nobody"), (0, 0, 0)),
        (("--namespace", ELSEWHERE), (1, 1, 1)),
        (("--namespace", "postgres://*"), (3, 4, 2)),
        (("--dataset", "shop.public.none"), (1, 1, 1)),
        (("--dataset", f"{PG} *.facts"), (2, 1, 2)),
        (("--dataset", "*.facts", "--job", "copy"), (1, 1, 1)),
        (("--unresolved",), (2, 2, 2)),
        (("--unresolved", "--namespace", PG), (1, 1, 1)),
    ],
)
def test_only_what_is_asked_for_is_shown(
    explain: Explain, small: CatalogueServer, options: tuple[str, ...], counts: tuple[int, int, int]
) -> None:
    code, text = explain(MIXED, "--host", small.url, *options)
    assert code == 1
    edges, datasets, runs = counts
    titles = titles_of(text)
    assert {f"EDGES ({edges})", f"DATASETS ({datasets})", f"RUNS ({runs})"} <= set(titles)
    assert titles[0] == "SUMMARY"
    assert section(text, "SUMMARY")[0].startswith(f"shown, of 3 events: {counted(runs, 'run')} of ")
    assert not [title for title in titles if title.startswith("FACETS")]
    code, document = explain(MIXED, "--host", small.url, "--json", *options)
    found = json.loads(document)
    assert tuple(len(found[name]) for name in ("edges", "datasets", "runs")) == counts
    assert found["summary"] == section(text, "SUMMARY")


def test_problems_of_what_is_not_shown_are_not_shown(explain: Explain) -> None:
    events = [run_event("FAILED", job="a"), run_event("SUCCESS", run_id="run-2", job="b", outputs=["x"])]
    _, text = explain(events)
    everything = section(text, "PROBLEMS")
    _, text = explain(events, "--job", "nobody")
    assert everything
    assert section(text, "PROBLEMS") == []


def test_unresolved_needs_a_catalogue(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("", encoding="utf-8")
    assert main(["explain", str(path), "--unresolved"]) == 2
    assert "give --host or --openmetadata-conn-id" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["explain", "ingest"])
def test_the_catalogue_may_be_a_connection_of_airflow(
    command: str, tmp_path: Path, small: CatalogueServer, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    connection = {"conn_type": "openmetadata", "host": small.url, "password": TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_OM", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_VAR_RULES", json.dumps({"pipelines": {"exclude": ["nothing"]}}))
    path = tmp_path / "events.ndjson"
    path.write_text(json.dumps(MIXED[0]), encoding="utf-8")
    options = ("--openmetadata-conn-id", "om", "--config", "variable:rules")
    main([command, str(path), *options])
    printed = capsys.readouterr()
    assert "pg.shop.public.Orders" in printed.out or json.loads(printed.out)["edges"]["published"] == 1
    assert main([command, str(path), *options[:1], "not_there"]) == 2
    assert "airflow connections add not_there" in capsys.readouterr().err


#: What a shell gives instead of a path: ``--client-key "$(cat key.pem)"``.
KEY = "-----BEGIN PRIVATE KEY-----\n" + 80 * f"{'MII':A<64}\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "https://127.0.0.1:1", "--ca-file", "no.pem"), "--ca-file is 'no.pem', which is not a file"),
        (
            ("--host", "https://127.0.0.1:1", "--client-key", KEY),
            "--client-key is the text of a PEM file",
        ),
        (("--host", "https://127.0.0.1:1", "--client-key", __file__), "--client-cert is missing; give both"),
        (("--openmetadata-conn-id", "om", "--client-cert", __file__), "extra of the connection 'om' instead"),
        (("--host", "om:99999"), "--host: OpenMetadata host is not a URL (Port out of range"),
    ],
)
def test_files_for_tls_are_checked(tmp_path: Path, options: tuple[str, ...], said: str, capsys: Capture) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text(json.dumps(MIXED[0]), encoding="utf-8")
    for command in ("ingest", "explain"):
        assert main([command, str(path), *options]) == 2
        printed = capsys.readouterr().err
        assert said in printed
        assert "MII" not in printed


def test_files_for_tls_without_a_catalogue_are_refused(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text(json.dumps(MIXED[0]), encoding="utf-8")
    assert main(["explain", str(path), "--ca-file", __file__]) == 2
    assert "--ca-file is given without --host; add --host, or leave it out" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_are_written_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text(json.dumps(run_event("COMPLETE", job="отчёт", outputs=["x"])), encoding="utf-8")
    command = [sys.executable, "-m", "openmetadata_ol_provider", "explain", str(path)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    expected = "отчёт" if encoding == "utf-8" else r"\u043e\u0442\u0447\u0451\u0442"
    assert expected in done.stdout.decode(encoding)


def test_json_is_the_plan_with_the_reasons_added(explain: Explain, small: CatalogueServer) -> None:
    events = [
        *RUN,
        run_event(run_id="run-2", seconds=3, inputs=["shop.public.none"], outputs=["shop.public.facts"]),
        dataset_event(dataset("view", lineage={"inputs": [{"namespace": PG, "name": "shop.public.facts"}]})),
    ]
    code, text = explain(events, "--json", "--host", small.url)
    found: dict[str, Any] = json.loads(text)
    assert code == 1
    assert found["version"] == 1
    assert found["runs"][0]["events"] == [
        "START 2026-11-23T08:00:00Z (events.ndjson:2): 1 input, 0 outputs",
        "COMPLETE 2026-11-23T08:00:02Z (events.ndjson:1): 0 inputs, 1 output",
    ]
    by_end = {(edge["source"]["name"], edge["target"]["name"]): edge for edge in found["edges"]}
    assert by_end["shop.public.orders", "shop.public.facts"]["why"].startswith("no column lineage for this pair")
    assert by_end["shop.public.facts", "view"]["job"] is None
    assert by_end["shop.public.facts", "view"]["why"] == "the producer's lineage facet says so"
    by_name = {item["name"]: item for item in found["datasets"]}
    assert {name: item["outcome"] for name, item in by_name.items()} == {
        "shop.public.facts": "resolved",
        "shop.public.none": "unresolved",
        "shop.public.orders": "resolved",
        "view": "unresolved",
    }
    assert by_name["shop.public.orders"]["entity"] == {"type": "table", "fqn": "pg.shop.public.Orders"}
    assert by_name["shop.public.orders"]["identity"] == {"namespace": PG, "name": "shop.public.orders", "kind": "table"}
    assert "entity" not in by_name["shop.public.none"]
    assert "service pg by its address" in by_name["shop.public.none"]["detail"]
    assert found["unread_facets"] == [
        {"section": "run", "facet": "spark_properties", "producer": "https://example.com/producer", "count": 1}
    ]


def test_json_without_a_host_tells_no_outcomes(explain: Explain) -> None:
    code, text = explain(RUN, "--json")
    assert code == 0
    assert [sorted(item.keys() & {"outcome", "detail", "entity"}) for item in json.loads(text)["datasets"]] == [[], []]


def test_the_explanation_goes_to_a_file_when_asked(explain: Explain, tmp_path: Path) -> None:
    assert explain(RUN, "--output", "out.txt") == (0, "")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").startswith("SUMMARY\n")


def test_nothing_is_written_to_the_catalogue(explain: Explain, small: CatalogueServer) -> None:
    explain(RUN, "--host", small.url)
    assert small.requests
    assert small.writes() == []


def test_a_wrong_token_is_exit_code_1_and_never_shown(
    explain: Explain, small: CatalogueServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.setenv("OPENMETADATA_JWT_TOKEN", "not-this-one")
    (tmp_path / "events.ndjson").write_text("\n".join(map(json.dumps, RUN)), encoding="utf-8")
    assert main(["explain", str(tmp_path / "events.ndjson"), "--host", small.url]) == 1
    printed = capsys.readouterr()
    assert "401" in printed.err
    assert "not-this-one" not in printed.err + printed.out


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize("name", ["dbt-postgres", "hive", "great-expectations", "static", "debezium", "flink2-session"])
def test_the_events_of_every_producer_are_explained_each_in_its_place(
    explain: Explain, name: str, options: tuple[str, ...]
) -> None:
    lines = captured(name)
    code, text = explain([line.decode() for line in lines], *options)
    assert code == 0
    of_runs = [number for number, line in enumerate(lines, 1) if json.loads(line).get("run")]
    assert [f"(events.ndjson:{number})" in text for number in of_runs] == [True] * len(of_runs)


# -- what was dropped, held back or assumed ------------------------------------------------------------------------


def test_what_is_wrong_with_an_event_stands_with_its_run(explain: Explain) -> None:
    lost = run_event("COMPLETE", run_id="r2", seconds=9, inputs=[None, "shop.public.orders"])  # type: ignore[list-item]
    _, text = explain([*RUN, lost])
    runs = section(text, "RUNS (2)")
    at = next(number for number, line in enumerate(runs) if "run r2" in line)
    assert [line.strip().split(":")[0] for line in runs[at + 1 :]][-1] == "bad_dataset"
    assert not [line for line in runs[:at] if "bad_dataset" in line]


@pytest.mark.parametrize("tool", ["spark", "airflow", "dbt"])
def test_what_is_wrong_with_a_job_stands_with_its_first_run(explain: Explain, tool: str) -> None:
    many = [[f"{side}{number}" for number in range(400)] for side in ("in", "out")]
    events = [
        run_event(run_id=f"r{number}", job=f"{tool}.job", seconds=number, inputs=many[0], outputs=many[1])
        for number in range(2)
    ]
    _, text = explain(events)
    lines = [line.strip() for line in section(text, "RUNS (2)") if "product_too_large" in line]
    assert lines == ["product_too_large: 400 inputs x 400 outputs are more than 10000 edges: no edges drawn"]


def test_an_edge_that_is_held_back_says_by_which_rule(explain: Explain, small: CatalogueServer) -> None:
    events = [
        run_event(run_id="r1", inputs=["shop.public.none"], outputs=["shop.public.facts"]),
        run_event(
            run_id="r2", job="j2", inputs=[dataset("dwh.public.twice", ELSEWHERE)], outputs=["shop.public.facts"]
        ),
        run_event(run_id="r3", job="j3", inputs=["shop.public.orders"], outputs=["shop.public.facts"]),
    ]
    _, text = explain(events, "--host", small.url)
    edges = section(text, "EDGES (3)")
    held = [line.strip() for line in edges if "held back" in line]
    assert [line.split(":")[0] for line in held] == ["ambiguous", "unresolved"]
    assert held[0] == f"ambiguous: held back because of {ELSEWHERE} dwh.public.twice (see DATASETS)"
    assert held[1] == f"unresolved: held back because of {PG} shop.public.none (see DATASETS)"
    # Without the dataset in the outline, the edge says it all.
    _, text = explain(events, "--host", small.url, "--dataset", "shop.public.facts")
    assert f"held back because of {PG} shop.public.none: " in text
    _, text = explain(events, "--host", small.url, "--json")
    found: dict[str, Any] = json.loads(text)
    rules = {edge["source"]["name"]: [item["rule"] for item in edge["problems"]] for edge in found["edges"]}
    assert rules == {"dwh.public.twice": ["ambiguous"], "shop.public.none": ["unresolved"], "shop.public.orders": []}
    assert all(item["meaning"] for edge in found["edges"] for item in edge["problems"])


@pytest.mark.parametrize(
    ("rule", "events"),
    [
        ("event_type", [run_event("FINISHED OFF", inputs=["a"])]),
        ("run_given_up", [run_event("RUNNING", inputs=["a"], outputs=["b"])]),
        ("no_event_type", [run_event(None, inputs=["a"], outputs=["b"])]),
        ("same_datasets", [run_event(inputs=["a", "b"], outputs=["a", "b"])]),
        ("shared_run_id", [run_event("START", job="all_shops_ol"), run_event("RUNNING", job="all_shops", seconds=1)]),
        ("bad_item", [run_event(inputs=[dataset("a", schema={"fields": [None]})])]),
    ],
)
def test_what_a_rule_has_done_to_a_run_stands_with_it(explain: Explain, rule: str, events: list[Json]) -> None:
    _, text = explain(events)
    problems = [line for line in section(text, "PROBLEMS (1)") if line.startswith(f"{rule}: ")]
    assert len(problems) == 1
    shown = [line.strip() for line in section(text, "RUNS (") if line.strip().startswith(f"{rule}: ")]
    assert set(shown) == {f"{rule}: {problems[0].partition(': ')[2].partition(': ')[2]}"}


def test_on_a_terminal_what_failed_is_coloured(
    tmp_path: Path, on_terminal: Callable[..., int], terminal: Terminal
) -> None:
    file = tmp_path / "events.ndjson"
    run = {"runId": "01938e3c-0000-7000-8000-000000000000"}
    event = {
        "eventType": "FAIL",
        "eventTime": "2026-11-01T12:00:00Z",
        "run": run,
        "job": {"namespace": "p", "name": "j"},
    }
    file.write_text(f"{json.dumps(event)}\nno event\n", encoding="utf-8")
    on_terminal(lambda: main(["explain", str(file)]), "stdout")
    written = terminal.written()
    assert "\x1b[31mFAIL      p j" in written
    assert "\x1b[33mmalformed: " in written
