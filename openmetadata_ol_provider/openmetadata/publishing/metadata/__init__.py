"""Descriptions, owners, tags and lifecycle of what is in the catalogue."""
