"""Names and texts made to take long, and events made to become many: each is done with at once, or its bound is told.

No test here looks at a clock: what is not linear does not come back before the time-out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.edges import MAX_PRODUCT_TEXT
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.job_hierarchy import stable_name
from openmetadata_ol_provider.lineage.paths import trim_path, warehouse_table
from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
from openmetadata_ol_provider.lineage.sql import redact_literals
from openmetadata_ol_provider.lineage.systems import SYSTEMS, parse_namespace
from openmetadata_ol_provider.lineage.temporary_datasets import MAX_SOURCES, TimedEdge, bridge
from openmetadata_ol_provider.lineage.temporary_sources import Chain
from openmetadata_ol_provider.openlineage.facet_merge import MAX_ENTRIES
from openmetadata_ol_provider.openlineage.limits import MAX_NAME, MAX_TEXT
from openmetadata_ol_provider.openlineage.run_assembler import MAX_DATASETS
from openmetadata_ol_provider.openlineage.temporary_uses import Use
from openmetadata_ol_provider.openlineage.times import parse_time
from openmetadata_ol_provider.openmetadata.fqn import pipeline_name, split, task_name
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import public_message
from openmetadata_ol_provider.openmetadata.publishing.stubs.column_types import parse_type
from tests.support import PG, arrows, columns, dataset, job_event, parent, plan_of, run_event, translated

PIECES = (
    *("a", "1", ".", "/", "//", "-", "_", ":", "=", "@", "$", "%41", "::", ">", ",", ";", " ", "\t", "\\", "é", "\x1f"),
    *("[", "]", "`", '"', "'", '""', "(", "<", "{", "a.", '"a.', "[a.", "a/", "dt=1/", "2024/01/02/", "2024-01-02-"),
    *("20240102", "x.db/", "warehouse/", "part-0", "delta.`", "delta.`/", "topic:", "$__a", "@1", "-partition-1"),
    *(".privatelink", ":443", "://", "a://", "file:", "arn:", "1:1,", "AToA", "array<", "struct<a:", "Traceback ("),
    *("5f0c8f5e-8d1c-4c3a-9f61-0c1f3f4a5b6c", "application_1111111111_", "--", "/*", "*/", "$a$", "'\\'", "1e"),
)


def long_names(length: int = MAX_NAME) -> Iterator[str]:
    """Yield names of one piece again and again: whole, with another end, and with a cut-out part before or behind."""
    for piece in PIECES:
        name = (piece * (length // len(piece) + 1))[: length - 40]
        yield from (name, f"{name}!", f"a{name}", f"{name}5f0c8f5e-8d1c-4c3a-9f61-0c1f3f4a5b6ca", f"1795420800.{name}a")


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_names_of_every_system_are_read(system: object) -> None:
    scheme = next(iter(system.schemes))  # type: ignore[attr-defined]
    for name in long_names():
        naming = Naming(DatasetOptions())
        assert naming.identities(f"{scheme}://host:1/path", name)
        assert naming.identities(f"{scheme}://{name}", "a.b")


def test_every_other_reader_of_names_and_texts_comes_to_an_end() -> None:
    for name in long_names():
        for read in (stable_name, trim_path, warehouse_table, task_name, split, parse_namespace, parse_type):
            read(name)
        pipeline_name(name, name)
        public_message(name)
        with pytest.raises(ValueError, match="not a time"):
            parse_time(f"2026-01-01T00:00:00{name}")


@pytest.mark.parametrize("dialect", [None, "mysql"])
def test_sql_is_redacted(dialect: str | None) -> None:
    for piece in PIECES:
        assert len(redact_literals((piece * (MAX_TEXT // len(piece)))[:MAX_TEXT], dialect)) <= MAX_TEXT


# -- events that become many -----------------------------------------------------------------------------------------


def test_columns_of_datasets_that_are_no_inputs_are_no_more_than_they_are() -> None:
    inputs = [dataset(f"shop.s.t{number}") for number in range(1_000)]
    sources = [(f"other.s.t{number}", "id") for number in range(10_000)]
    plan = plan_of(run_event(inputs=inputs, outputs=[dataset("o", columnLineage=columns(id=sources))]))
    assert len(plan.edges) == 11_000


def test_an_input_is_found_by_its_other_names_and_without_its_database() -> None:
    inputs = ["shop.s.a", "SHOP.s.b", "one.s.c", "two.s.c"]
    sources = [("s.a", "x"), ("shop.S.B", "x"), ("s.c", "x")]
    plan = plan_of(run_event(inputs=inputs, outputs=[dataset("o.o.o", columnLineage=columns(id=sources))]))
    found = {edge.source.name for edge in plan.edges if edge.basis == "columns"}
    assert found == {"shop.s.a", "SHOP.s.b", "s.c"}


def test_a_connector_with_thousands_of_tables_is_paired_or_told_of() -> None:
    kind = {"jobType": {"processingType": "STREAMING", "integration": "DEBEZIUM", "jobType": "TASK"}}

    def paired(count: int) -> tuple[int, list[str]]:
        tables = [dataset(f"shop.public.t{number}") for number in range(count)]
        topics = [dataset(f"cdc.public.t{number}", namespace="kafka://b:9092") for number in range(count)]
        plan = plan_of(
            run_event("RUNNING", inputs=tables, job_facets=kind),
            run_event("RUNNING", seconds=1, outputs=topics, job_facets=kind),
        )
        return len(plan.edges), [problem.kind for problem in plan.problems]

    assert paired(500) == (500, [])
    assert paired(1_001) == (0, ["product_too_large"])


def test_a_product_of_long_names_is_no_lineage() -> None:
    names = [f"{number}{'n' * 4_000}" for number in range(60)]
    plan = plan_of(run_event(inputs=names, outputs=[f"o{name}" for name in names]))
    assert (len(plan.edges), [problem.kind for problem in plan.problems]) == (0, ["product_too_large"])
    assert str(MAX_PRODUCT_TEXT) in plan.problems[0].detail


def edge(source: str, target: str) -> Edge:
    return Edge(DatasetId(PG, source), DatasetId(PG, target), JobId("n", "j"), "product")


FLOW = Chain("flow", is_own=False)


@pytest.mark.parametrize("ends", ["read", "nowhere"])
def test_a_maze_of_temporary_datasets_is_left_again(ends: str) -> None:
    layers = [[f"tmp{layer}_{number}" for number in range(8)] for layer in range(9)]
    maze = [edge(a, b) for near, far in itertools.pairwise(layers) for a, b in itertools.product(near, far)]
    first = [edge(f"t{number}", name) for number in range(8) for name in layers[0]] if ends == "read" else []
    timed = [TimedEdge(one, FLOW, (Use(1),)) for one in (*first, *maze, edge(layers[-1][0], "out"))]
    edges, _, problems = bridge(timed, lambda id_: id_.name.startswith("tmp"), {}, 1)
    assert len(edges) == (8 if ends == "read" else 0)
    assert [problem.kind for problem in problems] == ["product_too_large"]


def test_a_temporary_dataset_remembers_its_latest_sources() -> None:
    edges = [TimedEdge(edge(f"t{number}", "tmp"), FLOW) for number in range(MAX_SOURCES + 5)]
    [temporary] = bridge(edges, lambda id_: id_.name == "tmp", {}, 1).remembered.values()
    assert [source.name for source in temporary.sources] == [f"t{number}" for number in range(5, MAX_SOURCES + 5)]


def test_a_run_is_remembered_with_so_many_datasets_and_no_more() -> None:
    first = run_event("START", inputs=[str(number) for number in range(MAX_DATASETS)])
    second = run_event("RUNNING", seconds=1, inputs=["0", "one more", "and more"], outputs=["x"])
    plan, state = translated(first, second)
    [run] = state.runs.values()
    assert (len(run.inputs), len(run.outputs)) == (MAX_DATASETS, 1)
    [problem] = plan.problems
    assert (problem.kind, problem.detail.split()[0]) == ("too_many", "2")


def test_explicit_lineage_of_a_run_is_remembered_up_to_a_bound() -> None:
    def stating(seconds: float, numbers: range) -> dict[str, object]:
        entries = [{"namespace": PG, "name": str(number), "type": "DATASET"} for number in numbers]
        return run_event("RUNNING", seconds=seconds, job_facets={"lineage": {"entries": entries}})

    _, state = translated(stating(0, range(MAX_ENTRIES)), stating(1, range(MAX_ENTRIES, MAX_ENTRIES + 10)))
    [run] = state.runs.values()
    assert run.job_facets is not None
    assert run.job_facets.lineage is not None
    entries = run.job_facets.lineage.entries or []
    assert (len(entries), sum(int(entry.name or 0) >= MAX_ENTRIES for entry in entries)) == (MAX_ENTRIES, 10)


def test_a_chain_of_runs_is_walked_up_only_so_far() -> None:
    events = [
        run_event(
            run_id=f"r{number}", job=f"j{number}", run_facets={"parent": parent(f"j{number + 1}", f"r{number + 1}")}
        )
        for number in range(2_000)
    ]
    plan = plan_of(*events)
    assert len(plan.runs) == 2_000
    assert plan.runs[0].pipeline.name == "j101"


def test_a_plan_is_bounded_whatever_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openmetadata_ol_provider.lineage.edge_collector.MAX_PLAN_TEXT", 2_000)
    names = [f"i{number}" for number in range(20)]
    plan = plan_of(run_event(inputs=names, outputs=["a"]), job_event(inputs=["x"], outputs=["y"], seconds=1))
    assert 10 <= len(plan.edges) < 20
    assert [problem.kind for problem in plan.problems] == ["plan_too_large"]
    assert f"{21 - len(plan.edges)} edges left out" in plan.problems[0].detail
    assert set(arrows(plan)) <= {f"{name} -> a" for name in names}
