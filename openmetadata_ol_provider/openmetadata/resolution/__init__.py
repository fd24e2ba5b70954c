"""Resolves datasets of a plan to entities of the catalogue."""
