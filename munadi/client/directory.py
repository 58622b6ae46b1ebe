"""Brands, accounts, media, channels, API keys and the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from munadi.client.operations import Group, M, operation
from munadi.client.shapes import Json, Page
from munadi.client.steps import Call, Upload, given, post, segment


def nothing(answer: httpx.Response) -> None:
    """Reads an empty answer."""


class Brands(Group[M]):
    """`munadi.brands`."""

    @operation
    def create(
        self,
        ref: str,
        name: str | None = None,
        timezone: str | None = None,
        *,
        duplicates: str | None = None,
        unusable_accounts: str | None = None,
    ) -> Call[Json]:
        """A new brand; `timezone` is for display and calendars. `duplicates` (the same post within a day)
        and `unusable_accounts` (an account must be connected again): `warn` or `refuse`."""
        fields = {"duplicates": duplicates, "unusableAccounts": unusable_accounts}
        return post("/v1/brands", given(ref=ref, name=name, timezone=timezone, **fields))

    @operation
    def get(self, ref: str) -> Call[Json]:
        """A brand with its limits."""
        return Call("GET", f"/v1/brands/{segment(ref)}")

    @operation
    def update(self, ref: str, changes: Json) -> Call[Json]:
        """Change the fields that are given: name, timezone, limits, duplicates, unusableAccounts. None clears one."""
        return Call("PATCH", f"/v1/brands/{segment(ref)}", body=changes)

    @operation
    def list(self, limit: int | None = None, cursor: str | None = None) -> Call[Page]:
        """A page of brands."""
        return Call("GET", "/v1/brands", {"limit": limit, "cursor": cursor})


class Accounts(Group[M]):
    """`munadi.accounts`."""

    @operation
    def create(self, brand_ref: str, account: Json) -> Call[Json]:
        """Import an account by its credentials; the API verifies them before it stores them."""
        return post(f"/v1/brands/{segment(brand_ref)}/accounts", account)

    @operation
    def list(self, brand_ref: str | None = None, limit: int | None = None, cursor: str | None = None) -> Call[Page]:
        """A page of accounts with their health."""
        return Call("GET", "/v1/accounts", {"brandRef": brand_ref, "limit": limit, "cursor": cursor})

    @operation
    def get(self, account_id: str) -> Call[Json]:
        """An account with its health."""
        return Call("GET", f"/v1/accounts/{segment(account_id)}")

    @operation
    def check(self, account_id: str) -> Call[Json]:
        """Check the account at its network now."""
        return post(f"/v1/accounts/{segment(account_id)}/check")

    @operation
    def connect(self, brand_ref: str, request: Json) -> Call[Json]:
        """A link for the profile's owner, `connectUrl`; follow its `id` with `connection`."""
        return post(f"/v1/brands/{segment(brand_ref)}/accounts/connect", request)

    @operation
    def reconnect(self, account_id: str, request: Json) -> Call[Json]:
        """A link that renews an existing account's consent; only its own profile is accepted."""
        return post(f"/v1/accounts/{segment(account_id)}/reconnect", request)

    @operation
    def connection(self, connection_id: str) -> Call[Json]:
        """The state of a connection: choices, accounts, or why it failed."""
        return Call("GET", f"/v1/connections/{segment(connection_id)}")

    @operation
    def select(self, connection_id: str, external_ids: Sequence[str]) -> Call[Json]:
        """Choose among `choices`."""
        return post(f"/v1/connections/{segment(connection_id)}/select", {"externalIds": [*external_ids]})

    @operation
    def disconnect(self, account_id: str) -> Call[None]:
        """Delete its credentials; posts queued for it fail with ACCOUNT_DISCONNECTED."""
        return Call("DELETE", f"/v1/accounts/{segment(account_id)}", read=nothing)


class MediaFiles(Group[M]):
    """`munadi.media`."""

    @operation
    def upload(self, brand_ref: str, file: Path, on_bytes: Callable[[int], None] | None = None) -> Call[Json]:
        """Store a local file; the answer has its `id` and what was probed.

        `on_bytes` gets the number of bytes sent so far; it starts at 0 again if the upload is repeated.
        """
        return Call("POST", "/v1/media", fields={"brandRef": brand_ref}, upload=Upload(file, on_bytes))

    @operation
    def list(self, brand_ref: str | None = None, limit: int | None = None, cursor: str | None = None) -> Call[Page]:
        """A page of files with their probed facts, the newest first."""
        return Call("GET", "/v1/media", {"brandRef": brand_ref, "limit": limit, "cursor": cursor})

    @operation
    def get(self, media_id: str) -> Call[Json]:
        """The probed facts of a file."""
        return Call("GET", f"/v1/media/{segment(media_id)}")

    @operation
    def delete(self, media_id: str) -> Call[None]:
        """Delete a file; ProblemError 409 MEDIA_IN_USE while a post or draft needs it."""
        return Call("DELETE", f"/v1/media/{segment(media_id)}", read=nothing)


class Channels(Group[M]):
    """`munadi.channels`."""

    @operation
    def list(self) -> Call[Page]:
        """Every channel with its limits."""
        return Call("GET", "/v1/channels")

    @operation
    def get(self, channel: str) -> Call[Json]:
        """One channel: limits, media rules, the JSON Schema of its options, sources."""
        return Call("GET", f"/v1/channels/{segment(channel)}")


class Keys(Group[M]):
    """`munadi.keys`."""

    @operation
    def create(
        self, name: str, scopes: Sequence[str], *, brand_ref: str | None = None, expires_at: str | None = None
    ) -> Call[Json]:
        """Create a key; its secret is only in this answer."""
        return post("/v1/keys", given(name=name, scopes=[*scopes], brandRef=brand_ref, expiresAt=expires_at))

    @operation
    def me(self) -> Call[Json]:
        """The key that this client uses: scopes, brand, expiry. Any key may read itself."""
        return Call("GET", "/v1/keys/me")

    @operation
    def list(self, limit: int | None = None, cursor: str | None = None) -> Call[Page]:
        """A page of keys, without their secrets."""
        return Call("GET", "/v1/keys", {"limit": limit, "cursor": cursor})

    @operation
    def revoke(self, key_id: str) -> Call[None]:
        """Revoke the key at once."""
        return Call("DELETE", f"/v1/keys/{segment(key_id)}", read=nothing)


class Audit(Group[M]):
    """`munadi.audit`."""

    @operation
    def list(
        self,
        *,
        action: str | None = None,
        key_id: str | None = None,
        target: str | None = None,
        since: str | None = None,
        until: str | None = None,
        brand_ref: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page]:
        """A page of the audit log, the newest entry first; times are ISO 8601."""
        request = {"action": action, "keyId": key_id, "target": target, "since": since, "until": until}
        return Call("GET", "/v1/audit", {**request, "brandRef": brand_ref, "limit": limit, "cursor": cursor})
