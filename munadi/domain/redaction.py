"""Masks what looks like a secret, before text is logged or stored."""

from __future__ import annotations

import re

MAX_KEPT = 4_000

# `upload_id` and `upload_token` are in the addresses of uploads: who has one needs no token to send bytes there.
# A field named `code` is a secret only when it is long: Graph errors carry a short one that a person needs.
_SECRET = re.compile(
    r"""(?ix)
      ( ["']?\b(?:access_?token|refresh_?token|accessJwt|refreshJwt|password|client_?secret|secret
        |upload_?token|(?:x-guploader-)?upload_?id)["']?
        \s*[=:]\s*["']? )
        [^"'&\s,}]+
    | ( ["']?\bcode["']?\s*[=:]\s*["']? ) [\w%.~#/+-]{20,}
    | ( \b(?:bearer|dpop|oauth)\s+ ) [\w.~+/=-]{12,}
    | ( (?<![\w-]) )(?=[\w-]*\beyJ)[\w-]+\.[\w-]+\.[\w-]*  # tried once per word, so in linear time
    | ( \b(?:EAA|IG[A-Z]{2}) )[\w-]{20,}
    | ( \b(?:mnd|mnr|whsec|whsk)_ )[\w+/=-]{6,}
    | ( (?<![\w-])(?:bot)?\d{6,12}: )[\w-]{30,}  # a bot's token, also as a part of an address
    """
)


def redact(text: str, *secrets: str, limit: int = MAX_KEPT) -> str:
    """`text` without the given secrets or anything that looks like one, bounded to `limit` characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _SECRET.sub(lambda match: (match.group(match.lastindex or 0) or "") + "***", text)[:limit]
