"""Threads Login: consent in a browser, a code, a token of an hour and one of 60 days for it. Source: facts, section 2.

One consent is for one profile. Threads takes no PKCE and has no call that ends a grant: its owner does that in the app.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from munadi.channels.meta.graph import Graph
from munadi.channels.oauth import code_in, consent_url, end_of, refused_code, require_scopes, text_of
from munadi.channels.threads.errors import TITLE
from munadi.channels.threads.spec import REPLY_SCOPE, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import AccountImport, Asking, Choice, Clock, Consent, Granted

# What publishing needs; replies are asked for too, since parts and first comments are replies.
NEEDED = ("threads_basic", "threads_content_publish")
ASKED = (*NEEDED, REPLY_SCOPE)


@dataclass(frozen=True)
class ThreadsLogin:
    """See `munadi.ports.Authorizer`."""

    settings: Settings
    graph: Graph
    clock: Clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The Threads app's id and secret (not the Meta app's)."""
        return self.settings.missing("THREADS")

    async def begin(self, asking: Asking) -> Consent:
        """Threads' consent page, with every scope that we can use."""
        query = {
            "client_id": self.settings.client_id or "",
            "redirect_uri": asking.redirect_uri,
            "scope": ",".join(ASKED),
            "response_type": "code",
            "state": asking.state,
        }
        return Consent(consent_url(f"{self.settings.hosts.auth.rstrip('/')}/oauth/authorize", query))

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """Code → short token → long token; whose they are, Threads says with the first. Raises ChannelError."""
        secret = self.settings.secret
        form = {
            "client_id": self.settings.client_id or "",
            "client_secret": secret,
            "grant_type": "authorization_code",
            "redirect_uri": asking.redirect_uri,
            "code": code_in(TITLE, answered),
        }
        hidden = [secret, form["code"]]
        try:
            short = await self.graph.http.call(
                "POST", f"{self.graph.tokens}/oauth/access_token", form=form, secrets=hidden
            )
        except ChannelError as error:
            raise refused_code(TITLE, error) from error
        token, user_id = text_of(TITLE, short, "access_token"), text_of(TITLE, short, "user_id")
        scopes = await self._scopes(token)
        require_scopes(TITLE, scopes or ASKED, NEEDED)
        params = {"grant_type": "th_exchange_token", "client_secret": secret, "access_token": token}
        url = f"{self.graph.tokens}/access_token"
        long = await self.graph.http.call("GET", url, params=params, secrets=[secret, token])
        given = AccountImport(
            external_id=user_id,
            access_token=SecretStr(text_of(TITLE, long, "access_token")),
            expires_at=end_of(self.clock.now(), long.field("expires_in")),
        )
        return Granted((Choice(user_id, user_id, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Threads has no call for it."""
        return False

    async def _scopes(self, token: str) -> tuple[str, ...]:
        """What was granted, as far as the token can be read: Threads' owner may have unticked some."""
        told = (await self.graph.inspect(token)).get("scopes")
        return tuple(str(scope) for scope in told) if isinstance(told, list) else ()
