"""The REST client: connections, retries, a limit that follows the server's load, and errors with remedies."""
