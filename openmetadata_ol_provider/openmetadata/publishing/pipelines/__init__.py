"""Publish pipelines and their services."""
