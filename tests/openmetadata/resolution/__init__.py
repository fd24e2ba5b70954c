"""Tests of resolving datasets to entities, against the stand-in over HTTP."""
