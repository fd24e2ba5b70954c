"""The page with the table of faults, made of the scenarios and of what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.faults.scenarios import SCENARIOS

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
FAILED = "**not as undisturbed**"
#: How the page names the two forms of the DAG, in the order of its columns.
_FORMS = {"steps": "three tasks", "ingest": "one task"}

_HEAD = """\
# What faults do

This page is written by `make test-faults`: every row is a test of `tests/faults`, which makes it happen on a real
Apache Kafka, with tasks in processes of their own, a metadata database, and a stand-in for OpenMetadata behind a
socket. With every build, `make test-kafka` runs a selection.

Each scenario has a consumer group, a state and a catalogue of its own. The topic holds captured events of dbt, Airflow,
Spark and Debezium, events of today (a run whose START and COMPLETE are far apart, a job whose SQL changes and changes
back, owners, tags, descriptions, SQL as queries, runs that fail, a job that only reads), lineage of a table that the
catalogue does not have, a job that the configuration leaves out, and messages that are no events, a tombstone among
them. It is disturbed, then the DAG is run, undisturbed, until nothing is left to do. After that is checked:

- *Catalogue.* All that it holds is what it holds after undisturbed runs: edges with their columns, SQL and pipelines;
  pipelines with their tasks; run statuses; owners, tags, descriptions; queries; usage and its ranks. A further run
  writes nothing.
- *Parked* is the same lineage as undisturbed.
- *Dead letters.* Each bad message is there at least once, with its key, value and headers. What is there twice has the
  same `openlineage.dead_letter.topic`, `.partition` and `.offset`.
- *Checkpoint.* It stands at the end of the topic. Each run reports as many events and dead letters as it has read.
- *Accounts.* Of every message it is known what became of it: read = published + parked + dead letters + left out.

Where an outcome is another one, the row says so, and that it is just that is checked. "Went through", "failed" and
"killed" tell how the disturbed tasks ended, in all worlds in which the scenario was tried out; "more runs" are DAG runs
that had something to do afterwards, and of dead letters the most that were there twice.

*Three tasks* is the DAG with consume, translate and publish, *one task* the one with the ingest operator. A cell is
empty where the fault cannot happen in that form, or hits the same code in the other one.
"""
_TAIL = """
## What no further run makes good

- *A topic deleted and made anew, with more messages than the checkpoint has passed*, is not told from the old one: as
  many messages as the checkpoint says are taken for read. Delete the state together with the topic
  (`openmetadata-ol checkpoint reset`).
- *A state deleted while runs are open*, see above: what their earlier events said is gone. Have them read again
  (`openmetadata-ol checkpoint set`), and it is there again.
- *Parking deleted*, see above: what waited in it comes with the next runs of its jobs, not before.
- *A tag that OpenMetadata refuses for what it is* (400) is left out and reported, and not tried again: it would keep
  all else from being written.
"""


def page(outcomes: Mapping[str, str | None]) -> str:
    """Return the page in Markdown.

    :param outcomes: what came of the scenarios, by their ids; ``None`` stands for one that failed
    """
    chapters: dict[str, dict[tuple[str, str], dict[str, str]]] = {}
    for scenario in SCENARIOS:
        rows = chapters.setdefault(scenario.chapter, {})
        rows.setdefault((scenario.fault, scenario.where), {})[scenario.form] = outcomes[scenario.id] or FAILED
    lines = [_HEAD]
    for chapter, rows in chapters.items():
        lines += [f"## {chapter}", "", f"| Fault | Where | {' | '.join(_FORMS.values())} |", "|---|---|---|---|"]
        for (fault, where), found in rows.items():
            lines.append(f"| {fault} | {where} | {' | '.join(found.get(form, '') for form in _FORMS)} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n" + _TAIL


def rows(text: str) -> list[tuple[str, str, str, str]]:
    """Return the rows of a page's tables: fault, where, and the outcome in each form."""
    cells = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    found = [tuple(cell.strip() for cell in row) for row in cells]
    return [(row[0], row[1], row[2], row[3]) for row in found if row[0] != "Fault"]
