"""The bodies of requests: how they are parsed, and those that are not the domain's own models."""
