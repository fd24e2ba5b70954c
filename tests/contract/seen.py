"""Every body that this package sends to a stand-in of this process, whichever test makes it do so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmetadata_ol_provider.sandbox.catalogue.faults import RequestLog, Sent
from openmetadata_ol_provider.sandbox.catalogue.validation import Version

AGENT = "openmetadata-ol-provider"
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


def seen() -> dict[Version, list[Sent]]:
    """Return the bodies so far, by the version they were sent to."""
    found: dict[Version, list[Sent]] = {}
    for (version, *_), sent in _SEEN.items():
        found.setdefault(version, []).append(sent)
    return found
