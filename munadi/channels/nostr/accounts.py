"""Whose a key is, at which relays, and where its files go. Source: docs/networks/nostr.md, section 2.

A key is the account: it never ends, and nothing renews or revokes it. The relays are the one that was named, those of
the list that its owner published there (kind 10002), and those of a setting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.channel import Accounts
from munadi.channels.nostr.errors import failure
from munadi.channels.nostr.keys import npub, public_key, public_of, secret_of
from munadi.channels.nostr.relays import Relays
from munadi.channels.nostr.spec import MAX_RELAYS, MAX_SERVERS, Settings
from munadi.channels.nostr.wire import PROFILE, RELAY_LIST, SERVER_LIST
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport, Connection

MAX_ADDRESS = 300


class NostrAccounts(Accounts):
    """Keys, each with the relays of its owner."""

    def __init__(self, relays: Relays, settings: Settings) -> None:
        self._relays, self._settings = relays, settings

    async def verify(self, given: AccountImport) -> Connection:
        """Read the key's profile and its lists at the relay that is named. Raises ChannelError."""
        if given.access_token is None:
            raise failure(Reason.MISSING_FIELD, "give the secret key (nsec1…) as accessToken", Effect.REJECTED)
        secret = secret_of(given.access_token.get_secret_value())
        if secret is None:
            raise _wrong("secret_key", "a secret key is nsec1… or 64 hexadecimal digits", "/accessToken")
        public = public_key(secret)
        if given.external_id and public_of(given.external_id) != public:
            message = f"this key is that of {npub(public)}"
            rule = "credentials_of_external_id"
            raise _wrong(rule, message, "/externalId", limit=given.external_id, actual=public)
        if not given.service_url:
            message = "Nostr: give the address of one of the account's relays as serviceUrl"
            raise FieldRefused(Reason.MISSING_FIELD, Effect.REJECTED, message, pointer="/serviceUrl", rule="missing")
        relay = given.service_url
        query = {"authors": [public], "kinds": [PROFILE, RELAY_LIST, SERVER_LIST]}
        newest: dict[int, Mapping[str, Any]] = {}
        for event in await self._relays.read(relay, query, secret):
            known = newest.get(event["kind"])
            if event["pubkey"] == public and (known is None or known["created_at"] < event["created_at"]):
                newest[event["kind"]] = event
        facts: dict[str, Any] = {
            "relays": self._listed(newest.get(RELAY_LIST), relay),
            "servers": self._servers(newest.get(SERVER_LIST)),
        }
        if longest := await self._longest(relay):
            facts["longest"] = longest
        about = _about(newest.get(PROFILE))
        name = text_in(about, "display_name") or text_in(about, "name")
        profile = Profile(
            external_id=public,
            handle=text_in(about, "nip05") or npub(public),
            display_name=name,
            service_url=relay,
            facts=facts,
        )
        return Connection(profile, Credentials(access_token=given.access_token))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A key that a relay refuses cannot be renewed. Raises ChannelError."""
        message = "its relays take no notes of this key: register it there, or connect it with other relays"
        raise failure(Reason.TOKEN_REVOKED, message)

    def _listed(self, event: Mapping[str, Any] | None, own: str) -> list[str]:
        """The relays for writing, the one that was named first."""
        listed = [tag[1] for tag in _tags(event, "r") if len(tag) < 3 or tag[2] == "write"]
        return _addresses([own, *self._settings.relays.split(), *listed], MAX_RELAYS)

    def _servers(self, event: Mapping[str, Any] | None) -> list[str]:
        listed = [tag[1] for tag in _tags(event, "server")]
        return _addresses(listed or self._settings.media_servers.split(), MAX_SERVERS)

    async def _longest(self, relay: str) -> int | None:
        """How long a note may be, where the relay says so."""
        answer = await self._relays.document(relay)
        found = object_in(answer.body, "limitation").get("max_content_length") if answer else None
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _about(event: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The profile, which is JSON in a text."""
    try:
        found = json.loads(event["content"]) if event else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _tags(event: Mapping[str, Any] | None, name: str) -> list[list[str]]:
    rows = event["tags"] if event else []
    return [row for row in rows if row[:1] == [name] and len(row) > 1 and all(isinstance(one, str) for one in row)]


def _addresses(given: Iterable[str], most: int) -> list[str]:
    """Addresses of http, as those of websockets are called here too. The guard judges each before it is called."""
    found = []
    for one in given:
        scheme, separator, rest = one.strip().partition("://")
        scheme = {"wss": "https", "ws": "http"}.get(scheme.lower(), scheme.lower())
        if separator and scheme in ("https", "http") and 0 < len(rest) <= MAX_ADDRESS:
            found.append(f"{scheme}://{rest}")
    return list(dict.fromkeys(found))[:most]


def _wrong(rule: str, message: str, pointer: str, **more: Any) -> ChannelError:
    return FieldRefused(Reason.INVALID_FIELD, Effect.REJECTED, f"Nostr: {message}", pointer=pointer, rule=rule, **more)
