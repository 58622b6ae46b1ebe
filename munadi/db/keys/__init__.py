"""Who may call: API keys, dashboard sessions, and how many calls they made."""
