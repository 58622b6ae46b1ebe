"""An app that a network knows: the endpoints of its log-in as data, and the accounts that consent to it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from munadi.channels.channel import TokenAccounts
from munadi.channels.http import ChannelHttp, Request, is_empty
from munadi.channels.oauth import (
    basic,
    challenge_of,
    code_in,
    consent_query,
    consent_url,
    end_grant,
    end_of,
    new_verifier,
    refused_code,
    require_scopes,
    secrets_in,
    text_of,
)
from munadi.channels.settings import AppSettings
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Authorizer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles


@dataclass(frozen=True)
class Endpoints:
    """Where the log-in of an app is: the consent page, and where tokens are given and ended."""

    page: str
    token: str
    revoke: str = ""

    @classmethod
    def at(cls, site: str, page: str, base: str, token: str, revoke: str = "") -> Endpoints:
        """Paths at the site that people see, and at the address of the API."""
        site, base = site.rstrip("/"), base.rstrip("/")
        return cls(f"{site}/{page}", f"{base}/{token}", revoke and f"{base}/{revoke}")


class AppLogin:
    """An app that a network knows, and the endpoints of its log-in.

    `id_name` and `end_name` are the network's names of the app's id and of the seconds until a grant ends. With
    `secret_in_header` the app proves itself by HTTP Basic, else by its secret in the form. `more` is what each form for
    tokens has beside the usual.
    """

    id_name, end_name = "client_id", "refresh_token_expires_in"
    secret_in_header = False
    more: Mapping[str, str] = {}

    def __init__(
        self, spec: ChannelSpec, settings: AppSettings, clock: Clock, http: ChannelHttp, endpoints: Endpoints
    ) -> None:
        self.spec, self.settings, self.clock, self.grants, self.endpoints = spec, settings, clock, http, endpoints

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The app's id and secret."""
        return self.settings.missing(self.spec.name.upper())

    @property
    def app(self) -> dict[str, str]:
        """What a form says of the app."""
        named = {self.id_name: self.settings.client_id or ""}
        return named if self.secret_in_header else {**named, "client_secret": self.settings.secret}

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """Call the token endpoint; empty fields are left out. Raises ChannelError."""
        given = {name: value for name, value in {**form, **self.more}.items() if value}
        return await self.grants.send(self.form_request(self.endpoints.token, given, self.is_granted))

    async def end(self, token: str) -> None:
        """End a grant by one of its tokens. Raises ChannelError."""
        await self.grants.send(self.form_request(self.endpoints.revoke, {"token": token}, self.is_ended))

    def is_granted(self, answer: Answer) -> bool:
        """The proof of a grant."""
        return bool(answer.field("access_token"))

    def is_ended(self, answer: Answer) -> bool:
        """The proof of its end (RFC 7009: only the status counts)."""
        return is_empty(answer) and not answer.field("error")

    def form_request(
        self, url: str, form: Mapping[str, str], proof: Callable[[Answer], object] | None = None
    ) -> Request:
        """A form to one of the endpoints."""
        if not self.secret_in_header:
            return Request("POST", url, form=form, secrets=secrets_in(form), proof=proof)
        proving = basic(self.settings)
        headers, hidden = {"authorization": f"Basic {proving}"}, [*secrets_in(form), self.settings.secret, proving]
        return Request("POST", url, form=form, headers=headers, secrets=hidden, proof=proof)

    async def redeem(self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]) -> Answer:
        """Code and verifier → the answer with the tokens. Raises ChannelError."""
        form = {
            **self.app,
            "grant_type": "authorization_code",
            "redirect_uri": request.redirect_uri,
            "code": code_in(self.spec.title, answered),
            "code_verifier": kept.get("verifier", ""),
        }
        try:
            return await self.tokens(form)
        except ChannelError as error:
            raise refused_code(self.spec.title, error) from error

    async def renewed(self, token: SecretStr) -> Credentials:
        """New tokens for a refresh token. Raises ChannelError."""
        form = {**self.app, "grant_type": "refresh_token", "refresh_token": token.get_secret_value()}
        return self.credentials(await self.tokens(form), token)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """New tokens by the account's refresh token. Raises ChannelError: TOKEN_REVOKED where there is none."""
        token, title = account.credentials.refresh_token, self.spec.title
        if token is None or not token.get_secret_value():
            message = f"{title}: there is no refresh token to renew with"
            raise ChannelError(Reason.TOKEN_REVOKED, Effect.NOT_SENT, message)
        if self.missing_settings:
            message = f"{title}: set {' and '.join(self.missing_settings)}, without which no token is renewed"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)
        return await self.renewed(token)

    def credentials(self, answer: Answer, refresh_token: SecretStr | None) -> Credentials:
        """From a token answer; where it brings no new refresh token, the old one stays the grant."""
        now, newer = self.clock.now(), answer.field("refresh_token")
        return Credentials(
            access_token=SecretStr(text_of(self.spec.title, answer, "access_token")),
            refresh_token=SecretStr(newer) if isinstance(newer, str) and newer else refresh_token,
            expires_at=end_of(now, answer.field("expires_in")),
            grant_expires_at=end_of(now, answer.field(self.end_name)),
        )


class AppAccounts(AppLogin, TokenAccounts):
    """Accounts of an app: one access token speaks for each, and its owner consents in a browser.

    It is the `munadi.ports.Authorizer` too. `separator` joins scopes. Without a verifier the network takes no PKCE. An
    account that `needs_refresh_token` would be lost soon without one. `dead`: how the end of a grant that has ended is
    refused.
    """

    separator = " "
    has_verifier = needs_refresh_token = True
    dead: Container[Reason] = (Reason.TOKEN_REVOKED,)

    def __init__(
        self, spec: ChannelSpec, settings: AppSettings, clock: Clock, http: ChannelHttp, endpoints: Endpoints
    ) -> None:
        AppLogin.__init__(self, spec, settings, clock, http, endpoints)
        TokenAccounts.__init__(self, spec.title)

    @property
    def authorizer(self) -> Authorizer:
        """The log-in, which this is itself."""
        return self

    async def owner(self, answer: Answer, token: str) -> tuple[str, str]:
        """The id and the name of a grant's account, by default those of its profile. Raises ChannelError."""
        profile = await self.profile_of(token)
        return profile.external_id, profile.handle

    @property
    def scopes(self) -> Sequence[str]:
        """What an owner is asked for."""
        return self.spec.scopes

    def asked(self, request: ConsentRequest) -> dict[str, str]:
        """What the address of the consent page has beside the usual."""
        return {}

    def challenge(self, verifier: str) -> str:
        """The challenge of a verifier."""
        return challenge_of(verifier)

    async def begin(self, request: ConsentRequest) -> Consent:
        """The address of the consent page, and the verifier that is kept for the exchange."""
        verifier = new_verifier() if self.has_verifier else ""
        client, scope = {self.id_name: self.settings.client_id or ""}, self.separator.join(self.scopes)
        query = consent_query(client, request, scope, self.challenge(verifier) if verifier else "")
        kept = {"verifier": verifier} if verifier else {}
        return Consent(consent_url(self.endpoints.page, {**query, **self.asked(request)}), kept)

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code and verifier → tokens, and whose they are. Raises ChannelError."""
        answer = await self.redeem(request, answered, kept)
        scopes = tuple(str(answer.field("scope") or "").replace(",", " ").split())
        require_scopes(self.spec.title, scopes, self.spec.scopes)
        needed = self.needs_refresh_token
        refresh_token = SecretStr(text_of(self.spec.title, answer, "refresh_token")) if needed else None
        credentials = self.credentials(answer, refresh_token)
        external_id, name = await self.owner(answer, credentials.access_token.get_secret_value())
        given = AccountImport.of(credentials, external_id=external_id, service_url=None)
        return GrantedProfiles((Choice(external_id, name, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant with its refresh token, or with the access token of an account that has no other."""
        return await end_grant(account, self.end, self.dead)
