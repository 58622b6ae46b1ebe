"""Reads what networks report by themselves: that an owner removed the app, or wants their data deleted.

Such a request has no API key. It is signed with the app's secret, and is worth nothing without that: every function
here returns None for what is not signed, or cannot be read. Sources: docs/networks/facebook.md, section 2, and
docs/networks/tiktok.md, section 3.5.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.domain.channel import ChannelName

# The settings with which each network signs. Instagram has an app of its own, and the Meta app for the other log-in.
META: Mapping[ChannelName, tuple[str, ...]] = {
    ChannelName.FACEBOOK: ("client_secret",),
    ChannelName.INSTAGRAM: ("client_secret", "fb_client_secret"),
    ChannelName.THREADS: ("client_secret",),
}
LONGEST = 10_000
LONGEST_ID = 200
# TikTok repeats what was not answered for 72 hours, and signs each try anew or not: nothing says so.
LATEST = timedelta(hours=73)
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class Report:
    """Whom a network reports about, by its own id of them; when it says so; and a mark of this very request."""

    user_id: str
    at: datetime
    mark: str


def secrets_of(settings: Mapping[str, Mapping[str, Any]], channel: ChannelName) -> list[str]:
    """The secrets with which a network may sign here; none where no app is set up."""
    given = settings.get(channel.value, {})
    names = META.get(channel, ("client_secret",))
    return [str(given[name]) for name in names if given.get(name)]


def read_signed_request(text: str, secrets: Sequence[str], now: datetime) -> Report | None:
    """What Meta's `signed_request` reports: `<signature>.<payload>` in base64url, HMAC-SHA256 over the payload as
    it was sent."""
    signature, _, payload = text.partition(".")
    sent = _decoded(signature) if len(text) <= LONGEST else None
    if sent is None or not _is_signed(payload.encode("latin-1", "replace"), sent, secrets):
        return None
    body = _object(_decoded(payload))
    if body is None or str(body.get("algorithm", "")).upper() != "HMAC-SHA256":
        return None
    return _report(body.get("user_id"), body.get("issued_at"), sent, now)


def read_removal(body: bytes, header: str, secrets: Sequence[str], client_key: str, now: datetime) -> Report | None:
    """What TikTok's webhook `authorization.removed` reports, by the header `TikTok-Signature: t=…,s=…`: HMAC-SHA256
    over the time, a dot and the body. An authentic report of anything else has an empty user_id."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    moment, signature = parts.get("t", ""), parts.get("s", "")
    try:
        sent, at = bytes.fromhex(signature), datetime.fromtimestamp(int(moment), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if not _is_signed(moment.encode() + b"." + body, sent, secrets) or not now - LATEST <= at <= now + AHEAD:
        return None
    event = _object(body)
    if event is None or (client_key and event.get("client_key") != client_key):
        return None
    if event.get("event") != "authorization.removed":
        return Report("", at, "")
    return _report(event.get("user_openid"), event.get("create_time"), sent, now)


def _is_signed(message: bytes, signature: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets gives this signature. All are compared, so that it takes as long for a wrong one."""
    expected = (hmac.digest(secret.encode(), message, hashlib.sha256) for secret in secrets)
    return sum(hmac.compare_digest(each, signature) for each in expected) > 0


def _report(user_id: Any, at: Any, signature: bytes, now: datetime) -> Report | None:
    user = str(user_id) if isinstance(user_id, str | int) and not isinstance(user_id, bool) else ""
    if not user or len(user) > LONGEST_ID:
        return None
    mark = hashlib.sha256(b"munadi report " + signature).hexdigest()[:32]
    try:
        issued = now if at is None else min(datetime.fromtimestamp(int(at), UTC), now)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return Report(user, issued, mark)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _object(content: bytes | None) -> Mapping[str, Any] | None:
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
