"""`munadi webhooks`: endpoints, deliveries, and a receiver to try them with."""

from __future__ import annotations

from munadi.cli.webhooks import changes, endpoints, receiving, recovering
from munadi.cli.webhooks.endpoints import app

__all__ = ["app", "changes", "endpoints", "receiving", "recovering"]
