"""Channels: each alone, then all under one contract, then over real servers."""
