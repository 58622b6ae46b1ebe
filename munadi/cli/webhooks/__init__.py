"""`munadi webhooks`: endpoints, deliveries, and a receiver to try them with."""

from __future__ import annotations

# Always in this order, in which their commands are listed.
from munadi.cli.webhooks import endpoints, receiving, recovering
from munadi.cli.webhooks.endpoints import app

__all__ = ["app", "endpoints", "receiving", "recovering"]
