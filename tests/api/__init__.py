"""The API, in process, as a client sees it."""
