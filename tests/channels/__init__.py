"""Channels: each alone, all under one contract, and over real servers."""
