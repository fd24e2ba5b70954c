"""The provider metadata is true and complete, and Airflow accepts it without a warning."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import subprocess
import sys
from importlib.metadata import distribution, entry_points
from pathlib import Path
from typing import Any

import pytest

import openmetadata_ol_provider
from openmetadata_ol_provider.get_provider_info import CONFIG_SECTION, get_provider_info

DISTRIBUTION = "openmetadata-ol-provider"
INFO: dict[str, Any] = get_provider_info()
OPTIONS: dict[str, dict[str, Any]] = INFO["config"][CONFIG_SECTION]["options"]
CONNECTION: dict[str, Any] = INFO["connection-types"][0]

airflow3 = pytest.importorskip("airflow").__version__.split(".")[0] != "2"


def modules() -> list[str]:
    kinds = ("hooks", "operators", "sensors", "triggers")
    return [module for kind in kinds for entry in INFO[kind] for module in entry["python-modules"]]


def test_airflow_finds_the_provider_by_its_entry_point() -> None:
    found = [point for point in entry_points(group="apache_airflow_provider") if point.dist.name == DISTRIBUTION]
    assert [point.name for point in found] == ["provider_info"]
    assert found[0].load()() == INFO


def test_the_package_name_is_that_of_the_distribution() -> None:
    # A mismatch breaks every airflow command.
    assert INFO["package-name"] == distribution(DISTRIBUTION).metadata["Name"] == DISTRIBUTION
    assert INFO["versions"][0] == openmetadata_ol_provider.__version__ == distribution(DISTRIBUTION).version


def test_the_info_is_valid_by_airflows_own_schema() -> None:
    import airflow
    from jsonschema import Draft7Validator

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text(encoding="utf-8"))
    assert list(Draft7Validator(schema).iter_errors(INFO)) == []


def test_the_full_schema_of_providers_takes_it_too() -> None:
    import airflow
    from jsonschema import Draft7Validator

    path = Path(airflow.__file__).parent / "provider.yaml.schema.json"
    if not path.exists():
        pytest.skip("this Airflow does not bring the schema of provider.yaml")
    # What only official providers have.
    official = {"required", "additionalProperties"}
    schema = {key: value for key, value in json.loads(path.read_text(encoding="utf-8")).items() if key not in official}
    assert list(Draft7Validator(schema).iter_errors(INFO)) == []


def test_the_plugin_has_one_name_by_the_info_and_by_the_entry_point() -> None:
    # Read from the file: an environment that was installed before the entry point came does not have it yet.
    text = (Path(openmetadata_ol_provider.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    (plugin,) = INFO["plugins"]
    module, _, name = plugin["plugin-class"].rpartition(".")
    assert f'{plugin["name"]} = "{module}:{name}"' in text.partition('[project.entry-points."airflow.plugins"]')[2]
    loaded = getattr(importlib.import_module(module), name)
    assert loaded.name == plugin["name"]
    if not airflow3:
        assert not getattr(loaded, "external_views", None)
        assert not getattr(loaded, "fastapi_apps", None)


@pytest.mark.parametrize("name", modules())
def test_each_module_imports_and_defines_classes(name: str) -> None:
    module = importlib.import_module(name)
    own = [item for _, item in inspect.getmembers(module, inspect.isclass) if item.__module__ == name]
    assert own
    assert all(inspect.getdoc(item) for item in own)


def test_no_module_with_operators_hooks_sensors_or_triggers_is_left_out() -> None:
    package = Path(openmetadata_ol_provider.__file__).parent
    there = {
        f"openmetadata_ol_provider.{kind}.{path.stem}"
        for kind in ("hooks", "operators", "sensors", "triggers")
        for path in (package / kind).glob("*.py")
        if not path.name.startswith("_")
    }
    # A module of extra links is listed by its classes.
    link_modules = {path.rpartition(".")[0] for path in INFO["extra-links"]} & there
    assert link_modules == {"openmetadata_ol_provider.operators.links"}
    assert set(modules()) == there - link_modules


def test_the_hook_of_the_connection_type_is_the_hook() -> None:
    module, _, name = CONNECTION["hook-class-name"].rpartition(".")
    hook = getattr(importlib.import_module(module), name)
    assert (hook.conn_type, hook.hook_name) == (CONNECTION["connection-type"], CONNECTION["hook-name"])
    assert f"{CONNECTION['connection-type']}_default" == hook.default_conn_name


def test_the_connection_form_has_a_field_for_every_extra_that_the_hook_knows() -> None:
    from openmetadata_ol_provider.hooks._client_options import EXTRA_KEYS

    assert set(CONNECTION["conn-fields"]) == set(EXTRA_KEYS)
    labels = [field["label"] for field in CONNECTION["conn-fields"].values()]
    assert "Connections" not in labels, "in the form of a connection, the word says nothing"
    for field in CONNECTION["conn-fields"].values():
        assert set(field) >= {"label", "description", "schema"}
        assert field["schema"]["type"]


def test_no_second_connection_type_takes_the_kafka_providers_place() -> None:
    assert [connection["connection-type"] for connection in INFO["connection-types"]] == ["openmetadata"]


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_is_documented_and_has_a_function(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from openmetadata_ol_provider import conf

    option = OPTIONS[name]
    assert set(option) == {"description", "version_added", "type", "example", "default"}
    assert all(isinstance(value, str) for value in option.values())
    assert option["type"] in {"string", "integer"}
    assert option["description"].strip().endswith(".")
    read = getattr(conf, name)
    assert inspect.getdoc(read) == f"Return the option [{CONFIG_SECTION}] {name}."
    kind = int if option["type"] == "integer" else (str, list, type(None))
    assert isinstance(read(), kind)
    monkeypatch.setenv(f"AIRFLOW__{CONFIG_SECTION}__{name}".upper(), option["example"])
    expected = [part.strip() for part in option["example"].split(",")] if name == "topics" else option["example"]
    assert read() == (int(expected) if option["type"] == "integer" else expected)


def test_each_function_of_conf_reads_an_option() -> None:
    from openmetadata_ol_provider import conf

    public = {name for name, item in inspect.getmembers(conf, inspect.isfunction) if not name.startswith("_")}
    assert public == set(OPTIONS)


def test_a_default_is_used_where_airflow_does_not_know_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    from openmetadata_ol_provider import conf

    monkeypatch.delenv("AIRFLOW__OPENMETADATA_OL__TOPICS", raising=False)
    assert conf.topics() == ["openlineage.events"]
    assert (conf.dead_letter_topic(), conf.config()) == (None, None)


def airflow(*arguments: str) -> str:
    """Run an airflow command in a process of its own and return what it said, on both channels."""
    command = [sys.executable, "-W", "default", "-m", "airflow", *arguments]
    # The environment's home is that of the tests.
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ})
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    ours = [line for line in said.splitlines() if "openmetadata" in line.lower() and "warning" in line.lower()]
    assert ours == []
    return said


def test_airflow_lists_the_provider() -> None:
    said = airflow("providers", "get", DISTRIBUTION, "--full", "--output", "json")
    assert DISTRIBUTION in said
    assert INFO["description"].rstrip(".")[:40] in said


def test_airflow_knows_the_hook_and_the_connection_form() -> None:
    said = airflow("providers", "hooks", "--output", "json")
    (row,) = [line for line in said.split("}") if '"openmetadata"' in line]
    assert "OpenMetadataHook" in row
    assert "False" not in row


def test_airflow_knows_the_options_with_their_defaults() -> None:
    said = airflow("config", "list", "--section", CONFIG_SECTION, "--include-descriptions", "--defaults")
    assert f"[{CONFIG_SECTION}]" in said
    for name, option in OPTIONS.items():
        assert f"{name} =" in said
        assert option["description"].splitlines()[0] in said
    for name in ("schedule", "max_bytes"):
        assert OPTIONS[name]["default"] in airflow("config", "get-value", CONFIG_SECTION, name).splitlines()
