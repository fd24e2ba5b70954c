"""Examples of the documentation run, and settings are accepted."""

from __future__ import annotations

import ast
import json
import re
import shlex

import pytest

from openmetadata_ol_provider.cli.commands import build_parser
from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.state.keys import default_state_key
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import set_variable
from tests.pages.pages import BLOCKS, ROOT, Block, marked, module_of, of, text_of

AIRFLOW_3 = not __import__("airflow").__version__.startswith("2.")


@pytest.mark.parametrize("block", of("python"))
def test_every_python_example_compiles(block: Block) -> None:
    compile(block.text, block.where, "exec")


@pytest.mark.parametrize("block", [pytest.param(block, id=block.mark) for block in marked("dag")])
def test_every_dag_example_gives_its_dag(block: Block) -> None:
    dag_id, _, needs = block.mark.removeprefix("dag: ").partition(", ")
    if needs and not AIRFLOW_3:
        pytest.skip("asset watchers came with Airflow 3")
    dags = [value for value in vars(module_of(block)).values() if hasattr(value, "task_dict")]
    assert [dag.dag_id for dag in dags if dag.task_dict] == [dag_id]


@pytest.mark.usefixtures("airflow_db")
def test_the_example_of_a_test_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = marked("test")
    module_of(block).test_lineage_of_my_job_arrives(monkeypatch)


def test_the_bundled_dag_can_be_imported_as_described_once_it_is_packaged() -> None:
    (block,) = marked("wheel only")
    (statement,) = ast.parse(block.text).body
    assert isinstance(statement, ast.ImportFrom)
    assert "airflow" in block.text
    packaged = f"{statement.module.replace('.', '/')}.py"
    assert f'"dags/openlineage_to_openmetadata.py" = "{packaged}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("block", of("json"))
def test_every_connection_example_is_accepted(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(block.text)
    if isinstance(ca_file := document["extra"].get("verify"), str):
        assert ca_file.endswith(".pem")
        # Any file that exists here; this is not read before the first request.
        document["extra"]["verify"] = __file__
    monkeypatch.setenv("AIRFLOW_CONN_EXAMPLE", json.dumps(document))
    accept(document["conn_type"])


@pytest.mark.parametrize("conn_type", ["kafka", "openmetadata"])
def test_every_connection_uri_is_accepted(conn_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (uri,) = re.findall(rf"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT='([^']+)'", text_of("docs/connect.md"))
    monkeypatch.setenv("AIRFLOW_CONN_EXAMPLE", uri)
    assert uri.startswith(f"{conn_type}://")
    accept(conn_type)


def accept(conn_type: str) -> None:
    if conn_type == "kafka":
        assert OpenLineageKafkaHook("example").settings.bootstrap.startswith("broker1")
    else:
        assert OpenMetadataHook("example").get_conn().base_url.startswith("https://om.example.com")


def commands(name: str) -> list[list[str]]:
    """Return the words of every command line that begins with a name."""
    texts = [block.text.replace("\\\n", " ") for block in BLOCKS if block.language == "bash"]
    lines = [line for text in texts for line in text.splitlines() if line.startswith(f"{name} ")]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in commands("openmetadata-ol")])
def test_every_command_line_is_one_that_the_command_takes(words: list[str]) -> None:
    assert build_parser().parse_args(words[1:]).command == words[1]


@pytest.mark.usefixtures("airflow_db")
def test_the_variable_to_read_again_is_that_of_the_bundled_dag_and_is_understood() -> None:
    ((*_, key, value),) = commands("airflow variables set")
    assert key == default_state_key("openlineage_to_openmetadata", ["openlineage.events"])
    set_variable("read_again", value)
    assert StateStore("read_again").read_state().checkpoint == {"openlineage.events": {"0": 0, "1": 0, "2": 0}}


@pytest.mark.parametrize("block", of("yaml"))
def test_every_yaml_example_is_a_valid_config_or_a_transport(block: Block) -> None:
    import yaml

    document = yaml.safe_load(block.text)
    if block.mark == "helm":
        assert {"images", "triggerer", "env", "secret"} <= set(document)
    elif "transport" in document:
        assert document["transport"]["type"] == "kafka"
    else:
        assert load_config(document) != Config()


@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/bundled-dag.md"])
def test_the_bundled_dag_is_copied_from_where_it_is_also_in_a_checkout(page: str) -> None:
    (source,) = re.findall(r'^ *cp "?(\S+?)"? "\$AIRFLOW_HOME/dags/"$', text_of(page), re.MULTILINE)
    if "$PACKAGE" in source:
        # In a checkout, the folder of the same name has no such file: Python must not look there.
        assert "PACKAGE=$(python -I -c " in text_of(page)
    else:
        assert (ROOT / source).is_file()
