"""The hook: every field of the connection, and errors that name the connection and the field."""

from __future__ import annotations

import importlib.util
import json
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.get_provider_info import CONNECTION_FIELDS
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token=TOKEN) as catalogue:
        yield catalogue


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(conn_id: str = "openmetadata_default", **fields: Any) -> OpenMetadataHook:
        document = {"conn_type": "openmetadata", **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(document))
        return OpenMetadataHook(conn_id)

    return make


def test_the_default_connection_reaches_the_catalogue(connect: Any, server: CatalogueServer) -> None:
    hook = connect(host=server.url, password=TOKEN)
    with hook.get_conn() as client:
        assert client.get("v1/tables/name/pg.shop.public.orders")
        assert hook.get_conn() is client
    assert (hook.conn_type, hook.default_conn_name) == ("openmetadata", "openmetadata_default")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"host": "om", "schema": "https", "port": 8585}, "https://om:8585/api"),
        ({"host": "https://om:8585/api"}, "https://om:8585/api"),
        ({"host": "om"}, "https://om/api"),
        ({"host": "om", "port": 8585, "schema": "http"}, "http://om:8585/api"),
        ({"host": "localhost", "port": 8585}, "http://localhost:8585/api"),
    ],
)
def test_host_schema_and_port_make_the_address(connect: Any, fields: dict[str, Any], expected: str) -> None:
    with connect(**fields).get_conn() as client:
        assert client.base_url == expected


@pytest.mark.parametrize(
    ("extra", "attribute", "expected"),
    [
        ({"timeout": "7.5"}, "timeout", 7.5),
        ({"timeout": 3}, "timeout", 3),
        ({"max_connections": "4"}, "max_connections", 4),
        ({"max_answer_mb": "0.5"}, "max_answer_bytes", 524_288),
        ({"timeout": None, "verify": None, "max_answer_mb": None}, "timeout", 30.0),
        ({"timeout": "", "verify": "", "client_key": "", "max_connections": ""}, "_verify", True),
        ({"verify": " ", "client_cert": " ", "timeout": "\n"}, "_verify", True),
        ({"verify": "False"}, "_verify", False),
        ({"verify": False}, "_verify", False),
        ({"verify": "true"}, "_verify", True),
        ({"verify": __file__}, "_verify", __file__),
        ({}, "_verify", True),
    ],
)
def test_extra_sets_the_client(connect: Any, extra: dict[str, Any], attribute: str, expected: object) -> None:
    with connect(host="om", extra=extra).get_conn() as client:
        assert getattr(client, attribute) == expected


#: Airflow 2 does not read such a variable at all.
UNREADABLE = "variable AIRFLOW_CONN_OPENMETADATA_DEFAULT is set, but Airflow cannot read it"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"verfy": False}, "unknown key 'verfy'.*'verify'"),
        ({"timeout": "soon"}, "extra.timeout is 'soon'"),
        ({"timeout": 0}, "extra.timeout is 0"),
        ({"max_connections": -1}, "extra.max_connections"),
        ({"max_answer_mb": "much"}, "extra.max_answer_mb"),
        ({"client_key": "k.pem"}, "client_key without client_cert"),
        ({"timeout": "inf"}, "extra.timeout is 'inf'; set a number above 0"),
        ({"timeout": 1e9}, "extra.timeout is 1000000000.0; set a number of at most 86400"),
        ({"max_answer_mb": "inf"}, "extra.max_answer_mb is 'inf'; set a number above 0"),
        ({"max_connections": 1.5}, "extra.max_connections is 1.5; set a whole number above 0"),
        ({"verify": "nope"}, "extra.verify is 'nope', which is not a file on this machine; set true, false or"),
        ({"verify": 3}, "extra.verify is 3"),
        ({"client_cert": "no.pem"}, "extra.client_cert is 'no.pem', which is not a file on this machine; set the path"),
        ({"client_cert": 3}, "extra.client_cert is 3"),
        ({"client_cert": __file__, "client_key": "no.pem"}, "extra.client_key is 'no.pem'"),
        ([1], f"(extra is a JSON list; set a JSON object|{UNREADABLE})"),
        ("verify=false", rf"(extra is not JSON \(line 1, column 1\); set a JSON object|{UNREADABLE})"),
    ],
)
def test_a_wrong_extra_names_connection_key_and_remedy(connect: Any, extra: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"'openmetadata_default'.*{message}"):
        connect(host="om", extra=extra).get_conn()


@pytest.mark.parametrize("key", ["verify", "client_cert"])
@pytest.mark.parametrize("lines", [1, 50])
def test_a_key_that_is_given_instead_of_its_path_is_not_shown(connect: Any, key: str, lines: int) -> None:
    text = "-----BEGIN PRIVATE KEY-----\n" + lines * f"{'MII':A<64}\n"
    with pytest.raises(ConfigError, match=rf"extra\.{key} is the text of a PEM file") as error:
        connect(host="om", extra={key: text}).get_conn()
    assert "MII" not in str(error.value)


def test_a_connection_that_airflow_cannot_read_is_not_called_missing(connect: Any) -> None:
    with pytest.raises(ConfigError, match="variable AIRFLOW_CONN_OPENMETADATA_DEFAULT is set, but Airflow cannot read"):
        connect(host="om", port="abc").get_conn()


def test_space_around_a_token_is_not_sent(connect: Any, server: CatalogueServer) -> None:
    assert connect(host=server.url, password=f" {TOKEN}\n").test_connection()[0]


@pytest.mark.parametrize(
    ("token", "message"),
    [(f"Bearer {TOKEN}", "begins with 'Bearer'; set the token alone"), ("a\nb", "contains spaces, line breaks")],
)
def test_what_cannot_be_a_token_is_refused_without_showing_it(connect: Any, token: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"the password of connection 'openmetadata_default' {message}") as error:
        connect(host="om", password=token).get_conn()
    assert token not in str(error.value)


def test_a_port_that_does_not_exist_is_named_with_the_connection(connect: Any) -> None:
    with pytest.raises(ConfigError, match=r"'openmetadata_default'.*port is 99999; set a port between 1 and 65535"):
        connect(host="om", port=99999).get_conn()


def test_a_wrong_path_in_requests_own_variable_is_named(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    passed, text = connect(host="https://127.0.0.1:1", password=TOKEN).test_connection()
    assert not passed
    assert "invalid path: /nowhere/ca.pem; correct `verify` in the extra of connection 'openmetadata_default'" in text
    assert "REQUESTS_CA_BUNDLE" in text


def test_a_missing_connection_says_how_to_create_it() -> None:
    hook = OpenMetadataHook("no_such_connection")
    with pytest.raises(ConfigError, match="airflow connections add no_such_connection --conn-type openmetadata"):
        hook.get_conn()
    assert hook.test_connection()[0] is False


def test_a_connection_without_host_is_refused(connect: Any) -> None:
    with pytest.raises(ConfigError, match=r"'openmetadata_default'.*host is empty"):
        connect(password=TOKEN).get_conn()


def test_test_connection_says_that_all_is_well(connect: Any, server: CatalogueServer) -> None:
    passed, message = connect(host=server.url, password=TOKEN).test_connection()
    assert passed
    assert "1.12.0" in message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"password": "wrong"}, "refused the token"),
        ({"host": "http://127.0.0.1:1"}, "cannot be reached"),
        ({"host": "127.0.0.1", "extra": {"x": 1}}, "unknown key"),
    ],
)
def test_test_connection_names_what_is_wrong(
    connect: Any, server: CatalogueServer, fields: dict[str, Any], message: str
) -> None:
    passed, said = connect(**{"host": server.url, "password": TOKEN, **fields}).test_connection()
    assert not passed
    assert message in said
    assert TOKEN not in said


def test_the_check_s_steps_depend_on_the_config(connect: Any, server: CatalogueServer) -> None:
    hook = connect(host=server.url, password=TOKEN)
    steps = hook.check()
    assert all(step.passed for step in steps)
    assert ("EditStatus on pipeline", True, "granted") in steps
    fewer = [name for name, _, _ in hook.check({"write": {"status": "never"}})]
    assert [name for name, _, _ in steps if name not in fewer] == ["EditStatus on pipeline"]
    with pytest.raises(ConfigError, match="did you mean 'status'"):
        hook.check({"write": {"statuss": "never"}})


def test_test_connection_names_every_missing_permission(connect: Any) -> None:
    with CatalogueServer(token=TOKEN, deny=["EditLineage", "EditStatus"]) as server:
        passed, said = connect(host=server.url, password=TOKEN).test_connection()
    assert not passed
    assert "EditLineage on table: not granted" in said
    assert "also failed: EditStatus on pipeline" in said


def test_the_form_asks_for_a_token() -> None:
    assert OpenMetadataHook.get_ui_field_behaviour()["relabeling"]["password"] == "JWT token"


class _Field:
    """Stands in for a field of WTForms where Airflow has none (3.x)."""

    def __init__(self, label: object, description: str = "", widget: object = None) -> None:
        self.label, self.description, self.widget = label, description, widget


def test_before_airflow_3_2_the_form_is_made_of_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("wtforms") is None:
        for name, content in {
            "flask_appbuilder": {},
            "flask_appbuilder.fieldwidgets": {"BS3TextFieldWidget": object},
            "flask_babel": {"lazy_gettext": str},
            "wtforms": {"StringField": _Field},
        }.items():
            module = types.ModuleType(name)
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, name, module)
    widgets = OpenMetadataHook.get_connection_form_widgets()
    assert set(widgets) == set(CONNECTION_FIELDS)
    if isinstance(widgets["verify"], _Field):
        assert "path of a CA file" in widgets["verify"].description


def test_the_form_has_no_defaults_which_airflow_would_take_for_secrets() -> None:
    assert [name for name, field in CONNECTION_FIELDS.items() if "default" in field["schema"]] == []


def test_both_forms_have_the_same_layout() -> None:
    from openmetadata_ol_provider.get_provider_info import get_provider_info

    [connection] = get_provider_info()["connection-types"]
    layout = {key.replace("-", "_"): value for key, value in connection["ui-field-behaviour"].items()}
    older = OpenMetadataHook.get_ui_field_behaviour()
    assert older == layout
