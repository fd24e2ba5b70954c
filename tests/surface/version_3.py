"""The state of version 3, in segments behind a small head: its golden file.

``python -m tests.surface.version_3 DIRECTORY`` writes the file; the one that is committed stays.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import warnings
from pathlib import Path

import pytest

from tests.surface.scenario import first_half, on_day, read_variables, run_event, second_half, work, world
from tests.surface.segments import counts, remembered

NAME = "variables-version-3"
TODAY = dt.datetime.now(dt.timezone.utc).date().isoformat()


def counted(name: str) -> list[bytes]:
    """Return a run of today, which is counted."""
    return [on_day(TODAY, run_event(name, job="nightly.counted"))]


def main(directory: Path) -> None:
    """Write the file: the Variables after several batches, and what is in them as plain JSON."""
    from airflow.utils.db import initdb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        initdb()
    with world() as here, pytest.MonkeyPatch.context() as patch:
        # So that few events make segments.
        patch.setattr("openmetadata_ol_provider.state.segment_store.MAX_TAIL", 2000)
        for events in (first_half(), counted("one"), second_half()[:3], counted("two")):
            here.send.events(*events)
            work()
        aside = {".ledger", ".parked", ".receipts"}
        texts = {suffix: text for suffix, text in read_variables().items() if suffix not in aside}
        document = {"variables": texts, "remembered": remembered(texts), "counts": counts(texts)}
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.items())
    (directory / f"{NAME}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    import tests.conftest  # noqa: F401 - gives Airflow a home of its own, before it is imported

    main(Path(sys.argv[1]))
