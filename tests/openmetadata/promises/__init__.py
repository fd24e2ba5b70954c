"""What users of other systems report, row by row: what is in the catalogue in the end."""
