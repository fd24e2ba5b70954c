"""Publishes rows written by runs, and metrics that runs have measured, as profiles of tables."""
