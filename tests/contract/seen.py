"""Every body that this package sends to a stand-in of this process, whichever test makes it do so."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from openmetadata_ol_provider.sandbox.catalogue.request_log import RequestLog, Sent
from openmetadata_ol_provider.sandbox.catalogue.versions import Version

AGENT = "openmetadata-ol-provider"
#: Folder where the bodies of several processes are put down; without it, only those of this process are known.
FOLDER = "OPENMETADATA_OL_BODIES"
#: By version, method, path and content: most bodies are sent many times.
_SEEN: dict[tuple[Version, str, str, bytes], Sent] = {}


@pytest.fixture(scope="session", autouse=True)
def every_body_is_seen() -> Iterator[None]:
    """Note the bodies, except those that a stand-in refuses: tests of refusals send them for that."""
    add = RequestLog.add

    def noting(log: RequestLog, sent: Sent) -> None:
        add(log, sent)
        if sent.content and sent.agent == AGENT and not 400 <= sent.status < 500:
            _SEEN.setdefault((log.version, sent.method, sent.path, sent.content), sent)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestLog, "add", noting)
        yield
    if FOLDER in os.environ:
        folder = Path(os.environ[FOLDER])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{os.getpid()}.pickle").write_bytes(pickle.dumps(_SEEN))


def seen() -> dict[Version, list[Sent]]:
    """Return the bodies so far, by the version they were sent to, with those that other processes have put down."""
    found: dict[Version, list[Sent]] = {}
    bodies = dict(_SEEN)
    if FOLDER in os.environ:
        for file in sorted(Path(os.environ[FOLDER]).glob("*.pickle")):
            bodies |= pickle.loads(file.read_bytes())  # noqa: S301 - our own
    for (version, *_), sent in bodies.items():
        found.setdefault(version, []).append(sent)
    return found
