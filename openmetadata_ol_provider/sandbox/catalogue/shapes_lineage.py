"""The bodies of lineage, run status and usage requests, with the versions in which fields came and went."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.shapes import REFERENCE
from openmetadata_ol_provider.sandbox.catalogue.validation import (
    Check,
    Field,
    Shape,
    anything,
    integer,
    list_of,
    mapping,
    one_of,
    required,
    since,
    text,
)

LINEAGE_SOURCE = one_of(
    "Manual",
    "ViewLineage",
    "QueryLineage",
    "PipelineLineage",
    "DashboardLineage",
    "DbtLineage",
    "SparkLineage",
    "OpenLineage",
    "ExternalTableLineage",
    "CrossDatabaseLineage",
    "ChildAssets",
)
LINEAGE_DETAILS = Shape(
    "LineageDetails",
    {
        "sqlQuery": text,
        "columnsLineage": list_of(
            Shape("ColumnLineage", {"fromColumns": list_of(text), "toColumn": text, "function": text})
        ),
        "pipeline": REFERENCE,
        "description": text,
        "source": LINEAGE_SOURCE,
        "createdAt": integer,
        "createdBy": text,
        "updatedAt": integer,
        "updatedBy": text,
        "assetEdges": integer,
        "tempLineageTables": since(list_of(Shape("TempTable", {"fromEntity": text, "toEntity": text})), 1, 13),
    },
)
ADD_LINEAGE = Shape(
    "AddLineage",
    {
        "edge": required(
            Shape(
                "EntitiesEdge",
                {
                    "fromEntity": required(REFERENCE),
                    "toEntity": required(REFERENCE),
                    "description": text,
                    "lineageDetails": LINEAGE_DETAILS,
                },
            )
        )
    },
)

_EXECUTION_STATUS = one_of("Successful", "Failed", "Pending", "Skipped")
_SINCE_1_10: dict[str, Field | Check] = {
    "inputs": since(
        list_of(
            Shape(
                "DatasetUsage",
                {
                    "datasetFQN": required(text),
                    "columns": list_of(text),
                    "rowCount": integer,
                    "sizeBytes": integer,
                    "filter": text,
                    "version": text,
                },
            )
        ),
        1,
        10,
    ),
    "outputs": since(
        list_of(
            Shape(
                "DatasetGeneration",
                {
                    "datasetFQN": required(text),
                    "columns": list_of(text),
                    "rowCount": integer,
                    "sizeBytes": integer,
                    "mode": one_of("overwrite", "append", "merge", "upsert"),
                    "partitions": list_of(anything),
                    "version": text,
                },
            )
        ),
        1,
        10,
    ),
    "metrics": since(mapping, 1, 10),
}
PIPELINE_STATUS = Shape(
    "PipelineStatus",
    {
        "timestamp": required(integer),
        "executionStatus": required(_EXECUTION_STATUS),
        "taskStatus": list_of(
            Shape(
                "Status",
                {
                    "name": required(text),
                    "executionStatus": required(_EXECUTION_STATUS),
                    "startTime": integer,
                    "endTime": integer,
                    "logLink": text,
                    "taskId": since(text, 1, 10),
                    "transformationType": since(text, 1, 10),
                    "transformationLogic": since(text, 1, 10),
                }
                | _SINCE_1_10,
            )
        ),
        "executionId": since(text, 1, 10),
        "endTime": since(integer, 1, 10),
        "version": since(text, 1, 10),
        "parameters": since(mapping, 1, 10),
        "executedBy": since(REFERENCE, 1, 10),
        "error": since(
            Shape(
                "RunError",
                {"errorType": text, "errorMessage": text, "stackTrace": text, "failedTask": text},
            ),
            1,
            10,
        ),
    }
    | _SINCE_1_10,
)
DAILY_COUNT = Shape("DailyCount", {"date": required(text), "count": required(integer)})
