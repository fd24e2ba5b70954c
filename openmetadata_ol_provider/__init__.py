"""Apache Airflow provider: OpenLineage events from Kafka, translated and published as lineage to OpenMetadata.

The classes are imported on first use: the DAG processor imports this module often, so importing it must be cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
    from openmetadata_ol_provider.operators.check import CheckOpenMetadataOperator
    from openmetadata_ol_provider.operators.consume import ConsumeOpenLineageOperator
    from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
    from openmetadata_ol_provider.operators.publish import PublishLineageOperator
    from openmetadata_ol_provider.operators.replay import ReplayDeadLettersOperator
    from openmetadata_ol_provider.operators.translate import TranslateOpenLineageOperator
    from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
    from openmetadata_ol_provider.sensors.openmetadata import (
        OpenMetadataFreshnessSensor,
        OpenMetadataTestResultSensor,
    )
    from openmetadata_ol_provider.triggers.openlineage import OpenLineageActivityTrigger, OpenLineageTrigger
    from openmetadata_ol_provider.triggers.openmetadata import OpenMetadataGateTrigger

#: Version of the installed package, read on first use.
__version__: str

__all__ = [
    "CheckOpenMetadataOperator",
    "ConsumeOpenLineageOperator",
    "IngestOpenLineageOperator",
    "OpenLineageActivityTrigger",
    "OpenLineageKafkaHook",
    "OpenLineageSensor",
    "OpenLineageTrigger",
    "OpenMetadataFreshnessSensor",
    "OpenMetadataGateTrigger",
    "OpenMetadataHook",
    "OpenMetadataTestResultSensor",
    "PublishLineageOperator",
    "ReplayDeadLettersOperator",
    "TranslateOpenLineageOperator",
]

_MODULES = {
    "CheckOpenMetadataOperator": "operators.check",
    "ConsumeOpenLineageOperator": "operators.consume",
    "IngestOpenLineageOperator": "operators.ingest",
    "OpenLineageActivityTrigger": "triggers.openlineage",
    "OpenLineageKafkaHook": "hooks.kafka",
    "OpenLineageSensor": "sensors.openlineage",
    "OpenLineageTrigger": "triggers.openlineage",
    "OpenMetadataFreshnessSensor": "sensors.openmetadata",
    "OpenMetadataGateTrigger": "triggers.openmetadata",
    "OpenMetadataHook": "hooks.openmetadata",
    "OpenMetadataTestResultSensor": "sensors.openmetadata",
    "PublishLineageOperator": "operators.publish",
    "ReplayDeadLettersOperator": "operators.replay",
    "TranslateOpenLineageOperator": "operators.translate",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("openmetadata-ol-provider")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
