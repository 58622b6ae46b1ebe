"""Connecting a profile in a browser: where its owner is asked for consent, and what the owner granted (OAuth 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from munadi.domain.account import ConnectedAccount
from munadi.ports.imports import AccountImport


@dataclass(frozen=True)
class Asking:
    """One try to connect. `redirect_uri` is where the network sends the browser back, with `state`.

    `login` is which of the network's log-ins is meant, where it has two; `hint` the profile that is expected, where
    the network takes one (a handle, for Bluesky the handle or address of the server).
    """

    state: str
    redirect_uri: str
    login: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Consent:
    """`url`: the network's page where the owner decides. `kept`: what only we may know until then, such as a PKCE
    verifier; it is stored sealed and comes back in `exchange`."""

    url: str
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A profile that a grant speaks for: `given` is what `Channel.verify` proves before anything is connected."""

    external_id: str
    name: str
    given: AccountImport


@dataclass(frozen=True)
class Granted:
    """What the owner granted: the profiles to choose from (never none), and the scopes, where they are named."""

    choices: tuple[Choice, ...]
    scopes: tuple[str, ...] = ()


class Authorizer(Protocol):
    """A network's authorization server. Every failure is a ChannelError; nothing visible happens here."""

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The missing settings that a consent needs, by their environment variables; empty when all are set."""

    async def begin(self, asking: Asking) -> Consent:
        """Where to send the owner's browser. Raises ChannelError: INVALID_FIELD for a login or hint it cannot take."""

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """What came back with the browser becomes tokens; `answered` is the callback's query, `state` checked already.

        Raises ChannelError: MISSING_SCOPE naming the scopes that the owner did not grant and publishing needs,
        TARGET_NOT_ACCESSIBLE when there is no profile to publish to, INVALID_FIELD when the code is refused.
        """

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant at the network; False where it has no call for that. Gone already is done."""


@runtime_checkable
class KnownByAddress(Protocol):
    """An authorizer whose servers identify us by an address of ours, instead of by a registered app."""

    def metadata(self, base_url: str, redirect_uri: str) -> Mapping[str, Any]:
        """The public document `client-metadata.json` beside `redirect_uri`."""

    def jwks(self, used: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
        """What is served at `jwks.json` beside it: our public keys. `used` are the keys that accounts still use."""
