"""A ledger is true for a catalogue and for what a configuration changes of the defaults."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import (
    EdgeFact,
    Fact,
    Ledger,
    LedgerChanges,
    LedgerTarget,
    digest,
)

URL = "http://localhost:8585/api"


def target(config: Any = None) -> LedgerTarget:
    return LedgerTarget.of(URL, load_config(config))


def ledger(config: int) -> Ledger:
    return Ledger(
        catalogue=target().catalogue, config=config, facts={1: Fact(1, 1.0)}, edges={2: EdgeFact(5, 1.0, "job")}
    )


class _Later(Config):
    """A configuration of a later version, which has a further key."""

    further_key: bool = True


def test_a_further_key_does_not_make_a_ledger_untrue() -> None:
    assert LedgerTarget.of(URL, _Later()).config == target().config
    assert LedgerTarget.of(URL, _Later(further_key=False)).config != target().config


@pytest.mark.parametrize("config", [None, {}, {"lineage": {}}, {"lineage": {"columns": True}}])
def test_what_is_set_to_its_default_is_no_change(config: Any) -> None:
    assert target(config).config == target().config
    assert target({"lineage": {"columns": False}}).config != target().config


def test_a_ledger_of_an_earlier_version_which_noted_all_keys_is_trusted_and_noted_anew() -> None:
    whole = digest(Config().model_dump(mode="json"))
    trusted = ledger(whole).for_target(target())
    assert trusted.facts == ledger(whole).facts
    assert trusted.config == target().config
    assert ledger(whole).updated(LedgerChanges(target())).config == target().config


def test_under_another_configuration_only_the_edges_are_known() -> None:
    other = target({"lineage": {"columns": False}})
    left = ledger(target().config).for_target(other)
    assert (left.facts, list(left.edges), left.config) == ({}, [2], other.config)
    assert ledger(target().config).for_target(target(), trusted=False).facts == {}
    elsewhere = ledger(target().config).for_target(LedgerTarget.of("http://other/api", Config()))
    assert (elsewhere.facts, elsewhere.edges) == ({}, {})
