"""Tables of the documentation are those of the code."""

from __future__ import annotations

import configparser
import importlib
import inspect
import re

import openmetadata_ol_provider
from openmetadata_ol_provider import conf
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.get_provider_info import OPTIONS
from openmetadata_ol_provider.kafka.dead_letters import dead_letter_headers
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from tests.pages.pages import PAGES, keys, marked, table, text_of
from tests.promises import functions


def test_the_table_of_options_is_that_of_the_code() -> None:
    told = [(name.strip("`"), default.strip("`")) for name, default, _ in table("docs/bundled-dag.md", "options")]
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


def test_the_table_of_parameters_is_that_of_the_classes() -> None:
    rows = table("docs/your-own-dags.md", "parameters")
    told = {name.strip("`"): set(re.findall(r"`(\w+)`", words)) for name, words in rows}
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
    told = [name.strip("`") for name, _ in table("docs/dead-letters.md", "headers")]
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
    # These wait in other DAGs than the one that reads.
    gates = {"OpenMetadataFreshnessSensor", "OpenMetadataTestResultSensor"}
    assert {path.rpartition(".")[2] for path in told} == ours - gates
