"""Publishes the results of tests, and the test cases and test definitions that they need."""
