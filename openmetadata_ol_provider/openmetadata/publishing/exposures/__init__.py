"""Publishes dbt exposures: edges from a model to the dashboard that uses it."""
