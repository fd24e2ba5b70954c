"""Tools that copy datasets are known by the names of their integrations and producers."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.copy_tools import is_copy_tool


@pytest.mark.parametrize(
    "name",
    [
        "AIRBYTE",
        "dlt",
        "DLT_HUB_DLT",
        "https://airbyte.com",
        "https://github.com/apache/seatunnel/tree/2.3",
        "https://github.com/apache/flink-cdc",
        "FLINK_CDC",
        "FlinkCDC",
        "https://fivetran.com/openlineage",
        "MELTANO",
        "https://github.com/singer-io/tap",
        "https://github.com/slingdata-io/sling-cli",
        "https://github.com/MeltanoLabs/tap-github",
        "HevoData",
        "Oracle GoldenGate 23ai",
    ],
)
def test_tools_that_copy(name: str) -> None:
    assert is_copy_tool(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "SPARK", "FLINK", "using", "dltx", "tape-archive", "stitching", "goldengates"),
        *("Databricks DLT", "Delta Live Tables (DLT)"),
        "https://github.com/OpenLineage/OpenLineage/tree/1.40.0/integration/spark",
    ],
)
def test_others_do_not(name: str) -> None:
    assert not is_copy_tool(name)
