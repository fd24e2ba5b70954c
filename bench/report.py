"""Figures as a table for people, as JSON, and as the generated section of ``docs/performance.md``."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import textwrap
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.figures import Figure

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures of make bench: begin -->", "<!-- figures of make bench: end -->"
_HEADS = ("figure", "unit", "min", "median", "max", "target", "met")

Results = Mapping[str, Sequence[Figure]]


def machine() -> dict[str, Any]:
    """Return a description of the machine's kind that does not identify the machine."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "processor": _processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        "airflow": version("apache-airflow"),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def described(kind: Mapping[str, Any]) -> str:
    """Return the description of a machine in one line."""
    return (
        f"{kind['cores']} cores, {kind['memory_gb']} GB, {kind['processor']}, {kind['system']}, "
        f"Python {kind['python']}, Airflow {kind['airflow']}"
    )


def document(results: Results, failed: Sequence[str], rounds: int, size: str, seconds: float) -> dict[str, Any]:
    """Return a whole run as plain JSON values."""
    return {
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "machine": machine(),
        "rounds": rounds,
        "size": size,
        "seconds": seconds,
        "failed": list(failed),
        "parts": {name: [figure.to_dict() for figure in figures] for name, figures in results.items()},
    }


def cells(figure: Figure) -> tuple[str, ...]:
    """Return a figure as the cells of a table's row."""
    values = (min(figure.rounds), figure.median, max(figure.rounds))
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    return (figure.name, figure.unit, *map(number, values), figure.target, met)


def number(value: float) -> str:
    """Return a number with four significant digits and separated thousands."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1e-3 else f"{value:.2e}"


def line(figure: Figure) -> str:
    """Return a figure as a line for a terminal, and a second one with the reason why its target is missed."""
    name, unit, low, middle, high, target, met = cells(figure)
    verdict = f"  {target}: {met.strip('*')}" if target else ""
    reason = f"\n      missed: {_reason(figure)}" if figure.met is False else ""
    return f"  {name:<58} {low:>10} {middle:>10} {high:>10} {unit}{verdict}{reason}"


def _reason(figure: Figure) -> str:
    return figure.reason or "not expected; look for a regression, or for other work on the machine"


def section(run: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Return the generated section: every figure of a run (in the form of :func:`document`)."""
    lines = [
        BEGIN,
        f"`make bench`, {run['date']}: {described(run['machine'])}.",
        f"{run['rounds']} rounds, {run['seconds']:.0f} seconds for all parts. Targets are compared with the median.",
    ]
    for name, figures in run["parts"].items():
        lines += ["", f"### {titles[name]}", "", f"| {' | '.join(_HEADS)} |", "|---|---|---:|---:|---:|---|---|"]
        shown = [Figure.from_dict(figure) for figure in figures]
        lines += [f"| {' | '.join(cells(figure))} |" for figure in shown]
        missed: dict[str, list[str]] = {}
        for figure in shown:
            if figure.met is False:
                missed.setdefault(_reason(figure), []).append(figure.name)
        lines += ["", *(_missed(names, reason) for reason, names in missed.items())] if missed else []
    return "\n".join([*lines, "", END])


def _missed(names: Sequence[str], reason: str) -> str:
    return textwrap.fill(f"- Missed: {'; '.join(names)}. {reason[0].upper()}{reason[1:]}.", 120, subsequent_indent="  ")


def write(text: str, path: Path = DOCUMENT) -> None:
    """Put the generated section into the document in place of the one that is there.

    :raises ValueError: if the document has no such section
    """
    old = path.read_text(encoding="utf-8")
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} has no section between {BEGIN!r} and {END!r}; put the two lines into it")
    path.write_text(before + text + after, encoding="utf-8")
