"""Webhooks to subscribers: the signature, one HTTP request, the schedule of retries."""
