"""The API process: HTTP over the library."""
