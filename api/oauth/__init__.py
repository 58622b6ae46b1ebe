"""Programs sign in by OAuth 2.1: the endpoints, on parts of the `mcp` package (decision 52)."""
