"""The rows of the emulated Pinterest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from munadi.sandbox import model

SCOPES = ["user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write"]
SECRET = [f"{what}:{act}_secret" for what in ("boards", "pins") for act in ("read", "write")]


@dataclass
class Account(model.Account):
    site = "https://www.pinterest.com/{0.username}/"


@dataclass
class Board:
    id: str
    profile_id: str
    name: str
    privacy: str = "PUBLIC"


@dataclass
class Section:
    id: str
    board_id: str
    profile_id: str
    name: str


@dataclass
class Medium:
    """A video. `policy` must come with its upload; `digest` is known once its file is there."""

    id: str
    profile_id: str
    policy: str
    digest: str | None = None
    ready_at: float = 0.0
    problem: str = ""


@dataclass
class Pin:
    id: str
    profile_id: str
    board_id: str
    section_id: str | None
    created_at: float
    received_at: float  # real time
    media_type: str
    digests: list[str] = field(default_factory=list)
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""
    dominant_color: str = ""
    cover_time: int | None = None


def board_of(profile_id: str) -> str:
    """The id of the board that every profile begins with."""
    return str(int(profile_id) + 1)


def zoneless(seconds: float) -> str:
    """`2022-10-13T01:40:29`: UTC, which Pinterest does not say."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
