"""Connecting, importing and checking accounts, and their tokens."""
