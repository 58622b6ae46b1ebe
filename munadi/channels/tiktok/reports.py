"""TikTok's webhook `authorization.removed`. Source: docs/networks/tiktok.md, section 3.5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from munadi.channels.callbacks import Report, Signed, object_in, report_of

# TikTok repeats what was not answered for 72 hours, and signs each try anew or not: nothing says so.
LATEST = timedelta(hours=73)
AHEAD = timedelta(minutes=5)


def read_removal(sent: Signed, secrets: Sequence[str], now: datetime) -> Report | None:
    """By the header `TikTok-Signature: t=…,s=…`: HMAC-SHA256 over the time, a dot and the body."""
    parts = dict(part.strip().partition("=")[::2] for part in sent.header.split(","))
    moment = parts.get("t", "")
    try:
        signature, at = bytes.fromhex(parts.get("s", "")), datetime.fromtimestamp(int(moment), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    secret = sent.signed_by(moment.encode() + b"." + sent.text, signature, secrets)
    event = object_in(sent.text)
    if secret is None or event is None or not now - LATEST <= at <= now + AHEAD:
        return None
    client_key = str(sent.settings.get("client_id", ""))
    if client_key and event.get("client_key") != client_key:
        return None
    if event.get("event") != "authorization.removed":
        return Report("", at, "", secret)
    return report_of(event.get("user_openid"), event.get("create_time"), signature, secret, now)
