"""Imports of many posts from a file: read, stored row by row, and then accepted like any other post."""
