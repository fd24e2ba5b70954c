"""Publish descriptions, owners, tags and deletions."""
