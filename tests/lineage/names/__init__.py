"""Tests of the parts of dataset names."""
