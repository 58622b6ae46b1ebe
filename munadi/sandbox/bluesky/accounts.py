"""Accounts of the emulated Bluesky, the seeded one among them."""

from __future__ import annotations

import re
import secrets

from munadi.sandbox.bluesky.model import Account
from munadi.sandbox.network import UnknownProfileError
from munadi.sandbox.storage import Store, Table

DEFAULT = Account(
    did="did:plc:munadisandboxdefaultprof",
    handle="munadi.bsky.test",
    email="munadi@bsky.test",
    password="sand-box2-app3-pass",  # published on purpose: nothing real is behind it
)
HANDLE_DOMAIN = "bsky.test"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
STATUSES = {"active", "takendown", "suspended", "deactivated"}


class Accounts:
    def __init__(self, store: Store) -> None:
        self._accounts: Table[Account] = Table(store, "bluesky_account", Account)

    def seed(self) -> None:
        if DEFAULT.did not in self._accounts:
            self.save(Account(DEFAULT.did, DEFAULT.handle, DEFAULT.email, DEFAULT.password))

    def create(self, name: str | None) -> Account:
        label = re.sub(r"[^a-z0-9]+", "-", (name or "").lower()).strip("-")[:18] or f"user-{secrets.token_hex(3)}"
        if self.find(f"{label}.{HANDLE_DOMAIN}"):
            label = f"{label}-{secrets.token_hex(3)}"
        did = "did:plc:" + "".join(secrets.choice(BASE32) for _ in range(24))
        return self.save(Account(did, f"{label}.{HANDLE_DOMAIN}", f"{label}@{HANDLE_DOMAIN}", app_password()))

    def save(self, account: Account) -> Account:
        return self._accounts.put(account.did, account)

    def find(self, identifier: str) -> Account | None:
        """By DID, handle or e-mail."""
        wanted = identifier.strip().lower().removeprefix("@")
        for account in self._accounts:
            if wanted in (account.did.lower(), account.handle, account.email):
                return account
        return None

    def of(self, did: str) -> Account:
        account = self._accounts.get(did)
        if account is None:
            raise UnknownProfileError(f"bluesky has no profile {did!r}")
        return account

    def listed(self) -> list[Account]:
        return list(self._accounts)

    def clear(self) -> None:
        self._accounts.clear()


def app_password() -> str:
    """`xxxx-xxxx-xxxx-xxxx`, the form of a real one."""
    return "-".join("".join(secrets.choice(BASE32) for _ in range(4)) for _ in range(4))
