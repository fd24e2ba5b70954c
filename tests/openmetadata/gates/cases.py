"""Makes test cases and their results in a catalogue."""

from __future__ import annotations

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path


def add_case(client: OpenMetadataClient, table: str, name: str, column: str | None = None) -> str:
    """Create a test case of a table, or of one of its columns, and return its FQN."""
    definition = "columnTest" if column else "tableTest"
    client.put(
        "v1/dataQuality/testDefinitions",
        {
            "name": definition,
            "description": "a test",
            "entityType": "COLUMN" if column else "TABLE",
            "testPlatforms": ["OpenMetadata"],
            "parameterDefinition": [],
        },
    )
    link = f"<#E::table::{table}::columns::{column}>" if column else f"<#E::table::{table}>"
    case = client.post("v1/dataQuality/testCases", {"name": name, "entityLink": link, "testDefinition": definition})
    return str(case["fullyQualifiedName"])


def add_result(client: OpenMetadataClient, case: str, status: str, at: int, result: str = "") -> None:
    """Add a result of a test case.

    :param at: time in epoch milliseconds
    """
    body = {"timestamp": at, "testCaseStatus": status, "testResultValue": [], **({"result": result} if result else {})}
    client.post(path("v1/dataQuality/testCases/testCaseResults", case), body)
