"""Masking what looks like a secret, before text is logged or kept."""

from __future__ import annotations

import re

_NAMED = re.compile(
    r"""(?ix) (["']?\b(?:access_?token|refresh_?token|accessJwt|refreshJwt|password|client_?secret|code|secret)\b["']?
    \s*[=:]\s*["']?) [^"'&\s,}]+"""
)
_BEARER = re.compile(r"(?i)\b(bearer|dpop|oauth)\s+[\w.~+/=-]{8,}")
_OURS = re.compile(r"\b(mnd_|whsec_)[\w+/=-]{6,}")


def redact(text: str, *secrets: str, limit: int = 4_000) -> str:
    """`text` without the given secrets or anything that looks like one, bounded to `limit` characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = _NAMED.sub(r"\1***", text)
    text = _BEARER.sub(r"\1 ***", text)
    return _OURS.sub(r"\1***", text)[:limit]
