"""Regular expressions of users, matched in time proportional to the text."""
