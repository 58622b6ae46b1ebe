"""Doors: requests of other programs' clients, translated into posts of ours, and our status in their words."""
