"""Whose a token is: a member's own, or a page's that its person administers. Source: section 2 of the facts."""

from __future__ import annotations

from munadi.channels.channel import Accounts, imported
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.errors import failure
from munadi.channels.linkedin.oauth import LinkedInLogin, known_login, member_of, page_of
from munadi.channels.linkedin.spec import PAGE, PERSON, Login
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Connection


class LinkedInAccounts(Accounts):
    """Accounts of members, and of pages that a person administers."""

    def __init__(self, api: Api, login: LinkedInLogin) -> None:
        self._api, self._login = api, login

    @property
    def authorizer(self) -> LinkedInLogin:
        """Both log-ins in a browser."""
        return self._login

    async def verify(self, given: AccountImport) -> Connection:
        """The profile of a token. `externalId` names the page, where the person has several. Raises ChannelError."""
        if given.access_token is None:
            raise failure(Reason.MISSING_FIELD, "give accessToken", Effect.REJECTED)
        login, token = _login_of(given), given.access_token.get_secret_value()
        if login is Login.PAGE:
            profile = await self._page(given.external_id, token)
        else:
            profile = await member_of(self._api, token)
            if given.external_id not in (None, profile.external_id):
                raise _invalid(f"this token is {profile.external_id}'s, not externalId's")
        return Connection(profile, imported(given, given.access_token))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """By the app of the account's log-in."""
        return await self._login.refresh(account)

    async def _page(self, urn: str | None, token: str) -> Profile:
        pages = await self._api.pages(token)
        if urn is None and len(pages) == 1:
            urn = pages[0]
        if urn not in pages:
            known = ", ".join(pages[:20]) or "none"
            raise _invalid(f"give as externalId a page that this person administers: {known}")
        return await page_of(self._api, token, urn)


def _login_of(given: AccountImport) -> Login:
    """By `login`, else by what `externalId` names; a member by default. Raises ChannelError."""
    named, urn = known_login(given.login), given.external_id
    if urn is None:
        return named or Login.MEMBER
    by_urn = Login.PAGE if urn.startswith(PAGE) else Login.MEMBER if urn.startswith(PERSON) else None
    if by_urn is None or named not in (None, by_urn):
        expected = {Login.PAGE: f"{PAGE}<id>", Login.MEMBER: f"{PERSON}<id>"}
        wanted = expected[named] if named else " or ".join(expected.values())
        raise _invalid(f"externalId is {urn[:100]!r} and must be {wanted}")
    return by_urn


def _invalid(message: str) -> ChannelError:
    return failure(Reason.INVALID_FIELD, message, Effect.REJECTED)
