"""Selects what runs have measured of datasets and has to be published: rows written, metrics, results of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openmetadata_ol_provider.lineage.plan import Assertion, DatasetId, JobId, Metric, RunRecord, Statistics
from openmetadata_ol_provider.openlineage.run_state import TERMINAL
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest

if TYPE_CHECKING:
    from openmetadata_ol_provider.config.model import WriteOptions

#: Fields of a run record that hold measurements, without their values.
UNMEASURED: Final[dict[str, Any]] = {"statistics": (), "tests": (), "reads": (), "measurements": ()}
#: What may differ between two records of one run without its status being another, with the value that stands for all.
NOT_OF_THE_STATUS: Final[dict[str, Any]] = {
    **UNMEASURED,
    "new": False,
    "external_query": None,
    "events": 0,
    "dag_run": None,
    "writes": (),
    # They come with the events that change the state.
    "code_version": None,
    "attributes": (),
    "written": (),
    "replayed": False,
}


class MeasuredDataset(NamedTuple):
    """What one run that has ended has measured of one dataset.

    :param kind: kind of the fact in the ledger: ``profile`` or ``tests``
    :param written: rows that the run has written
    :param metrics: metrics of the dataset and its columns
    :param assertions: results of tests
    """

    kind: str
    run: RunRecord
    dataset: DatasetId
    written: Statistics | None = None
    metrics: tuple[Metric, ...] = ()
    assertions: tuple[Assertion, ...] = ()

    @property
    def name(self) -> tuple[str, ...]:
        """What identifies the fact in the ledger."""
        job, dataset = self.run.job, self.dataset
        return self.kind, job.namespace, job.name, self.run.run_id, dataset.namespace, dataset.name

    @property
    def content(self) -> tuple[Any, ...]:
        """What is published; any change of it has to be."""
        return self.run.ended_at, self.run.state, self.written, self.metrics, self.assertions


class Measured(NamedTuple):
    """What runs have measured, as far as it is not known to be in the catalogue.

    :param unplaced: runs with results of tests that are of no single dataset
    """

    profiles: tuple[MeasuredDataset, ...] = ()
    tests: tuple[MeasuredDataset, ...] = ()
    unplaced: tuple[RunRecord, ...] = ()

    @property
    def datasets(self) -> dict[DatasetId, None]:
        """The datasets that were measured."""
        return dict.fromkeys(item.dataset for item in (*self.profiles, *self.tests))


def select_measured(
    runs: Iterable[RunRecord], write: WriteOptions, is_current: Callable[[object, int, int], bool]
) -> Measured:
    """Return what has been measured and differs from what was published.

    A run that failed has written nothing that counts, but its tests have results.

    :param runs: runs of the plan, those that were parked included
    :param is_current: function that looks up a name, a key and a digest in the ledger
    """
    ended = [run for run in runs if run.ended_at and run.state in TERMINAL and not run.skipped]
    good = [run for run in ended if run.state == "COMPLETE" and not run.presumed]
    profiles = [item for run in good for item in _profiles(run)] if write.profile else []
    tested = ended if write.tests != "never" else []
    tests = [item for run in tested for item in _tests(run)]

    def changed(items: Iterable[MeasuredDataset]) -> tuple[MeasuredDataset, ...]:
        return tuple(item for item in items if not is_current(item.name, digest(*item.name), digest(item.content)))

    placed = {test for item in tests for test in _tests_of(item.run, item.assertions)}
    unplaced = tuple(run for run in tested if len(run.reads) != 1 and not placed.issuperset(_tests_of(run, run.tests)))
    return Measured(changed(profiles), changed(tests), unplaced)


def _profiles(run: RunRecord) -> Iterator[MeasuredDataset]:
    written = {DatasetId(item.namespace, item.name): item for item in run.statistics if item.operation}
    metrics = {DatasetId(item.namespace, item.name): item.metrics for item in run.measurements if item.metrics}
    for dataset in dict.fromkeys((*written, *metrics)):
        yield MeasuredDataset("profile", run, dataset, written.get(dataset), metrics.get(dataset, ()))


def _tests_of(run: RunRecord, assertions: Iterable[Assertion]) -> Iterator[tuple[JobId, str, str]]:
    """Yield what identifies tests in a run of a pipeline.

    dbt reports a test of several models itself, by its id (``test.shop.rows``), and as one of a model, by its name.
    """
    for item in assertions:
        name = item.name or item.assertion
        short = name.split(".")[2:3] if name.startswith("test.") else []
        yield run.pipeline, run.pipeline_run_id, short[0] if short else name


def _tests(run: RunRecord) -> Iterator[MeasuredDataset]:
    """Yield the results of tests by dataset; a result that names none is of the only one that the run reads."""
    tested = {DatasetId(item.namespace, item.name): item.assertions for item in run.measurements if item.assertions}
    if run.tests and len(run.reads) == 1:
        tested[run.reads[0]] = tuple(dict.fromkeys((*tested.get(run.reads[0], ()), *run.tests)))
    for dataset, assertions in tested.items():
        yield MeasuredDataset("tests", run, dataset, assertions=assertions)
