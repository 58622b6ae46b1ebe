"""Reads and checks requests: strict parsing, account and media resolution, and all rules at once. Writes nothing."""
