"""What a DAG file says wrongly is an error of its import, with the text that a run would give; templates are let be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, AirflowFailException

from openmetadata_ol_provider import (
    ConsumeOpenLineageOperator,
    IngestOpenLineageOperator,
    OpenLineageActivityTrigger,
    OpenLineageSensor,
    PublishLineageOperator,
    ReplayDeadLettersOperator,
    TranslateOpenLineageOperator,
)
from openmetadata_ol_provider.exceptions import ConfigError

READERS = (ConsumeOpenLineageOperator, IngestOpenLineageOperator)
TOPICAL = (*READERS, OpenLineageSensor, ReplayDeadLettersOperator)
BOUNDED = (*READERS, ReplayDeadLettersOperator)
CONFIGURED = (*READERS, TranslateOpenLineageOperator, PublishLineageOperator)

WRONG = [
    (TOPICAL, {"topics": []}, r"topics is \[\]; give the name of a topic"),
    (TOPICAL, {"topics": ""}, "topics is ''; give|topics has ''"),
    (TOPICAL, {"topics": None}, "topics is None; give the name"),
    (TOPICAL, {"topics": ["^a(b"]}, r"topics: '\^a\(b' cannot be used as a pattern: .*; correct it"),
    (TOPICAL, {"topics": ["a", "lineage.*"]}, r"topics has 'lineage\.\*', .*; a regular expression starts with \^"),
    (TOPICAL, {"topics": ["{{ params.topic }}", 7]}, "topics has 7"),
    (TOPICAL, {"dead_letter_topic": "dead letters"}, "dead_letter_topic has 'dead letters', which is not a topic"),
    (BOUNDED, {"max_events": -1}, "max_events is -1; give a whole number above 0"),
    (BOUNDED, {"max_events": "x"}, "max_events is 'x'; give a whole number above 0"),
    (BOUNDED, {"max_bytes": 0}, "max_bytes is 0; give a whole number above 0"),
    (BOUNDED, {"max_events": 1.5}, "max_events is 1.5; give a whole number above 0"),
    (BOUNDED, {"max_duration": True}, "max_duration is True; give a number above 0"),
    (READERS, {"lane": 7, "lanes": 4}, "lane is 7 but lanes is 4; give 0 to 3"),
    (READERS, {"lanes": 4}, "lanes is 4 but lane is not given; map the task"),
    ((*READERS, OpenLineageSensor), {"lanes": 0}, "lanes is 0; give 1 or more"),
    ((*READERS, OpenLineageSensor), {"lanes": "many"}, "lanes is 'many'; give a whole number"),
    ((*READERS, OpenLineageSensor), {"start_from": "yesterday"}, "start_from is 'yesterday'; give one of: group"),
    ((*READERS, OpenLineageSensor), {"replay_from": "latest"}, "replay_from is 'latest'; give one of: earliest"),
    (READERS, {"on_data_loss": "ignore"}, "on_data_loss is 'ignore'; give fail or continue"),
    (CONFIGURED, {"config": {"lineage": {"colums": True}}}, "unknown key 'lineage.colums', did you mean 'columns'"),
    (CONFIGURED, {"config": ["x"]}, "config: a mapping, a path or 'variable:NAME' is expected, not list"),
    (
        (IngestOpenLineageOperator,),
        {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
        "end must be later",
    ),
    ((IngestOpenLineageOperator,), {"end": "2026-01-01T00:00:00Z"}, "start is None; give a time"),
    ((IngestOpenLineageOperator, PublishLineageOperator), {"full_refresh": "maybe"}, "full_refresh is 'maybe'; give"),
    ((IngestOpenLineageOperator, PublishLineageOperator), {"dry_run": "{{ x }}"}, "dry_run is '{{ x }}'; give true"),
    ((ReplayDeadLettersOperator,), {"max_replays": 0}, "max_replays is 0; give a whole number of at least 1"),
    ((OpenLineageSensor,), {"min_events": "x"}, "min_events is 'x'; give a whole number of at least 1"),
    ((OpenLineageSensor,), {"deferrable": "never"}, "deferrable is 'never'; give true or false"),
    ((OpenLineageSensor,), {"end_when_queued": 5}, "end_when_queued is 5; give true or false"),
    (READERS, {"lane": 1}, "lane is 1 but lanes is 1; give 0, or more lanes"),
    (READERS, {"dead_letter_topic": "events"}, "dead_letter_topic is 'events', which is also in topics, so"),
    ((IngestOpenLineageOperator,), {"start": "x"}, "start is 'x'; give a time such as"),
]
CASES = [
    pytest.param(kind, wrong, said, id=f"{kind.__name__}-{'-'.join(f'{k}={v}' for k, v in wrong.items())}")
    for kinds, wrong, said in WRONG
    for kind in kinds
]


def test_a_boolean_may_be_text_and_means_what_it_says() -> None:
    sensor = create(OpenLineageSensor, deferrable="false", end_when_queued="False")
    assert (sensor.deferrable, sensor.end_when_queued) == (False, False)


def create(kind: Any, **parameters: Any) -> Any:
    topics = {"topics": ["events"]} if kind in TOPICAL else {}
    with DAG("parsed", schedule=None):
        return kind(task_id="task", **{**topics, **parameters})


@pytest.mark.promise("A295")
@pytest.mark.parametrize(("kind", "wrong", "said"), CASES)
def test_a_wrong_parameter_is_refused_when_the_file_is_read(kind: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        create(kind, **wrong)


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        (IngestOpenLineageOperator, {"topics": [], "lanes": 4}, r"topics is \[\]"),
        (IngestOpenLineageOperator, {"topics": ["a"], "max_events": -1}, "max_events is -1"),
        (ConsumeOpenLineageOperator, {"topics": ["a"], "lanes": 0}, "lanes is 0"),
        (ConsumeOpenLineageOperator, {"topics": ["a"], "start_from": "yesterday"}, "start_from is 'yesterday'"),
        (ReplayDeadLettersOperator, {"topics": ["a"], "max_replays": 0}, "max_replays is 0"),
        (PublishLineageOperator, {"config": {"lineage": {"colums": True}}}, "unknown key 'lineage.colums'"),
        (PublishLineageOperator, {"dry_run": "maybe"}, "dry_run is 'maybe'"),
        (OpenLineageSensor, {"topics": ["a"], "min_events": 0}, "min_events is 0"),
        (OpenLineageSensor, {"topics": ["a"], "deferrable": "never"}, "deferrable is 'never'"),
    ],
)
def test_a_mapped_task_is_checked_too(kind: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        kind.partial(task_id="task", **wrong)


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        (OpenLineageSensor, {"topics": "{{ params.topics }}", "start_from": "{{ x }}", "lanes": "{{ params.lanes }}"}),
        (ConsumeOpenLineageOperator, {"lane": "{{ params.lane }}", "lanes": 4}),
        (ConsumeOpenLineageOperator, {"topics": ["{{ x }}", "^a.*"], "on_data_loss": "{% if x %}fail{% endif %}"}),
        (ConsumeOpenLineageOperator, {"config": "only/on/the/workers.yaml", "replay_from": '{"events": {"0": 1}}'}),
        (IngestOpenLineageOperator, {"config": {"pipelines": {"service": "{{ var.value.service }}"}}}),
        (IngestOpenLineageOperator, {"start": "{{ data_interval_start }}", "end": "{{ data_interval_end }}"}),
        (IngestOpenLineageOperator, {"start": "2026-01-01T00:00:00Z", "full_refresh": "{{ x }}"}),
        (ReplayDeadLettersOperator, {"dead_letter_topic": "{{ params.letters }}", "max_duration": 0.5}),
    ],
)
def test_templates_and_what_only_workers_know_are_not_judged(kind: Any, right: dict[str, Any]) -> None:
    assert create(kind, **right).task_id == "task"


def test_outputs_of_other_tasks_and_mapped_values_are_not_judged() -> None:
    from airflow.providers.common.compat.sdk import task, task_group

    @task
    def names() -> list[str]:
        return ["events"]

    with DAG("parsed", schedule=None):
        chosen = names()

        @task_group
        def lane(number: Any) -> Any:
            return ConsumeOpenLineageOperator(task_id="one", topics=chosen, lane=number, lanes=2)

        lane.expand(number=[0, 1])
        mapped = ConsumeOpenLineageOperator.partial(task_id="many", topics=["events"], lanes=2).expand(lane=[0, 1])
        spans = IngestOpenLineageOperator.partial(task_id="spans", topics=["events"], end="2026-01-02T00:00:00Z")
        spans.expand(start=["2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z"])
    assert mapped.task_id == "many"


@pytest.mark.parametrize(
    ("parameter", "rendered", "said"),
    [
        ("start_from", "yesterday", "start_from is 'yesterday'; give one of: group"),
        ("topics", "", "topics is ''; give the name of a topic"),
        ("lanes", "many", "lanes is 'many'; give a whole number"),
        ("on_data_loss", "ignore", "on_data_loss is 'ignore'; give fail or continue"),
    ],
)
@pytest.mark.usefixtures("airflow_db", "connections")
def test_what_a_template_makes_wrong_fails_the_task_with_the_same_text(
    parameter: str, rendered: str, said: str
) -> None:
    task = create(ConsumeOpenLineageOperator, **{parameter: "{{ params.value }}"})
    task.render_template_fields({"params": {"value": rendered}})
    with pytest.raises(AirflowFailException, match=said):
        task.execute({})


def test_airflow_reports_it_as_an_import_error(tmp_path: Path, airflow_db: None) -> None:
    file = tmp_path / "broken.py"
    file.write_text(
        "from airflow.providers.common.compat.sdk import DAG\n"
        "from openmetadata_ol_provider import OpenLineageSensor\n"
        "with DAG('broken', schedule=None):\n"
        "    OpenLineageSensor(task_id='wait', topics=['lineage.*'])\n"
    )
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    [(_, error)] = DagBag(str(tmp_path)).import_errors.items()
    assert "a regular expression starts with ^" in error


def test_the_check_of_a_watched_topic() -> None:
    with pytest.raises(ConfigError, match="topics is"):
        OpenLineageActivityTrigger(topics=[])
    with pytest.raises(ConfigError, match=r"poll_interval is 0; give a number above 0"):
        OpenLineageActivityTrigger(topics=["a"], poll_interval=0)


def test_checking_a_file_takes_a_fraction_of_a_second() -> None:
    """Measured as work, not as time: literal parameters load neither a client nor a parser of documents."""
    script = (
        "import sys\n"
        "from airflow.providers.common.compat.sdk import DAG, BaseOperator\n"
        "from openmetadata_ol_provider import IngestOpenLineageOperator\n"
        # What a task of any kind makes Airflow load is not ours.
        "with DAG('other', schedule=None):\n"
        "    BaseOperator(task_id='t')\n"
        "before = set(sys.modules)\n"
        "with DAG('d', schedule=None):\n"
        "    IngestOpenLineageOperator(task_id='t', topics=['^a.*', 'b'], lane=1, lanes=4, max_events=5,\n"
        "        start_from='earliest', on_data_loss='fail', config={'pipelines': {'service': 'x'}})\n"
        "print(sorted({'confluent_kafka', 'requests', 'jwt', 'yaml'} & (set(sys.modules) - before)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
