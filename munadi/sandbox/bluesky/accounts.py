"""Accounts of the emulated Bluesky: the seeded one, their passwords, and which of them may act."""

from __future__ import annotations

import secrets

from munadi.sandbox.bluesky.errors import refuse_if
from munadi.sandbox.bluesky.model import Account

DEFAULT = Account(
    "did:plc:munadisandboxdefaultprof",
    "munadi.bsky.test",
    email="munadi@bsky.test",
    password="sand-box2-app3-pass",  # published on purpose: it opens nothing real
)
HANDLE_DOMAIN = "bsky.test"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
STATUSES = {"active", "takendown", "suspended", "deactivated"}
TAKEN_DOWN = ("takendown", "suspended")


def new_did() -> str:
    return "did:plc:" + "".join(secrets.choice(BASE32) for _ in range(24))


def app_password() -> str:
    """`xxxx-xxxx-xxxx-xxxx`, the form of a real one."""
    return "-".join("".join(secrets.choice(BASE32) for _ in range(4)) for _ in range(4))


def require_usable(account: Account, *, deactivated_too: bool = True) -> None:
    refuse_if(account.status in TAKEN_DOWN, "AccountTakedown")
    refuse_if(deactivated_too and account.status == "deactivated", "AccountDeactivated")
