"""TLS of the Kafka connection is verified unless somebody says otherwise, which is then said on every run."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({}, None),
        ({"enable.ssl.certificate.verification": "true", "ssl.endpoint.identification.algorithm": "https"}, None),
        ({"enable.ssl.certificate.verification": False}, "TLS certificates are NOT verified"),
        ({"enable.ssl.certificate.verification": "False"}, "TLS certificates are NOT verified"),
        ({"ssl.endpoint.identification.algorithm": "none"}, "names in TLS certificates are NOT verified"),
    ],
)
def test_what_is_not_verified_is_warned_about(
    extra: dict[str, Any], said: str | None, connect: Any, dead_port: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert connect(dead_port, extra).settings.bootstrap == dead_port
    warnings = [record.getMessage() for record in caplog.records if "verified" in record.getMessage()]
    assert len(warnings) == (said is not None)
    assert (said or "") in "".join(warnings)
