"""Names of datasets: namespaces, identifiers, and the normalised identity made from them."""
