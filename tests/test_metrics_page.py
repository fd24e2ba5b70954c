"""The page of metrics, the dashboard and the alert rules name the metrics that there are, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.ingestion.metric_catalogue import OUTCOMES, PREFIX, TOTALS, Metric, all_metrics
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

DOCS = Path(__file__).parents[1] / "docs"
METRICS = {metric.name: metric for metric in all_metrics()}
#: Airflow's own metrics that the rules use.
AIRFLOW = {"airflow_ti_failures"}


def shown_by_prometheus(metric: Metric) -> str:
    return f"airflow_{PREFIX}_{metric.name.replace('.', '_')}"


def names_in(expression: str) -> set[str]:
    """Return the metrics that a PromQL expression names, alternatives spelled out."""
    for inner in re.findall(r"\(((?:\w+\|)*\w+)\)\(_total\)\?", expression):
        expression += " " + " ".join(inner.split("|"))
    return set(re.findall(r"\bairflow_\w+", expression))


def expressions() -> Iterator[tuple[str, str]]:
    dashboard = json.loads((DOCS / "grafana-dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]
    for rule in rules():
        yield f"rule {rule['alert']}", rule["expr"]


def rules() -> list[Any]:
    import yaml

    document = yaml.safe_load((DOCS / "prometheus-alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.mark.promise("A299")
def test_the_page_lists_each_metric_with_type_unit_and_tags() -> None:
    page = (DOCS / "metrics.md").read_text(encoding="utf-8").partition("<!-- metrics -->")[2]
    rows = {
        cells[0].strip("`").removeprefix(f"{PREFIX}."): tuple(cells[1:])
        for line in page.splitlines()
        if line.startswith(f"| `{PREFIX}") and (cells := [cell.strip() for cell in line.strip("| ").split(" | ")])
    }
    assert rows == {
        name: (item.kind, item.unit, ", ".join(f"`{tag}`" for tag in item.tags), item.description)
        for name, item in METRICS.items()
    }


def test_the_catalogue_has_every_counter_of_a_report() -> None:
    for name in TOTALS:
        assert isinstance(getattr(PublishReport(), name), int)
    for part, (_, outcomes) in OUTCOMES.items():
        if part != "requests":
            fields = msgspec.structs.fields(getattr(PublishReport(), part))
            assert {field.name for field in fields} == set(outcomes), part
    counted = {
        field.name
        for field in msgspec.structs.fields(PublishReport)
        if isinstance(getattr(PublishReport(), field.name), msgspec.Struct)
    }
    assert counted - {"links"} == OUTCOMES.keys() - {"requests"}


@pytest.mark.promise("A299")
@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_names_metrics_that_there_are(where: str, expression: str) -> None:
    there = {shown_by_prometheus(metric) for metric in METRICS.values()}
    assert names_in(expression), where
    assert names_in(expression) <= there | AIRFLOW, where


def test_counters_are_found_with_and_without_the_ending_of_opentelemetry() -> None:
    counters = {shown_by_prometheus(item) for item in METRICS.values() if item.kind == "counter"}
    for where, expression in expressions():
        for name in names_in(expression) & counters:
            assert re.search(rf"\b{name}\b[\w|]*\)\(_total\)\?", expression), where


def test_the_dashboard_shows_every_gauge() -> None:
    shown = set().union(*(names_in(expression) for where, expression in expressions() if where.startswith("panel")))
    assert {shown_by_prometheus(item) for item in METRICS.values() if item.kind == "gauge"} <= shown


def test_the_rules_watch_lag_parked_age_data_loss_and_failures() -> None:
    watched = set().union(*(names_in(rule["expr"]) for rule in rules()))
    wanted = ("lag.seconds", "lag.messages", "parked.oldest_seconds", "lost", "edges.failed", "dead_letters")
    assert {shown_by_prometheus(METRICS[name]) for name in wanted} <= watched
    assert "airflow_ti_failures" in watched
    for rule in rules():
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"]["summary"]
