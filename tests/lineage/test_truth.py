"""Real producers' events give the lineage that the code which ran really had.

The expected edges are in ``tests/data/golden``, readable by eye; they were checked against that code, not against the
events. ``python -m tests.lineage.test_truth`` writes them anew: read the difference before you keep it.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.runs import RunState
from tests.support import BASE, CAPTURES, DATA, captured

GOLDEN = DATA / "golden"


def golden_form(plans: list[LineagePlan]) -> dict[str, Any]:
    """Return the edges of plans, those of several runs united: ``{"source -> target": [column pairs]}``, sorted."""
    edges: dict[str, set[str]] = {}
    for edge in (edge for plan in plans for edge in plan.edges):
        names = f"{edge.source.namespace} {edge.source.name} -> {edge.target.namespace} {edge.target.name}"
        pairs = edges.setdefault(names, set())
        for pair in edge.columns:
            how = {item.type for item in pair.transformations}
            mark = " (indirect)" if how == {"INDIRECT"} else ""
            source, target = pair.source, edge.target
            pairs.add(
                f"{source.namespace} {source.name}.{source.field} -> "
                f"{target.namespace} {target.name}.{pair.target_field}{mark}"
            )
    return {names: sorted(edges[names]) for names in sorted(edges)}


def plans_of(lines: list[bytes], batches: int = 1) -> list[LineagePlan]:
    """Return the plans of lines, cut into batches that hand on their state."""
    state, plans = RunState(), []
    size = -(-len(lines) // batches)
    for start in range(0, len(lines), size):
        events = [decode_event(line).event for line in lines[start : start + size]]
        translation = translate(events, Config(), state, now=BASE)
        state = translation.state
        plans.append(translation.plan)
    return plans


def expected(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CAPTURES)
def test_the_edges_are_the_true_ones(name: str) -> None:
    assert golden_form(plans_of(captured(name))) == expected(name)


@pytest.mark.parametrize("name", CAPTURES)
def test_order_and_duplicates_change_no_edge(name: str) -> None:
    lines = captured(name)
    crooked = lines + lines[::3]
    random.Random(7).shuffle(crooked)  # noqa: S311
    assert golden_form(plans_of(crooked)) == expected(name)


@pytest.mark.parametrize("name", CAPTURES)
def test_the_last_of_many_batches_has_not_forgotten_the_first(name: str) -> None:
    assert golden_form(plans_of(captured(name), batches=7)) == expected(name)


@pytest.mark.parametrize("name", CAPTURES)
def test_no_event_of_a_real_producer_is_lost(name: str) -> None:
    found = [decode_event(line) for line in captured(name)]
    # Flink sends an input without a name for a pattern of topics: nobody can know which it read.
    lost = {problem.kind for decoded in found for problem in decoded.problems}
    assert lost <= ({"bad_dataset"} if name == "flink2-session" else set())


def write_golden() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name in CAPTURES:
        text = json.dumps(golden_form(plans_of(captured(name))), indent=1, ensure_ascii=False)
        (GOLDEN / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_golden()
