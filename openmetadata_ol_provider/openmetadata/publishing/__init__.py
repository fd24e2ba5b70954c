"""Publishes a plan to the catalogue, stage by stage."""
