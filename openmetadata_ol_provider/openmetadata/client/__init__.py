"""The HTTP side: a client that retries, paces itself and tells what answers mean."""
