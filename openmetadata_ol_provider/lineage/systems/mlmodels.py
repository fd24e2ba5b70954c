"""Machine-learning models in a registry.

Source: not in the specification; ``mlflow://host`` + the registered model, Amazon's ARNs, Google's projects. A version
or a stage after the name (``models:/churn/3``, ``churn@champion``) tells nothing that a catalogue has apart.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, asset

SYSTEM = System(
    title="ML models: MLflow, SageMaker, Vertex AI",
    kind="mlmodel",
    schemes={"mlflow": 5000, "sagemaker": None, "vertexai": None},
    aliases={"aiplatform": "vertexai", "vertex-ai": "vertexai"},
    namespaces="`mlflow://host:port`, `arn:aws:sagemaker:region:account`, `vertexai://project`",
    names="the model, with or without its version",
    read=asset("mlmodel"),
)
