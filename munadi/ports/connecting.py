"""The port of connecting an account: the owner's consent by OAuth 2, what was granted, and what was verified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.ports.imports import AccountImport


@dataclass(frozen=True)
class ConsentRequest:
    """One request for an owner's consent. The network sends the browser back to `redirect_uri`, with `state`.

    `login` selects one of the network's log-ins, where it has two. `hint` is the expected profile, where the network
    takes one (a handle, for Bluesky the handle or address of the server). `is_test`: for a test brand.
    """

    state: str
    redirect_uri: str
    login: str | None = None
    hint: str | None = None
    is_test: bool = False


@dataclass(frozen=True)
class Consent:
    """The consent page of a network. `url`: where the owner decides. `kept`: secrets of this request, such as a PKCE
    verifier; they are stored sealed and passed to `exchange`."""

    url: str
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A profile that the grant covers. `Channel.verify` proves the credentials in `given` before it is connected."""

    external_id: str
    name: str
    given: AccountImport


@dataclass(frozen=True)
class GrantedProfiles:
    """What the owner granted: one or more profiles, and the scopes where the network names them."""

    choices: tuple[Choice, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Connection:
    """A verified connection: the profile that the token belongs to, the credentials to store, and the brand's app that
    they were granted to (None: the installation's)."""

    profile: Profile
    credentials: Credentials
    app_id: str | None = None


class Authorizer(Protocol):
    """A network's authorization server; nothing visible happens here. The core calls it through its channel."""

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The missing settings that a consent needs, by their environment variables; empty when all are set."""

    async def begin(self, request: ConsentRequest) -> Consent:
        """The page to send the owner's browser to. Raises ChannelError: INVALID_FIELD for an unusable login or hint."""

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Exchange the callback's query (`answered`) for tokens. The caller has checked its `state`.

        Raises ChannelError: MISSING_SCOPE naming the scopes that the owner did not grant and publishing needs,
        TARGET_NOT_ACCESSIBLE when there is no profile to publish to, INVALID_FIELD when the code is refused.
        """

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Revoke the grant at the network; False where the network has no call for that. A repeat succeeds."""


@runtime_checkable
class KnownByAddress(Protocol):
    """An authorizer whose servers identify this installation by its URL instead of a registered app."""

    def metadata(self, base_url: str, redirect_uri: str) -> Mapping[str, Any]:
        """The public document `client-metadata.json` beside `redirect_uri`."""

    def jwks(self, used: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
        """Our public keys, served as `jwks.json` beside it. `used` are the keys that accounts still use."""
