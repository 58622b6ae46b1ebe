"""Munadi. The client's wheel has this package without the server's parts (pyproject.toml)."""

__version__ = "0.2.0"
