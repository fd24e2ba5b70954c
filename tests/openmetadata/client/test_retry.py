"""The retry policy: pauses with full jitter up to the cap, and Retry-After."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy, retry_after


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, None), ("7", 7.0), ("-1", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, expected: float | None) -> None:
    assert retry_after(header) == expected


def test_pauses_grow_up_to_the_cap() -> None:
    policy = RetryPolicy(base=1.0, cap=4.0)
    assert all(0 <= policy.pause(attempt) <= min(4.0, 2.0**attempt) for attempt in range(10) for _ in range(50))
