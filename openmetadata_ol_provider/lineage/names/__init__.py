"""Names of datasets: namespaces, identifiers and the normalised identity that all of them lead to."""
