"""API keys: what they may do, and how one is written.

`mnd_` + kind + `_` + 32 random characters + 6 of checksum. The kind shows the finder of a leaked key how far it
reaches; the checksum detects a typo without a read of the database.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Mapping
from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 32
_CHECKSUM_LENGTH = 6
_KEY = re.compile(r"mnd_(?:admin|brand|client|test|token)_[0-9A-Za-z]{38}")


class Scope(StrEnum):
    """What a key may do. `admin` includes all others; what else a scope includes is in `INCLUDED`."""

    CONTENTS_READ = "contents:read"
    DRAFTS_WRITE = "drafts:write"
    CONTENTS_PROPOSE = "contents:propose"
    CONTENTS_APPROVE = "contents:approve"
    CONTENTS_WRITE = "contents:write"
    CONTENTS_WITHDRAW = "contents:withdraw"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    BRANDS_WRITE = "brands:write"
    KEYS_WRITE = "keys:write"
    ADMIN = "admin"


# Who may publish may also propose, and who may propose may prepare. Approving and withdrawing are scopes of their own:
# a program that publishes shall not release what another one proposes.
INCLUDED: Mapping[Scope, frozenset[Scope]] = {
    Scope.ADMIN: frozenset(Scope),
    Scope.CONTENTS_WRITE: frozenset({Scope.CONTENTS_PROPOSE, Scope.DRAFTS_WRITE}),
    Scope.CONTENTS_PROPOSE: frozenset({Scope.DRAFTS_WRITE}),
}


# Who has one of these administers brands or keys, of live and test brands alike.
ADMINISTERING = frozenset({Scope.ADMIN, Scope.BRANDS_WRITE, Scope.KEYS_WRITE})


def allows(scopes: Collection[str], wanted: str) -> bool:
    """Whether a key with these scopes has the wanted one, by itself or included in another."""
    return wanted in scopes or any(wanted in INCLUDED[scope] for scope in INCLUDED if scope in scopes)


class KeyKind(StrEnum):
    """How far a key reaches: everything, one brand, test brands alone, or some scopes over several brands or all. A
    token opens the key of a program that signed in, for one brand and an hour."""

    ADMIN = "admin"
    BRAND = "brand"
    CLIENT = "client"
    TEST = "test"
    TOKEN = "token"


def kind_of(scopes: Collection[str], brand_ref: str | None) -> KeyKind:
    """The kind that the prefix of such a key names."""
    if brand_ref is not None:
        return KeyKind.BRAND
    return KeyKind.ADMIN if Scope.ADMIN in scopes else KeyKind.CLIENT


def write_key(kind: KeyKind, random_part: str) -> str:
    """The text of a key. `random_part` is 32 characters of ALPHABET."""
    body = f"mnd_{kind}_{random_part}"
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether `text` can be a key: the right shape, and its checksum agrees."""
    return _KEY.fullmatch(text) is not None and text[-_CHECKSUM_LENGTH:] == _checksum(text[:-_CHECKSUM_LENGTH])


def is_token(text: str) -> bool:
    """Whether a well-formed key is a token, which ends by itself and is renewed."""
    return text.startswith(f"mnd_{KeyKind.TOKEN}_")


def _checksum(body: str) -> str:
    """CRC-32 in base 62: 62^6 is more than 2^32, so six characters hold it."""
    value, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        value, digit = divmod(value, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
