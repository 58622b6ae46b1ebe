"""Hostile input of every kind: bodies, answers of servers, texts. `tools/attacks` uses it against whole stacks."""
