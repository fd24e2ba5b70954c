"""The configuration document: one model, validated when it is loaded."""

from __future__ import annotations

from openmetadata_ol_provider.config.loader import VARIABLE_PREFIX, load_config
from openmetadata_ol_provider.config.model import (
    Config,
    DatasetOptions,
    LedgerOptions,
    LineageOptions,
    NamespaceRule,
    ParkingOptions,
    PipelineOptions,
    RenameRule,
    ResolutionOptions,
    WriteOptions,
    WritePolicy,
    strip_slashes,
)

__all__ = [
    "VARIABLE_PREFIX",
    "Config",
    "DatasetOptions",
    "LedgerOptions",
    "LineageOptions",
    "NamespaceRule",
    "ParkingOptions",
    "PipelineOptions",
    "RenameRule",
    "ResolutionOptions",
    "WriteOptions",
    "WritePolicy",
    "load_config",
    "strip_slashes",
]
