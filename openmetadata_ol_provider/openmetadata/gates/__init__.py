"""Looks at a table in OpenMetadata: whether it was written lately, and whether its tests have passed."""
