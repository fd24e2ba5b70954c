"""The page with the table of faults, generated from the scenarios and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.faults.scenarios import SCENARIOS

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
FAILED = "**not as undisturbed**"
#: How the page names the two forms of the DAG, in the order of its columns.
_FORMS = {"steps": "three tasks", "ingest": "one task"}

_HEAD = """\
# Fault tests

`make test-faults` writes this page. Every row is a test in `tests/faults`. It injects the fault on a real Apache Kafka,
with tasks in separate processes, a metadata database, and a stand-in for OpenMetadata behind a socket. Every build runs
a selection with `make test-kafka`.

Each scenario has its own consumer group, state and catalogue. The topic contains captured events of dbt, Airflow, Spark
and Debezium; recent events (a run whose START and COMPLETE are far apart, a job whose SQL changes and changes back,
owners, tags, descriptions, SQL as queries, runs that fail, a job that only reads); lineage of a table that is missing
in the catalogue; a job that the configuration excludes; and messages that are not OpenLineage events, including a
tombstone. After the fault, the DAG runs undisturbed until nothing is left to do. Then these results are checked:

- *Catalogue.* It contains exactly what it contains after undisturbed runs: edges with their columns, SQL and pipelines;
  pipelines with their tasks; run statuses; owners, tags, descriptions; queries; usage and its ranks. A further run
  writes nothing.
- *Parking.* It contains the same lineage as after undisturbed runs.
- *Dead letters.* Each bad message is there at least once, with its key, value and headers. Duplicates have the same
  `openlineage.dead_letter.topic`, `.partition` and `.offset`.
- *Checkpoint.* It is at the end of the topic. Each run reports as many events and dead letters as it has read.
- *Accounts.* The fate of every message is known: read = published + parked + dead letters + left out.

If the expected outcome differs, the row says so, and the test checks for that outcome. "Succeeded", "failed" and
"killed" count the disturbed tasks in all repetitions of the scenario. "More runs" counts the later DAG runs that had
something to do, and "duplicate dead letters" is the maximum over the repetitions.

*Three tasks* is the DAG with consume, translate and publish, *one task* the one with the ingest operator. A cell is
empty if the fault cannot happen in that form, or affects the same code in the other form.
"""
_TAIL = """
## What further runs do not repair

- *A recreated topic with more messages than the checkpoint has passed* cannot be distinguished from the old one if its
  id is unknown, as on brokers before Kafka 2.8: as many messages as the checkpoint counts are considered read. Delete
  the state together with the topic (`openmetadata-ol checkpoint reset`).
- *State deleted while runs are open* (see above): the contents of their earlier events are lost. Read the events again
  (`openmetadata-ol checkpoint set`) to restore them.
- *Parking deleted* (see above): its lineage returns with the next runs of its jobs, not earlier.
- *A tag that OpenMetadata refuses permanently* (400) is left out, reported, and not retried, because it would prevent
  everything else from being written.
"""


def page(outcomes: Mapping[str, str | None]) -> str:
    """Return the page in Markdown.

    :param outcomes: outcomes of the scenarios by id; ``None`` for a failed one
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
