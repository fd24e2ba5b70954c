"""The parameter ``emit_assets`` of the operators when a DAG file is read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import airflow
import pytest
from airflow.providers.common.compat.sdk import DAG

from openmetadata_ol_provider import IngestOpenLineageOperator, PublishLineageOperator
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.version_compat import is_own_spelling

IS_AIRFLOW_2 = airflow.__version__.startswith("2.")
needs_airflow3 = pytest.mark.skipif(IS_AIRFLOW_2, reason="assets came with Airflow 3")
ALIAS = "openmetadata_ol.assets"


def dag() -> DAG:
    return DAG("assets", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))


def ingest(**parameters: Any) -> Any:
    with dag():
        return IngestOpenLineageOperator(task_id="ingest", topics="t", **parameters)


def outlets(operator: Any) -> list[str]:
    return [outlet.name for outlet in operator.outlets]


@pytest.mark.skipif(not IS_AIRFLOW_2, reason="what Airflow 2 refuses")
@pytest.mark.parametrize("value", [True, "true", ["s3://lake"]])
def test_airflow_2_refuses_it_when_the_file_is_read(value: object) -> None:
    with pytest.raises(ConfigError, match=r"emit_assets is .*, and this is Airflow 2; leave it out, or use Airflow 3"):
        ingest(emit_assets=value)
    with dag(), pytest.raises(ConfigError, match="this is Airflow 2"):
        PublishLineageOperator.partial(task_id="publish", emit_assets=value)


@pytest.mark.parametrize("value", [False, "false", None])
def test_without_it_nothing_is_added(value: object) -> None:
    assert outlets(ingest(emit_assets=value)) == []


@needs_airflow3
@pytest.mark.parametrize("operator", [IngestOpenLineageOperator, PublishLineageOperator])
def test_the_alias_is_an_outlet_next_to_the_users_own(operator: Any) -> None:
    from airflow.sdk import Asset

    more = {"topics": "t"} if operator is IngestOpenLineageOperator else {}
    with dag():
        task = operator(task_id="task", emit_assets=["s3://lake"], outlets=[Asset("mine")], **more)
    assert outlets(task) == ["mine", ALIAS]


@needs_airflow3
def test_a_mapped_task_has_the_alias_once() -> None:
    with dag() as mapped:
        IngestOpenLineageOperator.partial(task_id="ingest", topics="t", lanes=2, emit_assets=True).expand(lane=[0, 1])
    task = mapped.get_task("ingest")
    assert outlets(task) == [ALIAS]
    assert outlets(task.unmap({"lane": 0})) == [ALIAS]


@needs_airflow3
@pytest.mark.parametrize(
    ("uri", "is_own"), [("s3://lake/orders", True), ("S3://lake/orders/", False), ("airflow://x", False)]
)
def test_an_uri_that_the_worker_would_change_is_noticed(uri: str, is_own: bool) -> None:
    assert is_own_spelling("orders", uri) is is_own


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"emit_assets": "{{ params.x }}"}, "it cannot be a template, because Airflow has to know the outlets"),
        ({"emit_assets": []}, r"emit_assets is \[\]; give True, False, or a list"),
        ({"emit_assets": ["/(?=x)/"]}, "cannot be used as a pattern"),
        ({"emit_replayed": "perhaps"}, "emit_replayed is 'perhaps'; give true or false"),
    ],
)
def test_a_mistake_is_an_error_of_the_file(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ingest(**parameters)
