"""The bodies of lineage, run status and usage requests, with the versions in which fields came and went."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.checks import (
    ListOf,
    Number,
    OneOf,
    date,
    fqn,
    integer,
    mapping,
    number,
    text,
    uri,
)
from openmetadata_ol_provider.sandbox.catalogue.enums import EXECUTION_STATUSES, LINEAGE_SOURCES
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import REFERENCE
from openmetadata_ol_provider.sandbox.catalogue.validation import Check, Field, Shape, required, since

_COLUMN_LINEAGE = Shape("ColumnLineage", {"fromColumns": ListOf(fqn), "toColumn": fqn, "function": text})
_TEMPORARY_TABLE = Shape("TempLineageTable", {"fromEntity": required(text), "toEntity": required(text)})
LINEAGE_DETAILS = Shape(
    "LineageDetails",
    {
        "sqlQuery": text,
        "columnsLineage": ListOf(_COLUMN_LINEAGE),
        "pipeline": REFERENCE,
        "description": text,
        "source": LINEAGE_SOURCES,
        "createdAt": integer,
        "createdBy": text,
        "updatedAt": integer,
        "updatedBy": text,
        "assetEdges": integer,
        "tempLineageTables": since(ListOf(_TEMPORARY_TABLE), "1.13"),
    },
)
_EDGE = Shape(
    "EntitiesEdge",
    {
        "fromEntity": required(REFERENCE),
        "toEntity": required(REFERENCE),
        "description": text,
        "lineageDetails": LINEAGE_DETAILS,
    },
)
ADD_LINEAGE = Shape("AddLineage", {"edge": required(_EDGE)})

_DATASET_USAGE = Shape(
    "DatasetUsage",
    {
        "datasetFQN": required(text),
        "columns": ListOf(text),
        "rowCount": integer,
        "sizeBytes": integer,
        "filter": text,
        "version": text,
    },
)
_DATASET_GENERATION = Shape(
    "DatasetGeneration",
    {
        "datasetFQN": required(text),
        "columns": ListOf(text),
        "rowCount": integer,
        "sizeBytes": integer,
        "mode": OneOf("append merge overwrite upsert"),
        "partitions": ListOf(text),
        "version": text,
    },
)
_DATASETS: dict[str, Field | Check] = {
    "inputs": since(ListOf(_DATASET_USAGE), "1.10"),
    "outputs": since(ListOf(_DATASET_GENERATION), "1.10"),
}
_RUN_METRICS = Shape(
    "ExecutionMetrics",
    {
        "totalRowsProcessed": integer,
        "totalBytesProcessed": integer,
        "cpuTime": number,
        "memoryUsed": integer,
        "cost": number,
    },
)
_TASK_METRICS = Shape(
    "TaskMetrics",
    {"rowsRead": integer, "rowsWritten": integer, "rowsFiltered": integer, "executionTimeMs": integer},
)
_RUN_ERROR = Shape("ExecutionError", {"errorType": text, "errorMessage": text, "stackTrace": text, "failedTask": text})
_TASK_STATUS = Shape(
    "Status",
    {
        "name": required(text),
        "executionStatus": required(EXECUTION_STATUSES),
        "startTime": integer,
        "endTime": integer,
        "logLink": uri,
        "taskId": since(text, "1.10"),
        "transformationType": since(OneOf("aggregate custom extract filter join load pivot"), "1.10"),
        "transformationLogic": since(text, "1.10"),
        "metrics": since(_TASK_METRICS, "1.10"),
        **_DATASETS,
    },
)
PIPELINE_STATUS = Shape(
    "PipelineStatus",
    {
        "timestamp": required(integer),
        "executionStatus": required(EXECUTION_STATUSES),
        "taskStatus": ListOf(_TASK_STATUS),
        "executionId": since(text, "1.10"),
        "endTime": since(integer, "1.10"),
        "version": since(text, "1.10"),
        "parameters": since(mapping, "1.10"),
        "executedBy": since(REFERENCE, "1.10"),
        "metrics": since(_RUN_METRICS, "1.10"),
        "error": since(_RUN_ERROR, "1.10"),
        **_DATASETS,
    },
)
DAILY_COUNT = Shape("DailyCount", {"date": required(date), "count": required(Number(0, whole=True))})
