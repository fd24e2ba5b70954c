"""Makes the mapping of facets that OpenLineage's compatibility tests ask a consumer for.

``python -m tests.compatibility`` writes it, from the tables of docs/facets.md and the facets of openlineage-python.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONSUMER = ROOT / "integration" / "compatibility-tests" / "consumer" / "consumers" / "openmetadata_ol_provider"
MAPPING = CONSUMER / "mapping.json"
#: What every event has, and what becomes of it.
_CORE = {
    "eventType": "status of the pipeline's run and of its task",
    "eventTime": "start and end of the run",
    "run.id": "executionId of the run status",
    "job.namespace": "part of the pipeline's name, or the service of an existing pipeline",
    "job.name": "name of the pipeline or task",
    "inputs": "source of edges: table, topic, container or another entity",
    "outputs": "target of edges: table, topic, container or another entity",
}
_ROW = re.compile(r"^\| `([\w-]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def mapping() -> dict[str, object]:
    """Return the mapping: what is read of each facet and used for, and the facets that are not read."""
    rows = _ROW.findall((ROOT / "docs" / "facets.md").read_text(encoding="utf-8"))
    mapped: dict[str, dict[str, str]] = {"core": dict(_CORE)}
    for facet, fields, use in rows:
        entry = mapped.setdefault(facet, {})
        for field in re.findall(r"`([\w-]+)`", fields):
            entry[field] = f"{entry[field]}; {use}" if field in entry and entry[field] != use else use
    unmapped = {facet: ["*"] for facet in sorted(_of_the_client() - mapped.keys())}
    return {"mapped": mapped, "knownUnmapped": unmapped}


def _of_the_client() -> set[str]:
    """Return the keys of all facets that openlineage-python has, from the names of its modules."""
    package = importlib.import_module("openlineage.client.generated")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    facets = {re.sub(r"_(?:run|job|dataset|input_dataset|output_dataset)$", "", name) for name in modules}
    facets -= {"base", "open_lineage"}
    return {_KEYS.get(name) or re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in facets}


#: Facets whose key is not the name of the module in camel case.
_KEYS = {"processing_engine": "processing_engine", "dataset_version": "version", "datasource": "dataSource"}


def text() -> str:
    """Return the content of the file."""
    return json.dumps(mapping(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    MAPPING.write_text(text(), encoding="utf-8")
