"""Pipelines, the statuses of their runs, usage and queries."""
