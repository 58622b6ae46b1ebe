"""Whose a token is, what its creator allows, and Login Kit: a token of hours, and one of months to renew it.

Source: docs/networks/tiktok.md, section 2. One consent is for one creator. The exchange always proves itself with a
PKCE verifier beside the secret: an app that is registered as a desktop app (the only kind with redirects to localhost)
is refused without it; a web app needs none and ignores it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from munadi.channels.answers import object_in
from munadi.channels.apps import AppAccounts, Endpoints
from munadi.channels.http import is_empty
from munadi.channels.oauth import secrets_in, text_of
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.errors import is_ok
from munadi.channels.tiktok.spec import SCOPES, SPEC, VIDEO_LIST, Settings
from munadi.channels.tiktok.state import Creator
from munadi.channels.tiktok.wire import creator_facts
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import Answer, Clock, ConsentRequest

PROFILE_FIELDS = "open_id,union_id,display_name"
# creator_info answers with these for a good token whose creator may not post at the moment.
MAY_NOT_POST = frozenset({FailureClass.RATE_LIMIT, FailureClass.POLICY})
# How TikTok may refuse to revoke a token that is dead already; it documents no code for it.
DEAD = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED, Reason.INVALID_FIELD})


class TikTokAccounts(AppAccounts):
    """Creators, each with a token of hours."""

    id_name, end_name, separator = "client_key", "refresh_expires_in", ","

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        page = f"{settings.version}/auth/authorize/"
        endpoints = Endpoints.at(settings.hosts.auth, page, api.base, "oauth/token/", "oauth/revoke/")
        super().__init__(SPEC, settings, clock, api.http, endpoints)
        self._api, self._asks_for_list = api, settings.video_list

    @property
    def scopes(self) -> Sequence[str]:
        """By the settings also that of the list of videos."""
        return (*SCOPES, VIDEO_LIST) if self._asks_for_list else SCOPES

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """Call the token endpoint, whose errors may come with HTTP 200. Raises ChannelError."""
        answer = await self.grants.send(self.form_request(self.endpoints.token, form))
        if not isinstance(answer.field("access_token"), str) or not self.is_granted(answer):
            raise self._api.refusal(answer, *secrets_in(form))
        return answer

    def asked(self, request: ConsentRequest) -> dict[str, str]:
        """Without it TikTok sends a known creator back without showing the page."""
        return {"disable_auto_auth": "1"}

    def challenge(self, verifier: str) -> str:
        """In lower-case hex, not in RFC 7636's base64url."""
        return hashlib.sha256(verifier.encode()).hexdigest()

    async def owner(self, answer: Answer, token: str) -> tuple[str, str]:
        """The token answer names it."""
        open_id = text_of(SPEC.title, answer, "open_id")
        return open_id, open_id

    async def end(self, token: str) -> None:
        """End a grant by an access token: answered with nothing or `{}`, or an error, with HTTP 200 too."""
        form = {**self.app, "token": token}
        answer = await self.grants.send(self.form_request(self.endpoints.revoke, form, is_empty))
        if answer.field("error") and not is_ok(answer):
            raise self._api.refusal(answer, *secrets_in(form))

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant. A dead access token proves nothing about it: then a renewed token ends it."""
        end = account.credentials.expires_at
        try:
            if end is None or end > self.clock.now():
                await self.end(account.credentials.access_token.get_secret_value())
                return True
        except ChannelError as error:
            if error.reason not in DEAD:
                raise
        if account.credentials.refresh_token is None:
            return True
        try:
            renewed = await self.refresh(account)
        except ChannelError as error:
            if error.reason is Reason.TOKEN_REVOKED:
                return True
            raise
        await self.end(renewed.access_token.get_secret_value())
        return True

    async def profile_of(self, token: str) -> Profile:
        """user/info for the open_id, creator_info for what may be posted. Raises ChannelError."""
        answer = await self._api.get("user/info/", token, {"fields": PROFILE_FIELDS})
        user = object_in(answer.body, "data", "user")
        open_id = str(user.get("open_id") or "")
        if not open_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, "TikTok: user/info has no open_id")
        creator = await self._creator(token)
        name = (creator.nickname if creator else None) or user.get("display_name")
        return Profile(
            external_id=open_id,
            handle=(creator.username if creator else None) or str(name or open_id),
            display_name=name if isinstance(name, str) else None,
            scopes=SPEC.scopes,  # both calls were answered
            facts={
                "union_id": user.get("union_id"),
                "creator_info": creator_facts(creator) if creator else None,
            },
        )

    async def _creator(self, token: str) -> Creator | None:
        """None when the creator may not post at the moment: the token is theirs all the same."""
        try:
            return await self._api.creator(token)
        except ChannelError as error:
            if REASONS[error.reason].class_ in MAY_NOT_POST:
                return None
            raise
