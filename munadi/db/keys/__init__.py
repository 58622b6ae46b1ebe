"""API keys, dashboard sessions, and the number of calls they made."""
