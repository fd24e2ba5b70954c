"""Consume, translate, publish: what the captured events of real producers become in the catalogue."""

from __future__ import annotations

import pytest
from steps_support import EXPECTED, TOPIC, Sender, captured, catch_up, checkpoint, committed, holding, lineage, run_steps

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")


@pytest.mark.parametrize("capture", EXPECTED)
def test_the_captured_events_make_exactly_the_known_edges(
    capture: str, send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(*captured(capture))
    report = run_steps()
    assert lineage(catalogue) == EXPECTED[capture]
    assert report["events"] == len(captured(capture))
    assert report["edges"] == {"published": len(EXPECTED[capture]), "unchanged": 0, "failed": 0}
    assert not any("pipeline" in (edge.from_type, edge.to_type) for edge in catalogue.store.edges)
