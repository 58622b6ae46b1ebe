"""Erases brands and accounts: the requests for it, and the steps that a worker takes until nothing is left."""
