"""Prints the page of known systems: ``python -m openmetadata_ol_provider.lineage.systems > docs/systems.md``."""

from __future__ import annotations

import sys
import textwrap

from openmetadata_ol_provider.lineage.systems import SYSTEMS
from openmetadata_ol_provider.lineage.systems.system import System

_HEAD = """\
# Dataset names

Every dataset of an event gets *identities*: its name in one canonical spelling for each system, without the
differences between producers (schemes, ports, quotes, slashes, partitions). OpenMetadata is searched for them in this
order: symlinks of type TABLE, the event's own name, other symlinks, and for a path in a Hive warehouse the table that
is stored there. Two datasets are the same if they share an identity. Letter case matters in names of topics and paths,
not in those of tables.

- Identifiers may be quoted with `"`, `` ` `` or `[ ]`; in an identity a part is quoted if it contains a dot.
- A name may lack its first or its middle part. The database then comes from the path of the namespace
  (`postgres://db:5432/shop`), from a rule in `namespaces`, or from the only table of that name in the service.
- Paths lose what writers add below a dataset: `key=value` directories, dates (`2026-11-23`, `2026/11/23`, `20261123`),
  part files, `_delta_log` and the like. `datasets.strip_partitions: false` keeps them.
- Date-sharded tables (`events_20261123`) are separate tables; `datasets.rename` makes them one:
  `{match: "/(events)_\\\\d{8}$/", to: "\\\\1_"}`.
- A namespace that is not listed here is treated as a database, unchanged. A rule in `namespaces` names its service, and
  the kind of that service (database, messaging, storage, dashboard, ML model, search, API) decides what its datasets
  are.
- The `datasetType` facet (`TOPIC`, `DASHBOARD`, `MODEL`, `INDEX`, `API` ...) decides where the namespace does not; a
  `STORED_PROCEDURE` is looked for as a stored procedure first, and then as a table.

The services listed are the OpenMetadata service types in which such datasets are looked for when no rule names a
service; where none are listed, all services of that kind are. A service that was entered by hand (`CustomDatabase`,
`CustomStorage` ...) also fits if its address does.

This page is generated: `python -m openmetadata_ol_provider.lineage.systems > docs/systems.md`.
"""
_TITLES = {
    "table": "Tables",
    "topic": "Topics",
    "container": "Containers",
    "dashboard": "Dashboards",
    "mlmodel": "ML models",
    "searchIndex": "Search indexes",
    "other": "Found by a rule only",
}


def page() -> str:
    """Return the page in Markdown."""
    lines = []
    for kind, title in _TITLES.items():
        lines += ["", f"## {title}", ""]
        for system in sorted(SYSTEMS, key=lambda system: system.title.casefold()):
            if system.kind == kind:
                lines += _entry(system)
    return _HEAD + "\n".join(lines) + "\n"


def _entry(system: System) -> list[str]:
    lines = _wrapped("- ", f"**{system.title}**")
    lines += _wrapped("  - namespaces: ", system.namespaces)
    lines += _wrapped("  - names: ", system.names)
    if system.service_types:
        lines += _wrapped("  - services: ", ", ".join(system.service_types))
    return lines


def _wrapped(head: str, text: str) -> list[str]:
    indent = " " * (head.index("-") + 2)
    return textwrap.wrap(
        text, 120, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


if __name__ == "__main__":
    sys.stdout.write(page())
