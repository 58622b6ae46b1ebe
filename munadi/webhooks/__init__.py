"""Webhooks to subscribers: the signature, one HTTP request, the schedule of retries.

What a receiver needs is exported here and imports nothing of the server: `verify`, its one exception, and `sign` for
tests of a receiver.
"""

from munadi.webhooks.signing import TOLERANCE, WebhookVerificationError, generate_secret, sign, verify

__all__ = ["TOLERANCE", "WebhookVerificationError", "generate_secret", "sign", "verify"]
