"""Tests of the OpenMetadata side, against the stand-in over HTTP."""
