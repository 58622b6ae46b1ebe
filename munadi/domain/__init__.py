"""The domain: types and pure rules, without I/O or a clock. Imports only the standard library and pydantic."""
