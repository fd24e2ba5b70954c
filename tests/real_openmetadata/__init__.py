"""Laws that only a real OpenMetadata can prove: ``make test-openmetadata``. See docs/contract.md."""
