"""Shows what the runs of the demo have measured: rows written, numbers of rows, and results of tests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.listing import counted

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

#: What the demo writes beyond the defaults.
_CONFIG = {"write": {"profile": True, "tests": "create"}}


def config_file(directory: Path) -> Path:
    """Write the config document of the demo into a directory and return its path."""
    file = directory / "config.json"
    file.write_text(json.dumps(_CONFIG, indent=2) + "\n", encoding="utf-8")
    return file


def measured_lines(catalogue: CatalogueServer) -> Iterator[str]:
    """Yield lines about profiles of tables and results of tests; a failed test has one of its own."""
    tables = [table["fullyQualifiedName"] for table in catalogue.entities("table")]
    operations = sum(len(catalogue.profiles("system", table)) for table in tables)
    sized = sum(1 for table in tables if catalogue.profiles("table", table))
    yield f"{counted(operations, 'profile')} of written rows; {counted(sized, 'table')} with their number of rows"
    results = [(fqn, result) for fqn, items in catalogue.test_results().items() for result in items]
    statuses = Counter(result["testCaseStatus"] for _, result in results)
    outcomes = [f"{number} {status}" for status, number in sorted(statuses.items())]
    yield f"{counted(len(results), 'test result')}: {', '.join(outcomes) or 'none'}"
    for fqn, result in results:
        if result["testCaseStatus"] != "Success":
            yield f"  {result['testCaseStatus']}: {fqn} ({result['result']})"
