"""How tests are dealt out when several processes run them (pytest -n): file by file, the long ones first."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest
from coverage import Coverage

#: All of it goes to one process: each would have to load the models of ten releases.
_TOGETHER = "tests/contract/"
#: Fixtures that start a broker, a catalogue or Airflow's database: tests that use one are not in ``make test-fast``.
_OUTSIDE = {"airflow_db", "broker", "catalogue", "here", "kafka", "server"}
#: Tests whose coverage is not measured.
_UNMEASURED = pytest.StashKey[bool]()
#: Variable by which coverage is measured in processes that tests start.
_MEASURED_PROCESSES = "COVERAGE_PROCESS_CONFIG"


def is_one_of_several() -> bool:
    """Tell whether other processes run other tests of this session."""
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out by file: what a module's fixtures have made is for all its tests."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _TOGETHER if nodeid.startswith(_TOGETHER) else nodeid.partition("::")[0]

    # In the order of collection, which is ours.
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop measuring coverage during a test, its fixtures and the processes it starts, if the test is not measured."""
    coverage = Coverage.current() if item.stash.get(_UNMEASURED, False) else None
    if coverage is None:
        return (yield)
    config = os.environ.pop(_MEASURED_PROCESSES, None)
    coverage.stop()
    try:
        return (yield)
    finally:
        coverage.start()
        if config is not None:
            os.environ[_MEASURED_PROCESSES] = config


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that talk to a server, and those whose coverage is not measured, and start with the long files.

    So none of these is the last to end.

    Measuring coverage takes as long as the tests themselves. So it is measured in the first case of each parametrised
    test only, and not where a property tries its hundreds of examples, a test tries each size, call or moment, or
    whole DAGs run in an Airflow of their own: tests with one example each cover those lines.
    """
    measured: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        is_costly = any(item.get_closest_marker(name) for name in ("exhaustive", "unmeasured"))
        if is_costly or test in measured or hasattr(getattr(item, "obj", None), "hypothesis"):
            item.stash[_UNMEASURED] = True
        measured.add(test)
        if _OUTSIDE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("outside")
    if is_one_of_several():
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: (item.path not in slow, not item.nodeid.startswith(_TOGETHER)))
