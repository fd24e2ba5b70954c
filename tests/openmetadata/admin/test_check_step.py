"""The summary of a check."""

from __future__ import annotations

from openmetadata_ol_provider.openmetadata.admin.check_step import summary


def test_no_step_is_nothing_to_check() -> None:
    assert summary([]) == (True, "nothing to check")
