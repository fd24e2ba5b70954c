"""Publishes descriptions, owners, tags and deletions."""
