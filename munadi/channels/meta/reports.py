"""Meta's `signed_request`: an app was removed, or data shall be deleted. Source: docs/networks/facebook.md, 2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from munadi.channels.callbacks import Report, ReportRule, Signed, decoded, object_in, report_of

LONGEST = 10_000


def signed_requests(*secrets: str) -> ReportRule:
    """The rule of an app that signs with one of these settings."""
    return ReportRule(secrets, read_signed_request, field="signed_request")


def read_signed_request(sent: Signed, secrets: Sequence[str], now: datetime) -> Report | None:
    """`<signature>.<payload>` in base64url, HMAC-SHA256 over the payload as it was sent."""
    signature, _, payload = sent.text.partition(b".")
    found = decoded(signature) if len(sent.text) <= LONGEST else None
    secret = sent.signed_by(payload, found, secrets) if found is not None else None
    body = object_in(decoded(payload))
    if found is None or secret is None or body is None or str(body.get("algorithm", "")).upper() != "HMAC-SHA256":
        return None
    return report_of(body.get("user_id"), body.get("issued_at"), found, secret, now)
