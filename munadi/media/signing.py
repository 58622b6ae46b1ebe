"""Signed URLs that networks fetch media from: a URL gives access to one file until it expires."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from munadi.media.store import is_digest

_TOKEN = re.compile(r"([0-9]{1,11})-([A-Za-z0-9_-]{43})")
_FILENAME_LIMIT = 100


def sign_url(base_url: str, digest: str, filename: str, expires_at: datetime, key: bytes) -> str:
    """`<base>/media/<sha256>/<expires>-<signature>/<filename>`, good until `expires_at` (aware, whole seconds).

    The name is reduced to ASCII letters, digits, dot, dash and underscore: Meta refuses anything else.
    Raises ValueError for a malformed digest or a naive time.
    """
    if not is_digest(digest) or expires_at.tzinfo is None:
        raise ValueError("a signed URL needs a SHA-256 in lower-case hex and an aware time")
    name = ascii_filename(filename)
    expires = str(int(expires_at.timestamp()))
    return f"{base_url.rstrip('/')}/media/{digest}/{expires}-{_signature(digest, expires, name, key)}/{name}"


def verify_url(digest: str, token: str, filename: str, keys: Sequence[bytes], *, now: datetime | None = None) -> bool:
    """Whether one of `keys` signed this path (its three last segments) and it has not expired."""
    match = _TOKEN.fullmatch(token)
    if not match or not is_digest(digest) or not filename.isascii():
        return False
    expires, given = match.groups()
    good = [hmac.compare_digest(_signature(digest, expires, filename, key), given) for key in keys]
    return any(good) and int(expires) > (now or datetime.now(UTC)).timestamp()


def ascii_filename(filename: str) -> str:
    """A name that any network accepts; the extension is kept, an unusable stem becomes `media`."""
    stem, dot, extension = filename.replace("\\", "/").rpartition("/")[2].rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:_FILENAME_LIMIT] or "media"
    extension = re.sub(r"[^A-Za-z0-9]+", "", extension)[:10].lower()
    return f"{stem}.{extension}" if extension else stem


def _signature(digest: str, expires: str, filename: str, key: bytes) -> str:
    signed = f"{digest}/{expires}/{filename}".encode("ascii")
    return base64.urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii").rstrip("=")
