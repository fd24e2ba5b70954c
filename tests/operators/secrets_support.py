"""Secrets planted wherever one may be, each another, and a search through whatever comes out."""

from __future__ import annotations

import base64
import json
import lzma
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import msgspec

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

if TYPE_CHECKING:
    from typing_extensions import Self

#: Of the connections.
TOKEN = "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1qd3Q.planted-jwt-signature"
CONNECTION = {
    "sasl.password": "planted-sasl-password",
    "ssl.key.password": "planted-key-password",
    "sasl.oauthbearer.client.secret": "planted-client-secret",
    "ssl.key.pem": "-----BEGIN PRIVATE KEY-----\nplantedprivatekey\n-----END PRIVATE KEY-----",
}
#: Of events, by where they are.
EVENT = {
    place: f"planted-{place}-secret"
    for place in (
        "environment",
        "variables",
        "debezium",
        "spark",
        "unknown",
        "namespace",
        "jdbc",
        "symlink",
        "repository",
        "message",
        "uri",
        "trace",
        "description",
        "job",
        "literal",
        "expression",
        "url",
        "refused",
        "time",
        "key",
        "header",
        "namespaceless",
        "sas",
    )
}
SECRETS = (
    TOKEN,
    TOKEN.rpartition(".")[2],
    *(secret for key, secret in CONNECTION.items() if key != "ssl.key.pem"),
    "plantedprivatekey",
    *EVENT.values(),
)

CUSTOMERS, TARGET = "shop.public.customers", "shop.analytics_stg.stg_customers"
#: SQL that is not to be published but with ``?`` in place of its literals.
CONFIG = {"write": {"sql": "redacted", "descriptions": "always"}, "lineage": {"pipeline_nodes": True}}


def event(run_id: str, state: str = "COMPLETE", minute: int = 0) -> bytes:
    """Return an event with a secret in every place, about tables of the sandbox's catalogue."""
    server = f"postgres://etl:{EVENT['namespace']}@localhost:5433"
    jdbc = f"jdbc:postgresql://localhost:5433?user=etl&password={EVENT['jdbc']}"
    source = {"namespace": server, "name": CUSTOMERS, "field": "id"}
    source["transformations"] = [
        {"type": "DIRECT", "subtype": "TRANSFORMATION", "description": f"id || '{EVENT['expression']}'"}
    ]
    return json.dumps(
        {
            "eventTime": f"2026-05-01T10:{minute:02d}:00Z",
            "eventType": state,
            "producer": f"https://producer:{EVENT['url']}@example.com/tests",
            "run": {"runId": run_id, "facets": _run_facets()},
            "job": {
                "namespace": "scheduler",
                "name": f"load --password={EVENT['job']}",
                "facets": {
                    "sql": {"query": _sql()},
                    "sourceCodeLocation": {"type": "git", "url": f"https://{EVENT['repository']}@git.example.com/r"},
                    "documentation": {"description": f"Uses postgres://etl:{EVENT['description']}@db/x every night"},
                },
            },
            "inputs": [
                {
                    "namespace": server,
                    "name": CUSTOMERS,
                    "facets": {
                        "symlinks": {"identifiers": [{"namespace": _symlink(), "name": "x.y", "type": "TABLE"}]}
                    },
                },
                {"namespace": "https://files.example.com", "name": f"orders.csv?sv=1&sig={EVENT['sas']}"},
            ],
            "outputs": [
                {
                    "namespace": jdbc,
                    "name": TARGET,
                    "facets": {"columnLineage": {"fields": {"customer_id": {"inputFields": [source]}}}},
                }
            ],
        }
    ).encode()


def _sql() -> str:
    return f"insert into t select * from s where mail = '{EVENT['literal']}'"  # noqa: S608 - nobody runs it


def _symlink() -> str:
    return f"jdbc:oracle:thin:etl/{EVENT['symlink']}@//oracle:1521/service"


def _run_facets() -> dict[str, Any]:
    variables = [{"name": "SECRET", "value": EVENT["variables"]}]
    message = (
        f"no route to postgres://etl:{EVENT['uri']}@db:5432/shop, password: {EVENT['message']}\n"
        f"\tat org.Driver.connect(url=jdbc:postgresql://db/shop?password={EVENT['trace']})"
    )
    return {
        "environment-properties": {"environment-properties": {"SECRET": EVENT["environment"]}},
        "environmentVariables": {"environmentVariables": variables},
        "debezium_config": {"configs": [f"database.password={EVENT['debezium']}"]},
        "spark_properties": {"properties": {"spark.password": EVENT["spark"]}},
        "something_new": {"password": EVENT["unknown"]},
        "errorMessage": {"message": message, "programmingLanguage": "JAVA", "stackTrace": EVENT["trace"]},
    }


#: Messages that are no events, for reasons that name what they hold.
MALFORMED = (
    json.dumps({"eventTime": "2026-05-01T10:00:00Z", "run": f"password={EVENT['refused']}", "job": {}}).encode(),
    json.dumps({"eventTime": f"token={EVENT['time']}", "run": {"runId": "a"}, "job": {"name": "a"}}).encode(),
)
#: An event of which a dataset is lost, for a reason that names it.
NAMELESS = json.dumps(
    {
        "eventTime": "2026-05-01T10:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": "nameless"},
        "job": {"namespace": "scheduler", "name": "nameless"},
        "inputs": [{"namespace": f"postgres://etl:{EVENT['namespaceless']}@h:1"}],
    }
).encode()


def none_in(what: str, where: str) -> None:
    """Check that no secret is in a text."""
    for secret in SECRETS:
        assert secret not in what, f"{secret} is in {where}: ...{what[max(0, what.find(secret) - 200) :][:300]}..."


def unpacked(value: Any) -> str:
    """Return all texts in a value, what is packed in them included."""
    return "\n".join(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            # The entry of a rule is YAML for people, not packed.
            yield from [item] if key == "entry" else _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
        yield from _inside(value)
    else:
        yield str(value)


def _inside(text: str) -> Iterator[str]:
    """Yield what is inside a text that is JSON, or packed in one of the ways."""
    for unpack in (_unpacked_by_xz, _unpacked_by_zlib, _unpacked_segment, json.loads):
        try:
            inside = unpack(text)
        except (ValueError, lzma.LZMAError, zlib.error, msgspec.MsgspecError):
            continue
        if isinstance(inside, dict | list):
            yield from _texts(inside)
        return
    # The rules that a report offers are YAML.
    if text[:1] in {"{", "["} and not text.startswith(("{namespace: ", "{match: ")):
        raise ValueError(f"neither JSON nor packed: {text[:100]}")


def _unpacked_by_xz(text: str) -> Any:
    return json.loads(lzma.decompress(base64.b64decode(text, validate=True)))


def _unpacked_by_zlib(text: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(text, validate=True)))


def _unpacked_segment(text: str) -> Any:
    # In a Variable of its own it has a time in front of it.
    text = text.partition("_")[2] if text.partition("_")[0].isdecimal() else text
    return msgspec.msgpack.decode(zlib.decompress(base64.b64decode(text, b"_/", validate=True)))


def variables() -> dict[str, str]:
    """Return the text of every Variable by its key, what is packed in it included."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        return {item.key: unpacked(item.val or "") for item in session.query(Variable)}


class Request(NamedTuple):
    """One request on its way to the catalogue."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


class Proxy:
    """A proxy in front of the catalogue that records each request that it passes on.

    :param catalogue: catalogue that gets the requests
    """

    def __init__(self, catalogue: CatalogueServer) -> None:
        import requests

        self.seen: list[Request] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = dict(self.headers.items())
                seen.append(Request(self.command, unquote(self.path), headers, body.decode()))
                with requests.request(
                    self.command, catalogue.url + self.path, headers=headers, data=body, timeout=10
                ) as answer:
                    content = answer.content
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = pass_on  # noqa: N815 - http.server's names

            def log_message(self, *_: Any) -> None:
                pass

        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._httpd.server_address[1]}"
        self._thread = Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def check(self) -> None:
        """Check that no request has a secret in it, but for the token in its own header."""
        assert self.seen
        for request in self.seen:
            headers = dict(request.headers)
            assert headers.pop("Authorization", None) in {f"Bearer {TOKEN}", None}
            none_in(f"{request.target} {headers} {request.body}", f"the request {request.method} {request.target}")
