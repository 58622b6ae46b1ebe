"""Adapters: one folder per network, one line in `registry`. A channel knows its network and nothing else of Munadi."""
