"""The base URL: ends in /api exactly once; a bad host is refused with an example."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import (
    ConfigError,
)
from openmetadata_ol_provider.openmetadata.client.url import base_url


@pytest.mark.parametrize(
    ("host", "schema", "port", "expected"),
    [
        ("http://om:8585", None, None, "http://om:8585/api"),
        ("http://om:8585/api", None, None, "http://om:8585/api"),
        ("http://om:8585/api/", None, None, "http://om:8585/api"),
        ("http://om:8585/api/v1", None, None, "http://om:8585/api"),
        ("https://om", None, 8585, "https://om:8585/api"),
        ("om", None, None, "https://om/api"),
        ("om", "http", 8585, "http://om:8585/api"),
        ("om", " HTTP ", None, "http://om/api"),
        ("om.localhost.example", "", None, "https://om.localhost.example/api"),
        ("localhost:8585", None, None, "http://localhost:8585/api"),
        ("om.localhost", None, 8585, "http://om.localhost:8585/api"),
        ("127.0.0.2", "", 8585, "http://127.0.0.2:8585/api"),
        ("[::1]:8585", None, None, "http://[::1]:8585/api"),
        ("localhost", "https", None, "https://localhost/api"),
        ("om", None, 0, "https://om/api"),
        ("om", None, "8585", "https://om:8585/api"),
        ("om", None, " ", "https://om/api"),
        ("om", "https", 443, "https://om:443/api"),
        ("om:8585", "https", None, "https://om:8585/api"),
        ("om:8585", None, 9999, "https://om:8585/api"),
        ("https://proxy/openmetadata", None, None, "https://proxy/openmetadata/api"),
        ("https://proxy/openmetadata/api", None, None, "https://proxy/openmetadata/api"),
        ("https://[::1]:8585", None, None, "https://[::1]:8585/api"),
    ],
)
def test_the_base_url_ends_in_api_exactly_once(
    host: str, schema: str | None, port: int | str | None, expected: str
) -> None:
    assert base_url(host, schema, port) == expected


@pytest.mark.parametrize("host", ["", None, "ftp://om", "http://", "http://om:port"])
def test_a_host_that_is_no_address_is_refused_with_an_example(host: str | None) -> None:
    with pytest.raises(ConfigError, match=r"https://openmetadata\.example\.com:8585"):
        base_url(host)


@pytest.mark.parametrize("port", [-1, 65536, "-1", "65536", "http"])
def test_a_port_that_does_not_exist_is_refused(port: int | str) -> None:
    with pytest.raises(ConfigError, match=rf"port is {port}; set a port between 1 and 65535"):
        base_url("om", port=port)


def test_a_password_in_the_host_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="password field") as caught:
        base_url("https://admin:s3cret@om:8585")
    assert "s3cret" not in str(caught.value)
