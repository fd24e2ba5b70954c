"""Datasets that are created for want of the real thing."""
