"""How tests are dealt out when several processes run them (pytest -n): file by file, the long ones first."""

from __future__ import annotations

import os
from typing import Any

import pytest

#: All of it goes to one process: each would have to load the models of ten releases.
_TOGETHER = "tests/contract/"
#: Fixtures that start a broker, a catalogue or Airflow's database: tests that use one are not in ``make test-fast``.
_OUTSIDE = {"airflow_db", "broker", "catalogue", "here", "kafka", "server"}


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that talk to a server, and start with the long files, so that none of them is the last to end.

    Coverage is not measured while a property tries its hundreds of examples: it would take more than twice as long, and
    tests with one example each cover the same lines.
    """
    for item in items:
        if hasattr(getattr(item, "obj", None), "hypothesis"):
            item.add_marker("no_cover")
        if _OUTSIDE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("outside")
    if is_one_of_several():
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: (item.path not in slow, not item.nodeid.startswith(_TOGETHER)))
