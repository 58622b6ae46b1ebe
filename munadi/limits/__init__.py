"""Limits per address and per key, counted in memory."""
