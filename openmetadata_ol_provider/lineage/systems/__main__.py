"""Prints the page of what is understood: ``python -m openmetadata_ol_provider.lineage.systems > docs/systems.md``."""

from __future__ import annotations

import sys
import textwrap

from openmetadata_ol_provider.lineage.systems import SYSTEMS

_HEAD = """\
# Dataset names that are understood

Every dataset of an event gets *identities*: its name in one spelling for each system, with all that producers vary
(schemes, ports, quotes, slashes, partitions) taken out. They are what OpenMetadata is searched for, in this order:
symlinks of type TABLE, the event's own name, other symlinks, and the table that a path in a Hive warehouse says.
Two datasets are the same if they share an identity; names of tables are compared without regard to letter case, those
of topics and paths with it.

- Identifiers may be quoted with `"`, `` ` `` or `[ ]`; in an identity a part is quoted if it contains a dot.
- A name may lack its first or its middle part: the database comes from the namespace's path
  (`postgres://db:5432/shop`), from a rule in `namespaces`, or from the one table of that name that the service has.
- Paths lose what writers put below a dataset: `key=value` directories, dates (`2026-11-23`, `2026/11/23`, `20261123`),
  part files, `_delta_log` and the like. `datasets.strip_partitions: false` keeps them.
- Date-sharded tables (`events_20261123`) are tables of their own; `datasets.rename` makes one of them:
  `{match: "/(events)_\\\\d{8}$/", to: "\\\\1_"}`.
- A namespace that is not listed here is taken for that of a database, as it is; a rule in `namespaces` says which, and
  the kind of its service (database, messaging, storage, dashboard, ML model, search, API) says what its datasets are.
- What the `datasetType` facet says (`TOPIC`, `DASHBOARD`, `MODEL`, `INDEX`, `API` ...) counts where the namespace does
  not tell; a `STORED_PROCEDURE` is looked for as one before it is as a table.

This page is made from the code: `python -m openmetadata_ol_provider.lineage.systems > docs/systems.md`.
"""
_TITLES = {
    "table": "Tables",
    "topic": "Topics",
    "container": "Containers",
    "dashboard": "Dashboards",
    "mlmodel": "ML models",
    "searchIndex": "Search indexes",
    "other": "Looked for by a rule only",
}


def page() -> str:
    """Return the page in Markdown."""
    lines = []
    for kind, title in _TITLES.items():
        lines += ["", f"## {title}", ""]
        for system in SYSTEMS:
            if system.kind == kind:
                lines += _wrapped("- ", f"**{system.title}**")
                lines += _wrapped("  - namespaces: ", system.namespaces)
                lines += _wrapped("  - names: ", system.names)
    return _HEAD + "\n".join(lines) + "\n"


def _wrapped(head: str, text: str) -> list[str]:
    indent = " " * (head.index("-") + 2)
    return textwrap.wrap(
        text, 120, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


if __name__ == "__main__":
    sys.stdout.write(page())
