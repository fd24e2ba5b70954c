"""The page on names says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openmetadata_ol_provider.config import DatasetOptions, RenameRule
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.systems import SYSTEMS, parse_namespace
from openmetadata_ol_provider.lineage.systems.__main__ import page
from openmetadata_ol_provider.lineage.systems.system import System
from openmetadata_ol_provider.openmetadata.resolution.service_types import DEFAULT_SCHEMA, SINGLE_DATABASE, scheme_of
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import definitions_of

PAGE = Path(__file__).parents[3] / "docs" / "systems.md"
SERVICES = {
    "table": "DatabaseServiceType",
    "topic": "MessagingServiceType",
    "container": "StorageServiceType",
    "dashboard": "DashboardServiceType",
    "mlmodel": "MlModelServiceType",
    "searchIndex": "SearchServiceType",
}
#: Service types come, and one went: Iceberg.
VERSIONS = ((1, 8, 0), (2, 0, 7))


def test_the_page_is_the_one_the_code_makes() -> None:
    made = page()
    assert PAGE.read_text(encoding="utf-8") == made, (
        "generate it again: python -m openmetadata_ol_provider.lineage.systems"
    )


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_systems_line_is_whole(system: System) -> None:
    assert system.title
    for words in (system.namespaces, system.names):
        assert words
        assert words.count("`") % 2 == 0
        assert "|" not in words


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_the_catalogue_has_the_services_a_system_is_looked_for_in(system: System) -> None:
    for scheme in system.schemes:
        known = scheme_of(parse_namespace(f"{scheme}://h"))
        assert known is not None
        assert bool(known.service_types) <= (system.kind in SERVICES)
        if known.service_types:
            assert known.service_types <= {
                name for version in VERSIONS for name in definitions_of(version)[SERVICES[system.kind]]["enum"]
            }


def test_the_catalogue_has_the_services_that_a_system_tells_something_of() -> None:
    known = {name for version in VERSIONS for name in definitions_of(version)[SERVICES["table"]]["enum"]}
    assert known >= SINGLE_DATABASE
    assert known >= set(DEFAULT_SCHEMA)
    listed = [(name, schema) for system in SYSTEMS for name, schema in system.default_schema.items()]
    assert sorted(listed) == sorted(DEFAULT_SCHEMA.items())
    of_systems = [name for system in SYSTEMS for name in system.single_database.split()]
    assert len(of_systems) == len(set(of_systems))


def test_the_rule_for_date_shards_makes_one_table_of_them() -> None:
    match, to = re.findall(r'match: "(.*?)", to: "(.*?)"', page())[0]
    rule = RenameRule(match=match.replace("\\\\", "\\"), to=to.replace("\\\\", "\\"))
    naming = Naming(DatasetOptions(rename=(rule,)))
    shards = {naming.identities("bigquery", f"p.d.events_2026112{day}") for day in range(3)}
    assert [identity.name for (identity,) in shards] == ["p.d.events_"]
