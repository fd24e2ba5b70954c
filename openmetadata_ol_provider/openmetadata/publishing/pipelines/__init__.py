"""Publishes pipelines and their services."""
