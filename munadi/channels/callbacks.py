"""What networks report of their own accord: an owner removed the app, or wants their data deleted.

Such a request has no API key. It is signed with the app's secret, and is worth nothing without that. Each network that
reports has a `REPORTS` in its `spec`; the registry collects them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LONGEST_ID = 200


@dataclass(frozen=True)
class Signed:
    """What came, with the network's settings: `text` as it was sent, and the header that has the signature, if one
    has it."""

    text: bytes
    header: str
    settings: Mapping[str, Any]

    def signed_by(self, message: bytes, signature: bytes, names: Sequence[str]) -> str | None:
        """The secret, of the settings with these names, that gives this HMAC-SHA256; None if none does. All are
        compared, so that it takes as long for a wrong one."""
        secrets = [str(self.settings[name]) for name in names if self.settings.get(name)]
        found = [
            secret
            for secret in secrets
            if hmac.compare_digest(hmac.digest(secret.encode(), message, hashlib.sha256), signature)
        ]
        return found[0] if found else None


@dataclass(frozen=True)
class Report:
    """Whom a network reports about, by its own id of them; when it says so; a mark of this very request; and the secret
    that signed it. An authentic report of something else has an empty user_id."""

    user_id: str
    at: datetime
    mark: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class ReportRule:
    """How a network reports. `secrets`: the settings that it may sign with. `read` returns None for what is not signed
    or cannot be read. `header`: where the signature of the body is; empty for a form with its field `field`."""

    secrets: tuple[str, ...]
    read: Callable[[Signed, Sequence[str], datetime], Report | None]
    field: str = ""
    header: str = ""


def report_of(user_id: Any, at: Any, signature: bytes, secret: str, now: datetime) -> Report | None:
    """A report about this person; None without a usable id or time."""
    user = str(user_id) if isinstance(user_id, str | int) and not isinstance(user_id, bool) else ""
    if not user or len(user) > LONGEST_ID:
        return None
    mark = hashlib.sha256(b"munadi report " + signature).hexdigest()[:32]
    try:
        issued = now if at is None else min(datetime.fromtimestamp(int(at), UTC), now)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return Report(user, issued, mark, secret)


def decoded(text: bytes) -> bytes | None:
    """The bytes of unpadded base64url; None for anything else."""
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def object_in(content: bytes | None) -> Mapping[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
