"""Both log-ins in a browser: a member by one app, the pages of a person by another.

Source: docs/networks/linkedin.md, section 2. Neither takes PKCE. A token lives for 60 days; only approved partners get
a refresh token with it, everybody else connects again.
"""

from __future__ import annotations

from collections.abc import Mapping

from munadi.channels.apps import AppLogin, Endpoints
from munadi.channels.http import given_id
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.errors import failure
from munadi.channels.linkedin.spec import PERSON, SCOPES, SPEC, Login, Settings, is_page
from munadi.channels.oauth import consent_query, consent_url, require_scopes
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import Effect, Reason
from munadi.ports import AccountImport, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

# How LinkedIn says that the owner declined.
DECLINED = ("user_cancelled_login", "user_cancelled_authorize")


class LinkedInApp(AppLogin):
    """The app of one log-in."""

    def __init__(self, settings: Settings, api: Api, clock: Clock, login: Login) -> None:
        site = settings.hosts.auth
        endpoints = Endpoints.at(site, "oauth/v2/authorization", site, "oauth/v2/accessToken")
        super().__init__(SPEC, settings, clock, api.http, endpoints)
        self._pair, self.login = settings.app(login), login
        self.lacking = settings.missing_for(login)

    @property
    def app(self) -> dict[str, str]:
        """Id and secret, in the form."""
        return {"client_id": self._pair[0], "client_secret": self._pair[1]}


class LinkedInLogin:
    """The log-ins of members and of pages; each renews what it granted, where LinkedIn gave a refresh token."""

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        self._api = api
        self._apps = {login: LinkedInApp(settings, api, clock, login) for login in Login}

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """Of the log-in of members, unless the other one has what it needs."""
        missing = [app.lacking for app in self._apps.values()]
        return missing[0] if all(missing) else ()

    async def begin(self, request: ConsentRequest) -> Consent:
        """The consent page, with the scopes of the log-in."""
        app = self._app(request.login)
        if app.lacking:
            message = f"the log-in {str(app.login)!r} needs {' and '.join(app.lacking)}"
            raise failure(Reason.INVALID_FIELD, message, Effect.REJECTED)
        query = consent_query({"client_id": app.app["client_id"]}, request, " ".join(SCOPES[app.login]))
        return Consent(consent_url(app.endpoints.page, query))

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """The member, or one choice for each page that the person administers. Raises ChannelError."""
        app = self._app(request.login)
        if answered.get("error") in DECLINED:
            answered = {**answered, "error": "access_denied"}
        answer = await app.redeem(request, answered, kept)
        scopes = tuple(str(answer.field("scope") or "").replace(",", " ").split())
        require_scopes(SPEC.title, scopes, SCOPES[app.login])
        credentials = app.credentials(answer, None)
        token = credentials.access_token.get_secret_value()
        if app.login is Login.MEMBER:
            profiles = [await member_of(self._api, token)]
        else:
            profiles = [await page_of(self._api, token, urn) for urn in await self._api.pages(token)]
        if not profiles:
            message = "this person is administrator of no page: ask for that role, then connect again"
            raise failure(Reason.TARGET_NOT_ACCESSIBLE, message)
        return GrantedProfiles(tuple(_choice(each, credentials, app.login) for each in profiles), scopes)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A new token by the refresh token. Raises ChannelError: TOKEN_EXPIRED where there is none."""
        token, app = account.credentials.refresh_token, self._apps[Login.PAGE if is_page(account) else Login.MEMBER]
        if token is None or not token.get_secret_value():
            raise failure(Reason.TOKEN_EXPIRED, "the 60 days of this consent are over: its owner connects again")
        if app.lacking:
            message = f"set {' and '.join(app.lacking)}, without which no token is renewed"
            raise failure(Reason.INTERNAL_ERROR, message)
        return await app.renewed(token)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Never: a person's grant speaks for all of their pages, and the call for it is not documented."""
        return False

    def _app(self, login: str | None) -> LinkedInApp:
        return self._apps[known_login(login) or Login.MEMBER]


def known_login(login: str | None) -> Login | None:
    """One of the two log-ins, or None where none is named. ChannelError for another one."""
    if login is not None and login not in tuple(Login):
        message = f"login {login!r} is not supported; use {' or '.join(Login)}"
        raise failure(Reason.INVALID_FIELD, message, Effect.REJECTED)
    return Login(login) if login else None


async def member_of(api: Api, token: str) -> Profile:
    """The member that a token is for. `sub` is the member's id for this app alone."""
    answer = await api.member(token)
    sub, name = given_id(answer.field("sub")), answer.field("name")
    if sub is None:
        raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "userinfo has no sub", Effect.UNKNOWN)
    shown = name if isinstance(name, str) and name else None
    return Profile(external_id=f"{PERSON}{sub}", handle=shown or sub, display_name=shown)


async def page_of(api: Api, token: str, urn: str) -> Profile:
    """A page by its URN."""
    handle, shown = await api.page_names(token, urn)
    return Profile(external_id=urn, handle=handle, display_name=shown)


def _choice(profile: Profile, credentials: Credentials, login: Login) -> Choice:
    given = AccountImport.of(credentials, external_id=profile.external_id, service_url=None, login=login.value)
    return Choice(profile.external_id, _shown(profile), given)


def _shown(profile: Profile) -> str:
    """The name that people read, and that of the address, which tells pages of one name apart."""
    name, handle = profile.display_name, profile.handle
    return f"{name} ({handle})" if name and name != handle else handle
