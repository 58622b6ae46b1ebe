"""Alerts for people, about what went wrong with a brand's posts, accounts and endpoints: where, and what to do."""
