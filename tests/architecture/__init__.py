"""The rules of the architecture, as tests. Each failure says what to do."""
