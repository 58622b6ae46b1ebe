"""The rows of the emulated X, and how its ids and lengths are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model

EPOCH = 1_288_834_974_657  # of the ids, in milliseconds
SCOPES = ["tweet.read", "users.read", "tweet.write", "media.write", "offline.access"]
LONG = {"premium": 25_000}  # by a profile's status; 280 for others
KINDS = {"tweet_image": 3, "tweet_gif": 16}  # the first number of a media key
ADDRESS = re.compile(r"https?://[^\s<>]+")


@dataclass
class Account(model.Account):
    site = "https://x.com/{0.username}"


@dataclass
class Medium:
    """`parts` are received ones by their number; `digest` is known once it is finalized."""

    id: str
    profile_id: str
    category: str
    total: int
    opened_at: float  # the sandbox's clock
    digest: str | None = None
    ready_at: float = 0.0
    problem: str = ""
    alt: str = ""

    @property
    def key(self) -> str:
        return f"{KINDS.get(self.category, 7)}_{self.id}"


@dataclass
class Tweet:
    id: str
    profile_id: str
    text: str
    created_at: float
    received_at: float  # real time
    media: list[str] = field(default_factory=list)
    reply_to: str | None = None
    quoted: str | None = None
    settings: str | None = None
    poll: dict[str, Any] | None = None


def weight(text: str) -> int:
    """twitter-text: an address with its scheme is 23; clusters above U+10FF, such as emoji, count 2."""
    import regex  # at the first text: it takes 8 MB

    rest, addresses = ADDRESS.subn("", text)
    clusters = regex.findall(r"\X", rest)
    return 23 * addresses + sum(
        2 if any(ord(each) > 0x10FF and not 0x2000 <= ord(each) <= 0x2037 for each in one) else len(one)
        for one in clusters
    )
