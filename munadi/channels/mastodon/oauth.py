"""OAuth 2 at the owner's server: Munadi registers itself there on first use, and the owner consents in a browser.

Source: docs/networks/mastodon.md, section 2. PKCE (S256) is sent to all; servers before 4.3 ignore it. The owner grants
all scopes or none. A registration is kept for a day in this process, and with each consent and account: a server
forgets apps that nobody uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from munadi.channels.apps import AppLogin, Endpoints
from munadi.channels.mastodon.api import Servers
from munadi.channels.mastodon.errors import failure
from munadi.channels.mastodon.spec import SCOPES, SPEC, Settings
from munadi.channels.oauth import (
    challenge_of,
    consent_query,
    consent_url,
    new_verifier,
    require_scopes,
    text_of,
)
from munadi.channels.settings import AppSettings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

SERVER, CLIENT_ID, CLIENT_SECRET, VERIFIER = "server", "clientId", "clientSecret", "verifier"
APP_LIFE = timedelta(days=1)
MAX_APPS = 1000
# Of an address, in characters; as long as a hint may be.
MAX_HINT = 500


class MastodonApp(AppLogin):
    """Munadi as one server knows it, since a time."""

    def __init__(self, servers: Servers, clock: Clock, base: str, kept: Mapping[str, str]) -> None:
        app = AppSettings(client_id=kept[CLIENT_ID], client_secret=SecretStr(kept[CLIENT_SECRET]))
        endpoints = Endpoints.at(base, "oauth/authorize", base, "oauth/token", "oauth/revoke")
        super().__init__(SPEC, app, clock, servers.http, endpoints)
        self.since = clock.now()

    async def end(self, token: str) -> None:
        """End a token; a repeat succeeds. Raises ChannelError."""
        form = {**self.app, "token": token}
        await self.grants.send(self.form_request(self.endpoints.revoke, form, self.is_ended))


@dataclass
class MastodonLogin:
    """The log-in at an owner's server. `hint` is the server: its address, or any name that ends with `@<server>`."""

    servers: Servers
    settings: Settings
    clock: Clock
    _apps: dict[tuple[str, str], MastodonApp] = field(default_factory=dict)

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """None: the app is registered on first use."""
        return ()

    async def begin(self, request: ConsentRequest) -> Consent:
        """The consent page of the owner's server. Raises ChannelError: INVALID_FIELD without a server."""
        base, verifier = server_in(request.hint), new_verifier()
        app = await self._app(base, request.redirect_uri)
        client = {"client_id": app.app["client_id"]}
        query = consent_query(client, request, " ".join(SCOPES), challenge_of(verifier))
        kept = {SERVER: base, CLIENT_ID: client["client_id"], CLIENT_SECRET: app.settings.secret, VERIFIER: verifier}
        return Consent(consent_url(app.endpoints.page, query), kept)

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code and verifier → a token without an end, and whose it is. Raises ChannelError."""
        base, app = kept[SERVER], MastodonApp(self.servers, self.clock, kept[SERVER], kept)
        try:
            answer = await app.redeem(request, answered, kept)
        except ChannelError:
            # The server may have forgotten the app, so the next consent begins with a new one.
            self._apps.pop((base, request.redirect_uri), None)
            raise
        token = text_of(SPEC.title, answer, "access_token")
        scopes = tuple(str(answer.field("scope") or "").split())
        require_scopes(SPEC.title, _granted(scopes) or SCOPES, SCOPES)
        given = AccountImport(
            service_url=base,
            access_token=SecretStr(token),
            extra={name: SecretStr(kept[name]) for name in (CLIENT_ID, CLIENT_SECRET)},
        )
        me = await self.servers.at(base, token).call("GET", "api/v1/accounts/verify_credentials")
        external_id = f"{text_of(SPEC.title, me, 'id')}@{urlsplit(base).netloc.rpartition('@')[2].lower()}"
        return GrantedProfiles((Choice(external_id, external_id, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the token, where it came from a consent and not from an import; a repeat succeeds."""
        extra = {name: secret.get_secret_value() for name, secret in account.credentials.extra.items()}
        if CLIENT_ID not in extra or CLIENT_SECRET not in extra or not account.service_url:
            return False
        app = MastodonApp(self.servers, self.clock, account.service_url, extra)
        await app.end(account.credentials.access_token.get_secret_value())
        return True

    async def _app(self, base: str, redirect_uri: str) -> MastodonApp:
        """The registration at a server, made on first use. Raises ChannelError."""
        known = self._apps.get((base, redirect_uri))
        if known is not None and known.since + APP_LIFE > self.clock.now():
            return known
        form = {"client_name": self.settings.client_name, "redirect_uris": redirect_uri, "scopes": " ".join(SCOPES)}
        answer = await self.servers.at(base).call("POST", "api/v1/apps", form=form)
        given = {CLIENT_ID: "client_id", CLIENT_SECRET: "client_secret"}
        kept = {name: text_of(SPEC.title, answer, field) for name, field in given.items()}
        app = MastodonApp(self.servers, self.clock, base, kept)
        if len(self._apps) >= MAX_APPS:
            self._apps.clear()
        self._apps[base, redirect_uri] = app
        return app


def server_in(hint: str | None) -> str:
    """The address of the server that a hint names. Raises ChannelError."""
    given = (hint or "").strip()
    base = given if given.startswith(("https://", "http://")) else f"https://{given.rpartition('@')[2]}"
    try:
        parts = urlsplit(base[: MAX_HINT + 1])
        is_server = (
            len(base) <= MAX_HINT and bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
        )
    except ValueError:
        is_server = False
    if not is_server:
        message = f"{given[:200]!r} is no server: give its address as hint, such as https://mastodon.social"
        raise failure(Reason.INVALID_FIELD, message)
    return base.rstrip("/")


def _granted(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The fine scopes of what was granted; `write` covers `write:media`."""
    return scopes and tuple(one for one in SCOPES if one in scopes or one.partition(":")[0] in scopes)
