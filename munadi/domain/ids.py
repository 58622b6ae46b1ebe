"""TypeIDs: prefixed, K-sortable ids (UUIDv7 in base 32). The prefix is the kind of object."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_TYPE_ID = re.compile(r"([a-z]{3})_([0-7][0-9a-hjkmnp-tv-z]{25})")
# Bluesky-style TID alphabet: the order of the characters is the order of the values.
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Prefix(StrEnum):
    """Every kind of id there is."""

    ACCOUNT = "acc"
    MEDIA = "med"
    CONTENT = "cnt"
    PUBLICATION = "pub"
    ATTEMPT = "att"
    EVENT = "evt"
    ENDPOINT = "whe"
    DELIVERY = "dlv"
    KEY = "key"
    REQUEST = "req"
    DISCARD = "dsc"
    CONNECTION = "con"
    AUDIT = "aud"
    SESSION = "ses"
    RECOVERY = "rec"
    CALENDAR_FEED = "cal"
    SAVED_DRAFT = "drf"
    ERASURE = "ers"
    ALERT = "alr"
    APP = "app"
    REVIEW_LINK = "rvl"
    SLOT = "slt"
    BRANDING = "bdg"
    IMPORT = "imp"
    SERIES = "ser"


def is_id(value: str, prefix: Prefix) -> bool:
    """Whether `value` is well formed and of that kind."""
    match = _TYPE_ID.fullmatch(value)
    return match is not None and match.group(1) == prefix.value


def posts_queue(task_queue: str) -> str:
    """The task queue of posts. Workflows of accounts have the configured one."""
    return f"{task_queue}-posts"


def workflow_id(content_id: str) -> str:
    """The Temporal workflow id of a post; `content_id_of` is its inverse."""
    return f"content/{content_id}"


def content_id_of(workflow_id_: str) -> str:
    """The content a workflow id names; ValueError when it names none."""
    kind, _, content_id = workflow_id_.partition("/")
    if kind != "content" or not is_id(content_id, Prefix.CONTENT):
        raise ValueError(f"{workflow_id_!r} is not the id of a content's workflow (content/cnt_…)")
    return content_id


def account_workflow_id(account_id: str) -> str:
    """The Temporal workflow id of an account; `account_id_of` is its inverse."""
    return f"account/{account_id}"


def account_id_of(workflow_id_: str) -> str:
    """The account a workflow id names; ValueError when it names none."""
    kind, _, account_id = workflow_id_.partition("/")
    if kind != "account" or not is_id(account_id, Prefix.ACCOUNT):
        raise ValueError(f"{workflow_id_!r} is not the workflow id of an account (account/acc_…)")
    return account_id


def time_ordered_key(seed: str, at: datetime) -> str:
    """A 13-character TID derived from an instant and a seed: the same inputs always give the same key.

    64 bits, big-endian: one 0 bit, 53 bits of microseconds since the epoch, 10 bits of clock id (here a hash
    of `seed`), in base32-sortable. Source: atproto.com/specs/tid.
    """
    micros = (at - _EPOCH) // timedelta(microseconds=1) & ((1 << 53) - 1)
    clock_id = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:2], "big") & 0x3FF
    value = (micros << 10) | clock_id
    return "".join(_TID_ALPHABET[(value >> shift) & 31] for shift in range(60, -1, -5))
