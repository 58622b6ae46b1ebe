"""Hostile input of every kind: bodies, answers of servers, texts. `tests/attacks` uses it against whole stacks."""
