"""Finds and removes lineage and pipelines of this provider that today's rules would not make."""
