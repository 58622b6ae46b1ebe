"""How a request becomes publications."""
