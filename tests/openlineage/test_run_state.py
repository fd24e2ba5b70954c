"""The stored format of a state stays the one that earlier releases write and read."""

from __future__ import annotations

import json

import msgspec

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, Identifier, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import (
    Alias,
    DatasetState,
    Declaration,
    PipelineRunStart,
    Run,
    RunState,
    TemporaryDataset,
    TemporarySource,
)

#: As release 1.0 writes it, every key present.
DATASET = {"namespace": "pg", "name": "a", "first_at": 1, "facets": {}, "times": {"schema": 2}}
STORED = {
    "runs": {
        "ns\x1fr": {
            "run_id": "r",
            "namespace": "ns",
            "name": "job",
            "name_at": 1,
            "state": "RUNNING",
            "first_at": 2,
            "started_at": 3,
            "ended_at": 4,
            "ran": True,
            "joint": True,
            "touched": 5,
            "shown": True,
            "trimmed": True,
            "inherited": True,
            "run_facets": {},
            "run_times": {"parent": 6},
            "job_facets": {},
            "job_times": {"sql": 7},
            "inputs": {"pg\x1fa": DATASET},
            "outputs": {"pg\x1fa": DATASET},
        }
    },
    "anchors": {"ns\x1fr": {"at": 1, "logical_at": 2, "touched": 3}},
    "bridges": {"pg\x1ft": {"sources": [{"namespace": "pg", "name": "a", "columns": [["b", "c"]]}], "touched": 4}},
    "aliases": {"pg\x1fa": {"identifiers": [{"namespace": "hive", "name": "d.a", "type": "TABLE"}], "touched": 5}},
    "declared": {
        "ns\x1fj": {
            "job_facets": {},
            "inputs": {"pg\x1fa": DATASET},
            "outputs": {"pg\x1fa": DATASET},
            "at": 1,
            "touched": 2,
        }
    },
    "latest_at": 9,
}


def state() -> RunState:
    """Return the stored state as a value."""
    tables = {
        "pg\x1fa": DatasetState(namespace="pg", name="a", first_at=1, facets=DatasetFacets(), times={"schema": 2})
    }
    run = Run(
        run_id="r",
        namespace="ns",
        name="job",
        name_at=1,
        state="RUNNING",
        first_at=2,
        started_at=3,
        ended_at=4,
        saw_running=True,
        has_paired_event=True,
        last_seen_at=5,
        lineage_emitted=True,
        columns_evicted=True,
        from_previous_lanes=True,
        run_facets=RunFacets(),
        run_times={"parent": 6},
        job_facets=JobFacets(),
        job_times={"sql": 7},
        inputs=tables,
        outputs=tables,
    )
    source = TemporarySource(namespace="pg", name="a", columns=[["b", "c"]])
    link = Identifier(namespace="hive", name="d.a", type="TABLE")
    return RunState(
        runs={"ns\x1fr": run},
        pipeline_starts={"ns\x1fr": PipelineRunStart(at=1, logical_at=2, last_seen_at=3)},
        temporary_datasets={"pg\x1ft": TemporaryDataset(sources=[source], last_seen_at=4)},
        aliases={"pg\x1fa": Alias(identifiers=[link], last_seen_at=5)},
        declarations={
            "ns\x1fj": Declaration(job_facets=JobFacets(), inputs=tables, outputs=tables, at=1, last_seen_at=2)
        },
        latest_at=9,
    )


def test_a_state_is_written_as_ever() -> None:
    assert msgspec.json.encode(state()) == json.dumps(STORED, separators=(",", ":")).encode()


def test_a_stored_state_is_read_as_ever() -> None:
    assert msgspec.json.decode(json.dumps(STORED), type=RunState) == state()


def test_what_is_not_known_is_not_written() -> None:
    run = Run(run_id="r", namespace="ns", name="job")
    written = {"runs": {"k": {"run_id": "r", "namespace": "ns", "name": "job"}}}
    assert json.loads(msgspec.json.encode(RunState(runs={"k": run}))) == written
    assert msgspec.json.decode(json.dumps(written), type=RunState) == RunState(runs={"k": run})
