"""Importing the provider costs the DAG processor next to nothing, and the command line does without Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import openmetadata_ol_provider

DAG_FILE = Path(__file__).parents[1] / "dags" / "openlineage_to_openmetadata.py"
#: Imported where they are used, never before.
HEAVY = {"confluent_kafka", "requests", "openlineage", "yaml", "jwt", "msgspec.json"}
#: The package's modules that executing the bundled DAG may load.
MOST_MODULES = 22
#: All modules that the command line may load to show its help: 29 on Python 3.11, most of them for argparse.
MOST_MODULES_OF_HELP = 60

PUBLIC = [
    "CheckOpenMetadataOperator",
    "ConsumeOpenLineageOperator",
    "IngestOpenLineageOperator",
    "OpenLineageActivityTrigger",
    "OpenLineageKafkaHook",
    "OpenLineageSensor",
    "OpenLineageTrigger",
    "OpenMetadataFreshnessSensor",
    "OpenMetadataGateTrigger",
    "OpenMetadataHook",
    "OpenMetadataTestResultSensor",
    "PublishLineageOperator",
    "ReplayDeadLettersOperator",
    "TranslateOpenLineageOperator",
]

_REPORT = """
import json, sys
sockets = []
sys.addaudithook(lambda name, args: sockets.append(repr(args[1])) if name == "socket.connect" else None)
{before}
known = set(sys.modules)
{work}
print()
print(json.dumps({{"new": sorted(set(sys.modules) - known), "sockets": sockets}}))
"""


def imported(work: str, before: str = "") -> tuple[set[str], list[str]]:
    """Run code in an interpreter of its own; return the modules that it loaded and the addresses it connected to."""
    script = _REPORT.format(before=before, work=work)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True, env={**os.environ}
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return set(found["new"]), found["sockets"]


def heavy(modules: set[str]) -> set[str]:
    return {name for name in modules if name in HEAVY or name.split(".")[0] in HEAVY}


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith("openmetadata_ol_provider")}


AIRFLOW = """
from airflow.providers.common.compat.sdk import DAG, BaseHook, BaseOperator, BaseSensorOperator, Variable, conf
import airflow.triggers.base
try:
    import airflow.sdk
except ImportError:
    pass
conf.get("openmetadata_ol", "topics", fallback="")
"""


def test_the_bundled_dag_loads_nothing_heavy_and_opens_no_connection() -> None:
    new, sockets = imported(
        f"import openmetadata_ol_provider, runpy; runpy.run_path({str(DAG_FILE)!r})", before=AIRFLOW
    )
    assert heavy(new) == set()
    assert sockets == []
    assert "openmetadata_ol_provider.operators.consume" in new
    assert len(ours(new)) <= MOST_MODULES, sorted(ours(new))


def test_the_bundled_dag_does_not_load_the_config_model_or_the_domain() -> None:
    new, _ = imported(f"import runpy; runpy.run_path({str(DAG_FILE)!r})", before=AIRFLOW)
    rooms = (
        "config",
        "consumption",
        "steps",
        "state",
        "lineage",
        "openlineage",
        "openmetadata",
        "sandbox",
        "cli",
        "hooks",
    )
    assert {
        name for name in new if name.startswith(tuple(f"openmetadata_ol_provider.{room}" for room in rooms))
    } == set()


def test_the_root_package_loads_nothing() -> None:
    new, _ = imported("import openmetadata_ol_provider")
    assert ours(new) == {"openmetadata_ol_provider"}
    assert not any(name.split(".")[0] == "airflow" for name in new)


@pytest.mark.parametrize("module", ["get_provider_info", "version_compat", "exceptions"])
def test_what_airflow_reads_first_loads_no_airflow(module: str) -> None:
    new, _ = imported(f"import openmetadata_ol_provider.{module}")
    assert ours(new) == {"openmetadata_ol_provider", f"openmetadata_ol_provider.{module}"}
    assert not any(name.split(".")[0] in {"airflow", *HEAVY} for name in new)


@pytest.mark.parametrize("room", ["openlineage", "lineage"])
def test_the_pure_rooms_load_neither_airflow_nor_kafka_nor_http(room: str) -> None:
    package = Path(openmetadata_ol_provider.__file__).parent / room
    names = [f"openmetadata_ol_provider.{room}.{path.stem}" for path in package.glob("*.py")]
    new, _ = imported("\n".join(f"import {name}" for name in names))
    forbidden = {"airflow", "confluent_kafka", "requests", "urllib3", "yaml"}
    assert {name for name in new if name.split(".")[0] in forbidden} == set()
    assert not any(name.startswith("openmetadata_ol_provider.openmetadata") for name in new)


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["--help"], MOST_MODULES_OF_HELP),
        (["translate", "--help"], MOST_MODULES_OF_HELP),
        (["--version"], 2 * MOST_MODULES_OF_HELP),  # reads the metadata of the installed package
    ],
)
def test_help_of_the_command_line_loads_no_airflow(arguments: list[str], most: int) -> None:
    new, sockets = imported(
        f"from openmetadata_ol_provider.cli import main\ntry:\n    main({arguments!r})\nexcept SystemExit:\n    pass"
    )
    assert not any(name.split(".")[0] in {"airflow", *HEAVY} for name in new)
    assert len(new) <= most, sorted(new)
    assert sockets == []


def test_the_public_names_are_these() -> None:
    assert openmetadata_ol_provider.__all__ == PUBLIC == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_can_be_imported(name: str) -> None:
    found = getattr(openmetadata_ol_provider, name)
    assert found.__name__ == name
    assert found.__module__.startswith("openmetadata_ol_provider.")
    assert name in dir(openmetadata_ol_provider)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        openmetadata_ol_provider.Nothing  # noqa: B018 - it is the access that fails
