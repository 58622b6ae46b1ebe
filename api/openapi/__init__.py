"""The OpenAPI document: what the routes do not state, and its examples."""
