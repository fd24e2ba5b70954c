"""Tests of the connection check and the service registration, against the stand-in over HTTP."""
