"""Tests of the REST client, over HTTP on the loopback interface."""
