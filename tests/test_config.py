"""The configuration document: its defaults, its sources, and errors that name the key and what to write instead."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config, NamespaceRule, load_config
from openmetadata_ol_provider.exceptions import ConfigError

#: The document of the README: every key, with its default.
DOCUMENTED = """
namespaces: []
datasets:
  rename: []
  strip_partitions: true
  include: ["*"]
  exclude: []
  case: catalogue
pipelines:
  service: openlineage
  level: root
  reuse: true
  include: ["*"]
  exclude: []
lineage:
  columns: true
  indirect: false
  on: [COMPLETE]
  pipeline_nodes: false
  stale_after: 5
  pair_by_name: []
  expire_after: null
resolution:
  by_name: when_unknown
write:
  descriptions: if_empty
  owners: if_empty
  tags: if_ours
  create_tags: false
  status: always
  sql: always
  usage: always
  exposures: true
  observability: true
  queries: false
  profile: false
  tests: never
  lifecycle: never
  stale_edges: report
  create_pipelines: true
  create_services: true
  create_datasets: false
  max_failure_ratio: 0.1
parking:
  max_days: 7
  max_edges: 10000
ledger:
  max_facts: 50000
  trust_hours: 24
"""

#: The document of the README: every kind of rule.
RULES = """
namespaces:
  - namespace: "postgres://warehouse:5432"
    service: warehouse_pg
    database: analytics
    schema: public
  - namespace: "file"
    ignore: true
datasets:
  rename: [{match: '/^(\\S+) tmp_/', to: '\\1 '}]
  exclude: ["*_temp_*"]
pipelines:
  service: {AIRFLOW: airflow_prod, SPARK: spark}
"""


@pytest.fixture
def document(tmp_path: Path) -> Any:
    """Write a config document to a file and return its path."""

    def write(text: str | bytes, name: str = "config.yaml") -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def test_no_config_is_the_documented_defaults(document: Any) -> None:
    assert load_config() == load_config(document(DOCUMENTED)) == Config()


def test_every_key_is_documented() -> None:
    import yaml

    documented = yaml.safe_load(re.sub(r"\bon:", '"on":', DOCUMENTED))
    known = Config().model_dump()
    assert documented.keys() == known.keys()
    for section in documented.keys() - {"namespaces"}:
        assert documented[section].keys() == known[section].keys()


def test_the_documented_rules_are_read(document: Any) -> None:
    config = load_config(document(RULES))
    first, second = config.namespaces
    assert (first.service, first.database, first.db_schema, first.ignore) == (
        "warehouse_pg",
        "analytics",
        "public",
        False,
    )
    assert (second.namespace, second.ignore) == ("file", True)
    assert config.datasets.rename[0].to == r"\1 "
    assert config.pipelines.service_for("SPARK") == "spark"
    assert config.lineage == Config().lineage


@pytest.mark.parametrize("text", ["", "\n", "{}", "# nothing\n", "---\n", "write: {}\n"])
def test_an_empty_document_is_the_defaults(document: Any, text: str) -> None:
    assert load_config(document(text)) == Config()


SECTIONS = "datasets, ledger, lineage, namespaces, parking, pipelines, resolution, write"
WANTED = {"lineage": {"on": ["RUNNING"], "columns": False}, "write": {"tags": "never"}}


@pytest.mark.parametrize("source", ["dict", "yaml", "json", "path", "variable yaml", "variable json"])
def test_every_source_gives_the_same_config(document: Any, source: str) -> None:
    yaml_text = "lineage:\n  on: [RUNNING]\n  columns: false\nwrite:\n  tags: never\n"
    variables = {"yaml": yaml_text, "json": json.dumps(WANTED)}
    sources: dict[str, Any] = {
        "dict": WANTED,
        "yaml": document(yaml_text),
        "json": document(json.dumps(WANTED), "config.json"),
        "path": Path(document(yaml_text)),
        "variable yaml": "variable:yaml",
        "variable json": "variable:json",
    }
    config = load_config(sources[source], variables.get)
    assert (config.lineage.on, config.lineage.columns, config.write.tags) == (("RUNNING",), False, "never")


def test_a_config_is_taken_as_it_is() -> None:
    config = Config(namespaces=(NamespaceRule(namespace="a"),))
    assert load_config(config) is config


def test_the_key_on_needs_no_quotes_though_yaml_would_read_it_as_true(document: Any) -> None:
    assert load_config(document("lineage:\n  on: [FAIL]\n")).lineage.on == ("FAIL",)
    assert load_config(document("lineage:\n  columns: off\n  indirect: yes\n")).lineage.indirect is True


RULE = {"namespace": "a"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"namespace": []}, r"unknown key 'namespace', did you mean 'namespaces'\?"),
        ({"datasets": {"strip_partition": 1}}, r"'datasets.strip_partition', did you mean 'strip_partitions'\?"),
        ({"pipelines": {"levels": "root"}}, r"unknown key 'pipelines.levels', did you mean 'level'\?"),
        ({"lineage": {"column": True}}, r"unknown key 'lineage.column', did you mean 'columns'\?"),
        ({"write": {"create_dataset": True}}, r"unknown key 'write.create_dataset', did you mean 'create_datasets'\?"),
        ({"namespaces": [RULE, RULE | {"servise": "s"}]}, r"'namespaces.1.servise', did you mean 'service'\?"),
        ({"namespaces": [{"namespace": "a", "shema": "s"}]}, r"'namespaces.0.shema', did you mean 'schema'\?"),
        ({"namespaces": [{"namespace": "a", "db_schema": "s"}]}, r"unknown key 'namespaces.0.db_schema'"),
        ({"datasets": {"rename": [{"matches": "c"}]}}, r"'datasets.rename.0.matches', did you mean 'match'\?"),
        ({"zzz": 1}, rf"unknown key 'zzz' \(known: {SECTIONS}\)"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_refused_with_the_nearest_known_one(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(config)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"write": {"owners": "sometimes"}}, r"write.owners: .*'always'.*\(seen: 'sometimes'\)"),
        ({"write": {"status": "if_empty"}}, r"write.status: .*\(seen: 'if_empty'\)"),
        ({"write": {"create_services": "perhaps"}}, r"write.create_services: .*\(seen: 'perhaps'\)"),
        ({"write": {"max_failure_ratio": 2}}, r"write.max_failure_ratio: a number of at most 1 is .*\(seen: 2\)"),
        ({"write": None}, r"write: .*\(seen: None\)"),
        ({"pipelines": {"level": "top"}}, r"pipelines.level: .*'root', 'parent' or 'job' is expected \(seen: 'top'\)"),
        ({"pipelines": {"service": 3}}, r": pipelines.service: a text or a mapping is expected \(seen: 3\)$"),
        ({"pipelines": {"service": {"A": 3}}}, r": pipelines.service.A: a text is expected \(seen: 3\)$"),
        ({"pipelines": "p"}, r"pipelines: a mapping is expected \(seen: 'p'\)"),
        ({"parking": {"max_days": -1}}, r"parking.max_days: a number above 0 is expected \(seen: -1\)"),
        ({"parking": {"max_edges": 1.5}}, r"parking.max_edges: a whole number is expected \(seen: 1.5\)"),
        ({"lineage": {"columns": "no way"}}, r"lineage.columns: true or false is expected \(seen: 'no way'\)"),
        ({"lineage": {"on": "COMPLETE"}}, r"lineage.on: a list is expected \(seen: 'COMPLETE'\)"),
        ({"lineage": {"on": ["DONE"]}}, r"lineage.on.0: .*\(seen: 'DONE'\)"),
        ({"datasets": {"case": "lower"}}, r"datasets.case: .*'catalogue' or 'exact' is expected \(seen: 'lower'\)"),
        ({"datasets": {"exclude": "*_tmp"}}, r"datasets.exclude: .*\(seen: '\*_tmp'\)"),
        ({"datasets": {"rename": [{"match": "a"}]}}, r"key 'datasets.rename.0.to' is missing"),
        ({"namespaces": [{"service": "s"}]}, r"key 'namespaces.0.namespace' is missing"),
        ({"namespaces": {"a": "b"}}, r"namespaces: .*\(seen: \{'a': 'b'\}\)"),
        ({"namespaces": [{"namespace": "/postgres:[/"}]}, r"namespaces.0.namespace: not a regular expression"),
        ({"datasets": {"rename": [{"match": "/(/", "to": ""}]}}, r"datasets.rename.0.match: .*not a regular"),
        ({"datasets": {"rename": [{"match": "/a/", "to": r"\1"}]}}, r"datasets.rename.0: .*does not fit the groups"),
        ({"datasets": {"rename": [{"match": "/a/", "to": r"\g<b>"}]}}, r"datasets.rename.0: .*does not fit the groups"),
        ({1: 2}, r"Keys should be strings"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_its_key_and_what_was_seen(config: dict[Any, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(config)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        load_config({"writes": {}, "pipelines": {"level": "top"}, "lineage": {"on": ["DONE"]}})
    assert [part in str(refused.value) for part in ("'writes'", "pipelines.level", "lineage.on.0")] == [True] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [", "neither JSON nor YAML", id="cut off"),
        pytest.param('{"write": ', "neither JSON nor YAML", id="JSON cut off"),
        pytest.param("- a\n- b\n", "document: ", id="a list"),
        pytest.param("just words", "document: ", id="a text"),
        pytest.param(b"write: \xff\xfe", "not UTF-8", id="not UTF-8"),
        pytest.param("write: !!python/object/apply:os.getcwd []", "neither JSON nor YAML", id="a Python object"),
        pytest.param("write: !!python/name:os.system", "neither JSON nor YAML", id="a Python name"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_with_its_place(
    document: Any, text: str | bytes, message: str
) -> None:
    path = document(text)
    with pytest.raises(ConfigError, match=message) as refused:
        load_config(path)
    assert f"config file {path!r}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("write: {}\nnamespaces: []\nnamespaces: []\n", r"the key 'namespaces' is given twice in one mapping, line 1"),
        ("write:\n  tags: never\n  tags: always\n", r"the key 'tags' is given twice in one mapping, line 2"),
        ('{"write": {"tags": "never", "tags": "always"}}', r"the key 'tags' is given twice in one mapping"),
    ],
)
def test_a_key_that_is_given_twice_is_refused_and_not_half_lost(document: Any, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(document(text))


def test_a_document_never_runs_code(document: Any, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(ConfigError):
        load_config(document(f"write: !!python/object/apply:os.mkdir ['{trace}']"))
    assert not trace.exists()


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused_with_its_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"config file '.*' cannot be read: .*; check the path"):
        load_config(str(tmp_path / name))


def test_a_variable_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigError, match="there is no Variable 'lineage_config'"):
        load_config("variable:lineage_config", lambda _: None)


def test_errors_of_a_variable_name_it() -> None:
    with pytest.raises(ConfigError, match="Variable 'lineage_config': unknown key 'x'"):
        load_config("variable:lineage_config", lambda _: "x: 1")


def test_a_variable_outside_airflow_is_refused() -> None:
    with pytest.raises(ConfigError, match="in Airflow only"):
        load_config("variable:lineage_config")


@pytest.mark.parametrize("source", [3, ["a"], True])
def test_a_config_of_another_type_is_refused(source: Any) -> None:
    with pytest.raises(ConfigError, match="a mapping, a path or 'variable:NAME' is expected"):
        load_config(source)
