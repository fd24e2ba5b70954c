"""TLS: verified by default, against a given CA, or not at all without a warning from urllib3."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from openmetadata_ol_provider.cli.commands import build_parser
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from tests.openmetadata.builders import FAST

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs openssl to make a certificate")


class VersionHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"version": "1.12.0"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a refused handshake is what a test is about."""


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Run a server with a certificate of its own making; gives its URL and the CA file."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    httpd = QuietServer(("127.0.0.1", 0), VersionHandler)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{httpd.server_address[1]}", str(cert)
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_an_unknown_certificate_is_refused_with_the_setting_to_change(tls: tuple[str, str]) -> None:
    refused = pytest.raises(CatalogueUnavailableError, match=r"TLS failed.*`verify`")
    with OpenMetadataClient(tls[0], retries=FAST) as client, refused:
        _ = client.version


def test_a_given_ca_file_is_trusted(tls: tuple[str, str]) -> None:
    with OpenMetadataClient(tls[0], verify=tls[1], retries=FAST) as client:
        assert client.version == (1, 12, 0)


def test_the_command_line_trusts_the_ca_file_that_it_is_given(tls: tuple[str, str]) -> None:
    files = build_parser().parse_args(["ingest", "events", "--host", tls[0], "--ca-file", tls[1]])
    with openmetadata_client(files) as client:
        assert client.version == (1, 12, 0)


def test_verify_false_works_quietly_and_wins_over_the_environment(
    tls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with warnings.catch_warnings(), OpenMetadataClient(tls[0], verify=False, retries=FAST) as client:
        warnings.simplefilter("error")
        assert client.version == (1, 12, 0)


def test_verify_false_is_warned_about_once_and_by_the_check(
    tls: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with OpenMetadataClient(tls[0], verify=False, retries=FAST) as client:
        warned = [step for step in check_catalogue(client, Config()) if step.is_warning]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"TLS certificates of {tls[0]}/api are NOT verified (verify is false)"
    ]
    assert [(step.name, "TLS certificates are not verified" in step.detail) for step in warned] == [("TLS", True)]


def test_a_verified_connection_is_not_warned_about(tls: tuple[str, str], caplog: pytest.LogCaptureFixture) -> None:
    with OpenMetadataClient(tls[0], verify=tls[1], retries=FAST) as client:
        assert not [step for step in check_catalogue(client, Config()) if step.is_warning]
        assert client.exposure is None
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


@pytest.mark.parametrize(
    ("host", "exposed"),
    [
        ("http://om.example.com:8585", True),
        ("om.example.com", False),
        ("https://om.example.com", False),
        ("http://localhost:8585", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:8585", False),
    ],
)
def test_a_token_that_would_travel_in_the_clear_is_reported(host: str, exposed: bool) -> None:
    assert (OpenMetadataClient(host, "token").exposure is not None) is exposed
