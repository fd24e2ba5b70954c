"""Draws lineage as one self-contained HTML page: datasets as cards, jobs on the edges, columns on demand."""
