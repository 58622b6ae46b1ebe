"""Encrypts secrets in rows, and rotates the encryption keys."""
