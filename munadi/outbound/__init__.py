"""Requests to addresses that a user can influence, for media, webhooks and channels: only public ones are called."""
