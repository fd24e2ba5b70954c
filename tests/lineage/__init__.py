"""Tests of what events mean."""
