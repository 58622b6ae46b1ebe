"""Fills a database with many posts and measures the statements that must not become slower with them."""
