"""Secrets in rows, and the rotation of the keys that seal them."""
