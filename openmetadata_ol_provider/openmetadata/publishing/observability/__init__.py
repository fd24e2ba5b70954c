"""Publishes pipeline observability: for each table and pipeline the newest run that wrote the table."""
