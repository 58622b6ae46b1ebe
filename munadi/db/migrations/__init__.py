"""Revisions of the database, forward only. `scripts/new_migration.py` writes the next one."""
