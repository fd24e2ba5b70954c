"""Every command line of the documentation runs, against a broker and a catalogue with something in them."""

from __future__ import annotations

import gzip
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.state.keys import default_state_key
from openmetadata_ol_provider.version_compat import set_variable
from tests.operators.steps_support import TOPIC, ingest, run_event
from tests.pages.test_examples import commands
from tests.surface.scenario import TOKEN, World, world, write_variables

#: They run until they are interrupted, or as long as a DAG; tests/sandbox and tests/cli run them.
ELSEWHERE = {"demo", "sandbox"}
KEY = default_state_key("openlineage_to_openmetadata", [TOPIC])
LINES = {shlex.join(words): words for words in commands("openmetadata-ol") if words[1] not in ELSEWHERE}
#: How a line begins, exit code, and what it prints. One edge waits, so that retrying and explaining it is exit code 1.
RESULTS: dict[str, tuple[int, str]] = {
    "check": (0, "all checks passed"),
    "parked list": (0, "shop.public.not_yet  (1 item,"),
    "parked retry": (1, "parked: 1 item to be tried again"),
    "parked drop": (2, "'edge:5f3a' is not parked; see `openmetadata-ol parked list`"),
    "cleanup --from": (0, "NOTHING TO REMOVE"),
    "cleanup events.ndjson.gz": (0, '"findings": ['),
    "register-service": (0, '"openlineage"'),
    "picture events.ndjson": (0, "lineage.html: 2 datasets, 1 edge"),
    "picture --host": (2, "OpenMetadata has no table of this name"),
    "translate": (0, "1 event: 1 run, 1 job, 1 edge, 2 datasets, 0 problems"),
    "explain events.ndjson --": (1, "1 unresolved"),
    "explain": (0, "1 event: 1 run of 1 job, 1 edge, 2 datasets"),
    "ingest": (0, "1 event of 1 run, 0 dead letters"),
    "receipts": (0, "shop.public.not_yet"),
    # No run of the world has this id or this job, and none has failed.
    "receipts --run-id 0196f2c4": (0, "0 of 2 runs"),
    "receipts --job 'dwh.*' --state": (0, "0 of 2 runs"),
    "checkpoint show": (0, "0 offsets to read, 0 lost"),
    "checkpoint set": (0, "the next run continues from these offsets"),
    "dlq list": (0, "1 dead letter on openlineage.events.dead-letter"),
    "dlq replay": (0, "1 dead letter read, 1 put back"),
}


@pytest.fixture(scope="module")
def here(airflow_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a world in which the bundled DAG has read some events, of which one waits and one is a dead letter.

    The files that the lines name are in the current folder.
    """
    folder = tmp_path_factory.mktemp("files")
    events = run_event("gone", outputs=["shop.public.not_yet"])
    with world() as running, pytest.MonkeyPatch.context() as patch:
        running.send.events(events, run_event("good"))
        running.send.message(b"no event")
        ingest(state_key=KEY)
        set_variable("openmetadata_ol_config", "{}")
        (folder / "events.ndjson").write_bytes(events + b"\n")
        (folder / "events.ndjson.gz").write_bytes(gzip.compress(events))
        (folder / "lineage.yaml").write_text("pipelines: {service: of_files}\n", encoding="utf-8")
        patch.chdir(folder)
        patch.setenv("OPENMETADATA_JWT_TOKEN", TOKEN)
        yield running
    write_variables({})


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_of_the_pages_does_its_work(
    line: str, here: World, capsys: pytest.CaptureFixture[str]
) -> None:
    start = max((start for start in RESULTS if line.startswith(f"openmetadata-ol {start}")), key=len)
    words = [here.catalogue.url if word == "https://om.example.com" else word for word in LINES[line][1:]]
    code = main(words)
    printed = capsys.readouterr()
    assert (code, RESULTS[start][1] in printed.out + printed.err) == (RESULTS[start][0], True), printed


def test_every_result_belongs_to_a_line() -> None:
    assert [start for start in RESULTS if not any(line.startswith(f"openmetadata-ol {start}") for line in LINES)] == []
