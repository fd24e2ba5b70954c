"""The retry policy: pauses with full jitter up to the cap, and Retry-After."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any, ClassVar

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy, retry_after
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.client.support import Handler, Web


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, None), ("7", 7.0), ("-1", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, expected: float | None) -> None:
    assert retry_after(header) == expected


@pytest.fixture
def west(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have this machine live eight hours behind Greenwich."""
    monkeypatch.setenv("TZ", "XXX8")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("west")
@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_each_form_of_an_http_date_is_in_greenwich(form: str) -> None:
    header = time.strftime(form, time.gmtime(time.time() + 60))
    assert 55 < (retry_after(header) or 0) <= 60


@pytest.mark.parametrize("ahead", [-3600, 0, 3600], ids=["behind", "same", "ahead"])
def test_a_date_counts_from_the_server_s_own_clock(web: Web, ahead: int) -> None:
    class Busy(Handler):
        seen: ClassVar[list[dict[str, str]]] = []
        times: ClassVar[list[float]] = []

        def do_GET(self) -> None:  # noqa: N802
            self.times.append(time.monotonic())
            self.now, self.status = int(time.time()) + ahead, 200 if len(self.times) > 1 else 503
            self.extra = (("Retry-After", formatdate(self.now + 2, usegmt=True)),) if self.status == 503 else ()
            super().do_GET()

        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return formatdate(self.now, usegmt=True)

    with OpenMetadataClient(web(Busy), TOKEN, retries=FAST) as client:
        client.get("v1/tables")
    first, second = Busy.times
    assert 0.9 < second - first < 30


@pytest.mark.parametrize(
    ("header", "sent"), [("Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:00 GMT"), ("30", "no date")]
)
def test_what_the_response_says_of_its_own_time_counts(header: str, sent: Any) -> None:
    assert retry_after(header, sent) == 30.0


@pytest.mark.parametrize("header", [",", "Wed,", "Wed, 21 Oct", "Mon, 01 Jan 0001 00:00:00", "1e999999", "nan", "\x00"])
def test_no_header_is_an_error(header: str) -> None:
    assert retry_after(header, header) in {None, 0.0, float("inf")}


def test_pauses_grow_up_to_the_cap() -> None:
    policy = RetryPolicy(base=1.0, cap=4.0)
    assert all(0 <= policy.pause(attempt) <= min(4.0, 2.0**attempt) for attempt in range(10) for _ in range(50))
