"""The words hold what they say: examples run, tables and settings are those of the code, links lead somewhere."""

from __future__ import annotations

import ast
import configparser
import importlib
import inspect
import json
import re
import shlex
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import openmetadata_ol_provider
from openmetadata_ol_provider import conf
from openmetadata_ol_provider.cli.commands import build_parser
from openmetadata_ol_provider.config import Config, load_config
from openmetadata_ol_provider.get_provider_info import OPTIONS
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.kafka.dead_letters import dead_letter_headers
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from openmetadata_ol_provider.state.keys import default_state_key
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import set_variable
from tests.promises import functions

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "openmetadata_ol_provider"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
AIRFLOW_3 = not __import__("airflow").__version__.startswith("2.")


class Block(NamedTuple):
    """A fenced block: where it is, the mark (an HTML comment) right before it, its language and text."""

    where: str
    mark: str
    language: str
    text: str


def _blocks() -> Iterator[Block]:
    fenced = re.compile(
        r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
    )
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        for found in fenced.finditer(content):
            line = content.count("\n", 0, found.start()) + 1
            yield Block(f"{page.name}:{line}", found["mark"] or "", found["language"], found["text"])


BLOCKS = tuple(_blocks())


def of(language: str) -> list[Any]:
    return [pytest.param(block, id=block.where) for block in BLOCKS if block.language == language]


def marked(mark: str) -> list[Block]:
    return [block for block in BLOCKS if block.mark.split(":")[0] == mark]


def table(page: str, mark: str) -> list[list[str]]:
    """Return the cells of the table after a mark, without its head."""
    content = (ROOT / page).read_text(encoding="utf-8").split(f"<!-- {mark} -->\n", 1)[1]
    rows = [line for line in content.split("\n\n", 1)[0].splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows]


def module_of(block: Block) -> types.ModuleType:
    module = types.ModuleType(re.sub(r"\W", "_", block.where))
    exec(compile(block.text, block.where, "exec"), module.__dict__)  # noqa: S102 - our own pages
    return module


# -- examples ----------------------------------------------------------------------------------------------------------


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
    monkeypatch.setenv("AIRFLOW_CONN_EXAMPLE", block.text)
    accept(document["conn_type"])


@pytest.mark.parametrize("conn_type", ["kafka", "openmetadata"])
def test_every_connection_uri_is_accepted(conn_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (uri,) = re.findall(rf"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT='([^']+)'", text_of("README.md"))
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
    if "transport" in document:
        assert document["transport"]["type"] == "kafka"
    else:
        assert load_config(document) != Config()


# -- tables ------------------------------------------------------------------------------------------------------------


def test_the_table_of_options_is_that_of_the_code() -> None:
    told = [(name.strip("`"), default.strip("`")) for name, default, _ in table("README.md", "options")]
    assert told == [(name, option["default"]) for name, option in OPTIONS.items()]
    assert all(callable(getattr(conf, name)) for name, _ in told)


def test_every_environment_variable_of_ours_is_an_option() -> None:
    named = {
        name.lower() for page in PAGES for name in re.findall(r"AIRFLOW__OPENMETADATA_OL__(\w+)", page.read_text())
    }
    assert named
    assert named <= set(OPTIONS)


def test_the_table_of_config_keys_is_that_of_the_model() -> None:
    told = {key.strip("`"): default.strip("`") for key, default, _ in table("docs/configuration.md", "keys")}
    assert told == dict(keys(Config, ""))


def keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner = next(
            (part for part in getattr(field.annotation, "__args__", ()) if hasattr(part, "model_fields")), None
        )
        if hasattr(field.annotation, "model_fields"):
            yield from keys(field.annotation, f"{key}.")
            continue
        yield key, "needed" if field.default is PydanticUndefined else json.dumps(field.default)
        if inner is not None:
            yield from keys(inner, f"{key}[].")


def test_the_table_of_parameters_is_that_of_the_classes() -> None:
    told = {name.strip("`"): set(re.findall(r"`(\w+)`", words)) for name, words in table("README.md", "parameters")}
    bounds = {"max_events", "max_bytes", "max_duration"}
    where = {"start_from", "replay_from", "state_key"}
    told["OpenLineageSensor"] |= {*where, "end_when_queued"}
    told["ConsumeOpenLineageOperator"] |= bounds | where | {"lane", "on_data_loss"}
    others = set().union(*(words for name, words in told.items() if name != "IngestOpenLineageOperator"))
    own = {"start", "end"}
    told["IngestOpenLineageOperator"] = others - (told["IngestOpenLineageOperator"] - own) | own
    for name, parameters in told.items():
        signature = inspect.signature(getattr(openmetadata_ol_provider, name).__init__)
        assert parameters == set(signature.parameters) - {"self", "kwargs"}, name


def test_the_promise_has_five_lines_and_the_tests_that_hold_them_are_there() -> None:
    promise, _, rest = text_of("README.md").partition("<!-- promise -->\n")[2].partition("\n\n")
    files = dict(re.findall(r"^\[([\w ]+)\]: tests/([\w/]+\.py)$", rest, re.MULTILINE))
    lines = re.split(r"^\d\. ", promise, flags=re.MULTILINE)[1:]
    assert len(lines) == 5
    for line in lines:
        named = re.findall(r"\[`(test_\w+)`\]\[([\w ]+)\]", line)
        assert len(named) == line.count("test_") > 0, line
        for name, file in named:
            assert name in functions(files[file]), name


def test_the_table_of_dead_letter_headers_is_what_is_sent() -> None:
    told = [name.strip("`") for name, _ in table("README.md", "headers")]
    sent = dead_letter_headers(DeadLetter(RawMessage("topic", 0, 0), "why"))
    assert told == [name for name, _ in sent]


def test_the_operators_to_be_kept_out_of_the_topic_are_all_of_ours() -> None:
    (block,) = marked("operators")
    parser = configparser.ConfigParser()
    parser.read_string(block.text)
    told = [path.strip() for path in parser["openlineage"]["disabled_for_operators"].split(";")]
    for path in told:
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name)
    ours = {name for name in openmetadata_ol_provider.__all__ if name.endswith(("Operator", "Sensor"))}
    assert {path.rpartition(".")[2] for path in told} == ours


# -- texts -------------------------------------------------------------------------------------------------------------


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def messages() -> Iterator[str]:
    """Yield the string literals of the package; what is filled in is left out."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "\0".join(part.value for part in node.values if isinstance(part, ast.Constant))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_symptom_in_the_troubleshooting_is_a_message_of_the_code() -> None:
    known = "\n".join(messages())
    settings = {*OPTIONS, *(key for key, _ in keys(Config, ""))}
    heads = re.findall(r"^(?:\*\*.*?\*\*|- `[^`]+`:)", text_of("docs/troubleshooting.md"), re.MULTILINE | re.DOTALL)
    quoted = [
        span for head in heads for span in re.findall(r"`([^`]+)`", head.replace("\n", " ")) if span not in settings
    ]
    assert len(quoted) > 30
    for span in quoted:
        pattern = "[^\n]*?".join(re.escape(piece.strip()) for piece in span.split("..."))
        assert re.search(pattern, known), f"no message of the package says {span!r}"


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            assert file.exists(), f"{page.name}: {target}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
                assert anchor in anchors, f"{page.name}: {target}"


def test_lines_are_no_longer_than_120_characters() -> None:
    # Rows of a table cannot be broken; those of systems and facets are long.
    long = [
        f"{page.name}:{number}"
        for page in (*PAGES, ROOT / "CHANGELOG.md")
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 120 and not (page.parent.name == "docs" and line.startswith("|"))
    ]
    assert long == []


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    versions = re.findall(r"^## \[(.+?)\] - \d{4}-\d{2}-\d{2}$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == openmetadata_ol_provider.__version__


def test_the_dependencies_told_are_those_of_the_package() -> None:
    told = set(
        re.findall(r"^\| `([\w-]+)`(?: >= [\d.]+)? \| ", text_of("README.md").split("## Dependencies")[1], re.MULTILINE)
    )
    listed = re.search(r"^dependencies = \[(.*?)^\]", text_of("pyproject.toml"), re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert told == set(re.findall(r'"([\w-]+)', listed[1]))
