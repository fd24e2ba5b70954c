"""Paths of pipelines, of their statuses and of their services in OpenMetadata's API."""

from __future__ import annotations

from typing import Final

from openmetadata_ol_provider.openmetadata.client.client import path

PIPELINES: Final = "v1/pipelines"
PIPELINE_SERVICES: Final = "v1/services/pipelineServices"


def path_by_name(fqn: str) -> str:
    """Return the path of a pipeline.

    :param fqn: FQN of the pipeline
    """
    return path(PIPELINES, "name", fqn)


def status_path(fqn: str) -> str:
    """Return the path of the statuses of a pipeline's runs.

    :param fqn: FQN of the pipeline
    """
    return path(PIPELINES, fqn, "status")
