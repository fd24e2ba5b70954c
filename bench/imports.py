"""Cost of imports: the provider, the bundled DAG and the command line, each in a separate interpreter.

Airflow is imported before the clock of a DAG's parsing starts, as it is in the DAG processor. Modules are counted, too:
their number does not depend on the machine, and ``tests/test_import_cost.py`` bounds it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.airflow_home import airflow_home
from bench.figures import Figure

_DAG = Path(__file__).parents[1] / "dags" / "openlineage_to_openmetadata.py"
_AIRFLOW = """
from airflow.providers.common.compat.sdk import DAG, BaseHook, BaseOperator, BaseSensorOperator, Variable, conf
import airflow.triggers.base
try:
    import airflow.sdk
except ImportError:
    pass
conf.get("openmetadata_ol", "topics", fallback="")
"""
_WORK = """
import json, sys, time
{before}
known, begun = set(sys.modules), time.perf_counter()
{work}
print()
print(json.dumps([time.perf_counter() - begun, sorted(set(sys.modules) - known)]))
"""
_HELP = [sys.executable, "-m", "openmetadata_ol_provider", "--help"]
_HELP_SECONDS = 0.3


class Import(NamedTuple):
    """Something that is imported: the code, and what was imported before."""

    work: str
    before: str = ""


_IMPORTS = {
    "import openmetadata_ol_provider": Import("import openmetadata_ol_provider"),
    "provider info": Import("from openmetadata_ol_provider.get_provider_info import get_provider_info"),
    "all operators, the sensor and the hooks": Import(
        "import openmetadata_ol_provider as package\nfor name in package.__all__: getattr(package, name)", _AIRFLOW
    ),
    "parse the bundled DAG": Import(f"import runpy; runpy.run_path({str(_DAG)!r})", _AIRFLOW),
}
_HELP_WORK = Import(
    "from openmetadata_ol_provider.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
)


def measure(rounds: int) -> Iterator[Figure]:
    """Yield seconds and modules."""
    with airflow_home():
        for name, what in _IMPORTS.items():
            done = [_imported(what) for _ in range(rounds)]
            yield Figure(name, "ms", tuple(1000 * seconds for seconds, _ in done))
            modules = done[0][1]
            own = sum(module.startswith("openmetadata_ol_provider") for module in modules)
            yield Figure(f"{name}: modules of this package", "modules", (own,))
            yield Figure(f"{name}: other modules", "modules", (len(modules) - own,))
        bare = [_started([sys.executable, "-c", "pass"]) for _ in range(rounds)]
        yield Figure("empty interpreter", "s", tuple(bare))
        helped = Figure("openmetadata-ol --help", "s", tuple(_started(_HELP) for _ in range(rounds)))
        yield helped.at_most(_HELP_SECONDS)
        _, modules = _imported(_HELP_WORK)
        yield Figure("openmetadata-ol --help: modules", "modules", (len(modules),))
        airflow = sum(module.partition(".")[0] == "airflow" for module in modules)
        yield Figure("openmetadata-ol --help: modules of Airflow", "modules", (airflow,)).at_most(0)


def _imported(what: Import) -> tuple[float, list[str]]:
    script = _WORK.format(before=what.before, work=what.work)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout.splitlines()[-1])
    return seconds, modules


def _started(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - begun
