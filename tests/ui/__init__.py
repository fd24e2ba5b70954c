"""The page in a real browser, against a real API server: ``make test-ui``."""
