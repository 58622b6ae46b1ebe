"""Deterministic. Pure meaning comes in from `munadi.domain`; the world is touched by activities only."""
