"""Whose a token is, Google's OAuth 2.0, and the locations of a person. Source: docs/networks/google_business.md, 2.

One consent speaks for all locations of a person, and each can be connected. A post's address needs the account that
holds its location too, which is read with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from munadi.channels.answers import object_in, text_in
from munadi.channels.apps import AppAccounts, Endpoints
from munadi.channels.channel import imported
from munadi.channels.google_business.api import Api
from munadi.channels.google_business.errors import failure
from munadi.channels.google_business.spec import SPEC, Settings
from munadi.channels.oauth import require_scopes
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport, Answer, Choice, Clock, Connection, ConsentRequest, GrantedProfiles

# The life of an access token, for an import that gives no end.
TOKEN_LIFE = timedelta(hours=1)
ACCOUNT, LANGUAGE, MAPS = "account", "language", "mapsUri"
MAX_SHOWN = 10


class BusinessAccounts(AppAccounts):
    """Locations, each with the account that holds it."""

    advice = "give accessToken, and refreshToken to outlive its hour"

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        hosts = settings.hosts
        endpoints = Endpoints.at(hosts.auth, "o/oauth2/v2/auth", hosts.token, "token", "revoke")
        super().__init__(SPEC, settings, clock, api.grants, endpoints)
        self._api = api

    def asked(self, request: ConsentRequest) -> dict[str, str]:
        """With `prompt=consent` Google gives a refresh token each time, not at the first consent alone."""
        return {"access_type": "offline", "prompt": "consent"}

    def credentials(self, answer: Answer, refresh_token: SecretStr | None) -> Credentials:
        """Google names an end of a grant only where the access was given for a time."""
        found = super().credentials(answer, refresh_token)
        return found.model_copy(update={"is_final": found.grant_expires_at is not None})

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """One choice for each location that takes posts. Raises ChannelError."""
        answer = await self.redeem(request, answered, kept)
        scopes = tuple(str(answer.field("scope") or "").split())
        require_scopes(self.spec.title, scopes, self.spec.scopes)
        credentials = self.credentials(answer, None)
        if credentials.refresh_token is None:
            message = (
                "Google granted access for an hour only (no refresh token): remove this app at "
                "myaccount.google.com/permissions, then connect again"
            )
            raise failure(Reason.MISSING_SCOPE, message)
        found = await self._locations(credentials.access_token.get_secret_value())
        usable = [profile for profile, may_post in found.values() if may_post]
        if not usable:
            message = "this person manages no location that takes posts: ask its owner for the role of a manager"
            raise failure(Reason.TARGET_NOT_ACCESSIBLE, message)
        return GrantedProfiles(tuple(_choice(one, credentials) for one in usable), scopes)

    async def profile_of(self, token: str) -> Profile:
        """The only location of a person. Raises ChannelError."""
        return await self._chosen(token, None)

    async def verify(self, given: AccountImport) -> Connection:
        """The location that an import names by its id, or the only one. Raises ChannelError."""
        token = given.access_token
        if token is None:
            raise failure(Reason.MISSING_FIELD, self.advice, Effect.REJECTED)
        profile = await self._chosen(token.get_secret_value(), given.external_id)
        credentials = imported(given, token)
        if given.refresh_token and given.expires_at is None:
            credentials = credentials.model_copy(update={"expires_at": self.clock.now() + TOKEN_LIFE})
        return Connection(profile, credentials)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Never: a person's grant speaks for all of their locations. Its owner removes the app at Google."""
        return False

    async def _chosen(self, token: str, wanted: str | None) -> Profile:
        found = await self._locations(token)
        location = (wanted or "").rpartition("/")[2] or (next(iter(found)) if len(found) == 1 else "")
        if location not in found:
            shown = ", ".join([f"{key} ({one.handle})" for key, (one, _) in found.items()][:MAX_SHOWN]) or "none"
            message = f"{SPEC.title}: give the id of one of this person's locations as externalId: {shown}"
            raise _refused("location", message, limit=shown, actual=wanted or "")
        profile, may_post = found[location]
        if not may_post:
            message = f"{SPEC.title}: Google takes no posts for this location"
            raise _refused("may_post", message, actual=location)
        return profile

    async def _locations(self, token: str) -> dict[str, tuple[Profile, bool]]:
        """The locations by id, and whether each takes posts. The same one may be in several accounts."""
        found: dict[str, tuple[Profile, bool]] = {}
        for account in await self._api.accounts(token):
            for row in await self._api.locations(token, account["name"]):
                profile = _profile(row, account["name"])
                found.setdefault(profile.external_id, (profile, may_post(row)))
        return found


def may_post(location: Mapping[str, Any]) -> bool:
    """Whether Google takes posts for a location; only its own word against it counts."""
    return object_in(location, "metadata").get("canOperateLocalPost") is not False


def place_of(account: ConnectedAccount) -> str:
    """`accounts/{a}/locations/{l}`: where the posts of an account are."""
    return f"{account.facts.get(ACCOUNT)}/locations/{account.external_id}"


def _profile(row: Mapping[str, Any], account: str) -> Profile:
    location, title = str(row["name"]).rpartition("/")[2], text_in(row, "title")
    facts = {ACCOUNT: account, LANGUAGE: text_in(row, "languageCode"), MAPS: text_in(row, "metadata", "mapsUri")}
    return Profile(external_id=location, handle=title or location, display_name=title, facts=facts)


def _choice(profile: Profile, credentials: Credentials) -> Choice:
    given = AccountImport.of(credentials, external_id=profile.external_id, service_url=None)
    return Choice(profile.external_id, profile.handle, given)


def _refused(rule: str, message: str, **more: Any) -> ChannelError:
    return FieldRefused(Reason.INVALID_FIELD, Effect.REJECTED, message, pointer="/externalId", rule=rule, **more)
