"""What contents refer to: brands, accounts, media, channels; and the keys that open the API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from munadi.client.shapes import Json, Page
from munadi.client.transport import Transport


class Group:
    """Calls of one kind, over one transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _get(self, path: str, **params: str | int | None) -> Json:
        return cast(Json, self._transport.get(path, params))

    def _post(self, path: str, body: Json | None = None) -> Json:
        return cast(Json, self._transport.post(path, body))

    def _page(self, path: str, **params: str | int | None) -> Page:
        return cast(Page, self._transport.get(path, params))


class Brands(Group):
    """`munadi.brands`."""

    def create(self, ref: str, name: str | None = None, timezone: str | None = None) -> Json:
        """A new brand; `timezone` is for display and calendars."""
        given = {"ref": ref, "name": name, "timezone": timezone}
        return self._post("/v1/brands", {key: value for key, value in given.items() if value is not None})

    def list(self, limit: int | None = None, cursor: str | None = None) -> Page:
        """A page of brands."""
        return self._page("/v1/brands", limit=limit, cursor=cursor)


class Accounts(Group):
    """`munadi.accounts`."""

    def create(self, brand_ref: str, account: Json) -> Json:
        """Import an account by its credentials; the API verifies them before it stores them."""
        return self._post(f"/v1/brands/{brand_ref}/accounts", account)

    def list(self, brand_ref: str | None = None, limit: int | None = None, cursor: str | None = None) -> Page:
        """A page of accounts with their health."""
        return self._page("/v1/accounts", brandRef=brand_ref, limit=limit, cursor=cursor)

    def get(self, account_id: str) -> Json:
        """An account with its health."""
        return self._get(f"/v1/accounts/{account_id}")

    def check(self, account_id: str) -> Json:
        """Ask the network now whether the account is usable."""
        return self._post(f"/v1/accounts/{account_id}/check")

    def connect(self, brand_ref: str, asked: Json) -> Json:
        """A link for the profile's owner, `connectUrl`; follow its `id` with `connection`."""
        return self._post(f"/v1/brands/{brand_ref}/accounts/connect", asked)

    def reconnect(self, account_id: str, asked: Json) -> Json:
        """The same for an account that there is: only its own profile is taken."""
        return self._post(f"/v1/accounts/{account_id}/reconnect", asked)

    def connection(self, connection_id: str) -> Json:
        """How far connecting is: choices, accounts, or why it failed."""
        return self._get(f"/v1/connections/{connection_id}")

    def select(self, connection_id: str, external_ids: Sequence[str]) -> Json:
        """Choose among `choices`."""
        return self._post(f"/v1/connections/{connection_id}/select", {"externalIds": list(external_ids)})

    def disconnect(self, account_id: str) -> None:
        """Forget its credentials; what is still queued there fails with ACCOUNT_DISCONNECTED."""
        self._transport.send("DELETE", f"/v1/accounts/{account_id}")


class MediaFiles(Group):
    """`munadi.media`."""

    def upload(self, brand_ref: str, file: Path) -> Json:
        """Store a local file; the answer has its `id` and what was probed."""
        return cast(Json, self._transport.upload("/v1/media", file, {"brandRef": brand_ref}))

    def get(self, media_id: str) -> Json:
        """The probed facts of a file."""
        return self._get(f"/v1/media/{media_id}")


class Channels(Group):
    """`munadi.channels`."""

    def list(self) -> Page:
        """Every channel with its limits."""
        return self._page("/v1/channels")

    def get(self, channel: str) -> Json:
        """One channel: limits, media rules, the JSON Schema of its options, sources."""
        return self._get(f"/v1/channels/{channel}")


class Keys(Group):
    """`munadi.keys`."""

    def create(
        self, name: str, scopes: list[str], *, brand_ref: str | None = None, expires_at: str | None = None
    ) -> Json:
        """A new key; its text is in the answer and never shown again."""
        given = {"name": name, "scopes": scopes, "brandRef": brand_ref, "expiresAt": expires_at}
        return self._post("/v1/keys", {key: value for key, value in given.items() if value is not None})

    def list(self, limit: int | None = None, cursor: str | None = None) -> Page:
        """A page of keys, without their texts."""
        return self._page("/v1/keys", limit=limit, cursor=cursor)

    def revoke(self, key_id: str) -> None:
        """The key opens nothing from now on."""
        self._transport.send("DELETE", f"/v1/keys/{key_id}")
