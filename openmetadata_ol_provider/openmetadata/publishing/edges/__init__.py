"""Edges between entities: merged with what is there, and taken back."""
