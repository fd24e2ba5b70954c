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
        ({"verify": "False"}, "_verify", False),
        ({"verify": False}, "_verify", False),
        ({"verify": "true"}, "_verify", True),
        ({"verify": "/etc/ca.pem"}, "_verify", "/etc/ca.pem"),
        ({}, "_verify", True),
    ],
)
def test_extra_sets_the_client(connect: Any, extra: dict[str, Any], attribute: str, expected: object) -> None:
    with connect(host="om", extra=extra).get_conn() as client:
        assert getattr(client, attribute) == expected


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"verfy": False}, "unknown key 'verfy'.*'verify'"),
        ({"timeout": "soon"}, "extra.timeout is 'soon'"),
        ({"timeout": 0}, "extra.timeout is 0"),
        ({"max_connections": -1}, "extra.max_connections"),
        ({"max_answer_mb": "much"}, "extra.max_answer_mb"),
        ({"client_key": "k.pem"}, "client_key without client_cert"),
    ],
)
def test_a_wrong_extra_names_connection_key_and_remedy(connect: Any, extra: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"'openmetadata_default'.*{message}"):
        connect(host="om", extra=extra).get_conn()


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
