"""The rules of the house, as tests. Each failure says what to do."""
