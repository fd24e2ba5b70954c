"""Publishes runs: statuses and task usage of pipelines."""
