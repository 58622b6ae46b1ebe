"""Brands, their limits and what they use."""
