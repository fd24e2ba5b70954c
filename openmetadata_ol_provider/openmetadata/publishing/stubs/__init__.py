"""Publishes stubs: datasets created because the catalogue does not have them."""
