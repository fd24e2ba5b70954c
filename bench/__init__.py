"""Benchmarks: see ``make bench``."""
