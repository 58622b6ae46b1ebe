"""Accounts: importing, connecting, checking and disconnecting profiles of networks."""
