"""Run the tests on each supported version of Airflow and Python, one after the other: ``python -m tests.matrix``.

Each leg gets an environment of its own, which is deleted afterwards. A leg whose interpreter is not installed is
reported as not run. With ``--write`` the results go into the table of README.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- versions: begin -->", "<!-- versions: end -->"
NEWEST = "3.3"
#: What no leg runs, because it does not depend on versions: contract tests and benchmarks.
WITHOUT = ("--ignore=tests/contract", "--ignore=tests/test_bench.py")
#: What uses Airflow most, without what tries the same code with each size of a batch or each call that may fail.
SMOKE = (
    *("tests/dag", "tests/operators", "tests/sensors", "tests/triggers", "tests/hooks", "tests/web"),
    *("-m", "not exhaustive"),
)
_COUNTS = re.compile(r"(\d+) (passed|failed|errors?)")


class Leg(NamedTuple):
    """One combination of versions.

    :param airflow: minor version of Airflow
    :param python: minor version of Python
    :param as_of: date whose newest dependencies are installed, default: today's. Airflow 3.0 fails with FastAPI 0.130
        and later, 3.2 with Pydantic 2.14, which their constraint files would keep away
    """

    airflow: str
    python: str
    as_of: str | None = None

    @property
    def name(self) -> str:
        """How ``--only`` calls it."""
        return f"{self.airflow}/{self.python}"


LEGS = (
    Leg("2.11", "3.11"),
    Leg("3.0", "3.11", "2026-02-20"),
    Leg("3.1", "3.11"),
    Leg("3.2", "3.11", "2026-06-01"),
    *(Leg(NEWEST, python) for python in ("3.10", "3.11", "3.12", "3.13", "3.14")),
)


class Result(NamedTuple):
    """What became of a leg: its outcome in a few words, and what its last command printed."""

    leg: Leg
    outcome: str
    is_good: bool
    output: str = ""


def interpreter(python: str) -> Path | None:
    """Return the path of an interpreter that starts, from ``PATH`` or pyenv; ``None`` if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{python}"), *sorted(pyenv.glob(f"versions/{python}.*/bin/python"))]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return Path(candidate)
    return None


def run(leg: Leg, tests: Sequence[str], workers: int) -> Result:
    """Install a leg, run its tests, of which some run the demo, and return what became of it."""
    python = interpreter(leg.python)
    if python is None:
        return Result(leg, f"not run: no Python {leg.python} here", is_good=True)
    output = ""
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        bin_python = f"{folder}/environment/bin/python"
        as_of = ["--exclude-newer", leg.as_of] if leg.as_of else []
        uv = [sys.executable, "-m", "uv", "--quiet"]
        install = ["pip", "install", "--python", bin_python, *as_of, f"apache-airflow=={leg.airflow}.*"]
        pytest = ["-m", "pytest", "-q", "-n", str(workers), "-p", "no:cacheprovider"]
        steps = {
            "venv": [*uv, "venv", "--python", str(python), f"{folder}/environment"],
            "install": [*uv, *install, "-e", f"{ROOT}[dev]"],
            "tests": [bin_python, *pytest, *tests],
        }
        for name, command in steps.items():
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, check=False, env=_environment(folder)
            )
            output = done.stdout + done.stderr
            if done.returncode:
                return Result(leg, f"{name} failed {_counts(output)}".strip(), is_good=False, output=output)
    return Result(leg, _counts(output), is_good=True, output=output)


def _environment(folder: str) -> dict[str, str]:
    """Return the environment without what belongs to another Airflow, and with a home for this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {**kept, "AIRFLOW_HOME": f"{folder}/airflow"}


def _counts(output: str) -> str:
    last = next((line for line in reversed(output.splitlines()) if _COUNTS.search(line)), "")
    return ", ".join(f"{count} {what}" for count, what in _COUNTS.findall(last))


def table(results: Iterable[Result]) -> str:
    """Return the table of results in Markdown."""
    rows = [f"| {result.leg.airflow} | {result.leg.python} | {result.outcome} |" for result in results]
    return "\n".join(["| Airflow | Python | demo and tests |", "|---|---|---|", *rows])


def with_table(page: str, text: str) -> str:
    """Return a page with another text between its two marks.

    :raises ValueError: if a mark is missing
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the legs, print the table, and return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    names = [leg.name for leg in LEGS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="AIRFLOW/PYTHON", help=f"of {', '.join(names)}")
    parser.add_argument("--newest-python", action="store_true", help="only the newest interpreter that is installed")
    parser.add_argument("--smoke", action="store_true", help="demo, DAGs and operators instead of all tests")
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    parser.add_argument("--workers", type=int, default=2, help="processes that run tests (default: 2)")
    options = parser.parse_args(arguments)
    legs = _newest_python() if options.newest_python else list(LEGS)
    legs = [leg for leg in legs if not options.only or leg.name in options.only]
    results = []
    for leg in legs:
        begin = time.monotonic()
        result = run(leg, SMOKE if options.smoke else WITHOUT, options.workers)
        results.append(result)
        minutes = (time.monotonic() - begin) / 60
        print(f"Airflow {leg.airflow}, Python {leg.python}: {result.outcome} ({minutes:.1f} minutes)", flush=True)  # noqa: T201
        if not result.is_good:
            print(result.output[-6000:], flush=True)  # noqa: T201
    text = table(results)
    print(f"\n{text}")  # noqa: T201
    if options.write:
        kind = " MATRIX=--smoke" if options.smoke else ""
        dated = f"{text}\n\n`make test-matrix{kind}`, {datetime.now(tz=timezone.utc):%Y-%m-%d}."
        README.write_text(with_table(README.read_text(encoding="utf-8"), dated), encoding="utf-8")
    return 0 if all(result.is_good for result in results) else 1


def _newest_python() -> list[Leg]:
    """Return the legs of the newest Airflow that cannot be run here, to say so, and the last that can."""
    legs = [leg for leg in LEGS if leg.airflow == NEWEST]
    installed = [leg for leg in legs if interpreter(leg.python)]
    return [leg for leg in legs if leg not in installed] + installed[-1:]


if __name__ == "__main__":
    sys.exit(main())
