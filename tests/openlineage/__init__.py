"""Tests of events as they arrive."""
