"""Tests of decoding events and assembling runs."""
