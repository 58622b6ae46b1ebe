"""Run a whole Munadi as real processes, disturb it, and read what the networks received.

A test starts a `Stack`, creates a `Brand`, submits posts, stops or kills processes by their id, and judges by the
network's own list of posts and calls (`networks`) and by a webhook receiver (`Inbox`).
"""
