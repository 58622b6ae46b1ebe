"""Authorization servers: PKCE, the address of a consent page, what comes back from it, tokens and their renewal.

Sources: RFC 6749 (OAuth 2.0), RFC 7636 (PKCE). `AppAccounts` is the log-in of most networks.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from munadi.channels.channel import TokenAccounts
from munadi.channels.http import Request
from munadi.channels.settings import AppSettings
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import AccountImport, Answer, Authorizer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

# A verifier has 43 to 128 characters (RFC 7636, 4.1).
VERIFIER_BYTES = 48
# Failures of an exchange that say nothing about the code.
NOT_THE_CODE = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT, FailureClass.CONFIG})
# The secrets in forms to an authorization server.
SECRETS = ("client_secret", "refresh_token", "code", "code_verifier", "token")


def secrets_in(form: Mapping[str, str]) -> list[str]:
    """The secrets in a form, to be cut out of refusals."""
    return [form[name] for name in SECRETS if form.get(name)]


def basic(settings: AppSettings) -> str:
    """The app's id and secret as the credentials of HTTP Basic (RFC 6749, 2.3.1)."""
    return base64.b64encode(f"{settings.client_id or ''}:{settings.secret}".encode()).decode()


def new_verifier() -> str:
    """A fresh PKCE verifier, 64 characters of the unreserved set."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def challenge_of(verifier: str) -> str:
    """The S256 challenge, base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def consent_url(page: str, query: Mapping[str, str]) -> str:
    """The consent page with its query."""
    return f"{page}{'&' if '?' in page else '?'}{urlencode(query)}"


def consent_query(
    client: Mapping[str, str], request: ConsentRequest, scope: str, challenge: str = ""
) -> dict[str, str]:
    """What every consent page is asked, by `client`, the app's id."""
    uri = request.redirect_uri
    query = {"response_type": "code", **client, "redirect_uri": uri, "scope": scope, "state": request.state}
    return query | ({"code_challenge": challenge, "code_challenge_method": "S256"} if challenge else {})


def end_of(now: datetime, seconds: Any) -> datetime | None:
    """When a token ends that lives for `expires_in` seconds from `now`; None when that cannot be read."""
    known = isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0
    return now + timedelta(seconds=seconds) if known else None


def code_in(title: str, answered: Mapping[str, str]) -> str:
    """The code that came back with the browser. ChannelError when the owner declined, or the network refused."""
    error = answered.get("error")
    if error:
        description = answered.get("error_description") or answered.get("error_reason") or error
        reason = Reason.CONSENT_DENIED if error == "access_denied" else Reason.UNKNOWN_PROVIDER_ERROR
        message = f"{title}: {'the owner declined' if reason is Reason.CONSENT_DENIED else 'the network refused'}"
        raise ChannelError(
            reason, Effect.NOT_SENT, message, provider_code=error[:100], provider_message=description[:MAX_MESSAGE]
        )
    # Meta's networks append "#_" to the address; a client that keeps it would send it with the code.
    code = answered.get("code", "").removesuffix("#_")
    if not code:
        raise ChannelError(Reason.CONSENT_EXPIRED, Effect.NOT_SENT, f"{title}: the network sent no code back")
    return code


def refused_code(title: str, error: ChannelError) -> ChannelError:
    """A refusal of the exchange as the owner can act on it: the code was used, is too old, or is another try's."""
    if REASONS[error.reason].class_ in NOT_THE_CODE:
        return error
    return ChannelError(
        Reason.CONSENT_EXPIRED,
        Effect.NOT_SENT,
        f"{title}: the network did not take the code",
        provider_code=error.provider_code,
        provider_message=error.provider_message or error.raw or error.message,
        raw=error.raw,
    )


def require_scopes(title: str, granted: Collection[str], needed: Collection[str]) -> None:
    """ChannelError whose `provider_code` names what the owner did not grant and publishing needs."""
    missing = [scope for scope in needed if scope not in granted]
    if missing:
        message = f"{title}: not granted: {', '.join(missing)}; publishing needs it"
        named = " ".join(missing)
        raise ChannelError(
            Reason.MISSING_SCOPE, Effect.NOT_SENT, message, provider_code=named, provider_message=message
        )


def text_of(title: str, answer: Answer, name: str) -> str:
    """A field of a token answer that must be there, as text (some networks send ids as numbers)."""
    value = answer.field(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, f"{title}: a token answer without {name}")
    return str(value)


async def end_grant(account: ConnectedAccount, end: Callable[[str], Awaitable[None]], dead: Container[Reason]) -> bool:
    """End a grant by its refresh token, or by the access token of an account that has no other.

    `dead` is what `end` fails with once the grant has ended already. Raises ChannelError.
    """
    token = account.credentials.refresh_token or account.credentials.access_token
    try:
        await end(token.get_secret_value())
    except ChannelError as error:
        if error.reason not in dead:
            raise
    return True


def app_request(url: str, form: Mapping[str, str], settings: AppSettings, proof: Callable[[Answer], object]) -> Request:
    """A form to an endpoint at which the app proves itself by its id and secret in the header."""
    proving = basic(settings)
    headers, hidden = {"authorization": f"Basic {proving}"}, [*secrets_in(form), settings.secret, proving]
    return Request("POST", url, form=form, headers=headers, secrets=hidden, proof=proof)


def has_token(answer: Answer) -> bool:
    """The proof of a grant."""
    return bool(answer.field("access_token"))


class AppLogin(ABC):
    """An app that a network knows, and the endpoint at which it gets tokens.

    `id_name` and `end_name` are the network's names of the app's id and of the seconds until a grant ends.
    """

    id_name, end_name = "client_id", "refresh_token_expires_in"

    def __init__(self, spec: ChannelSpec, settings: AppSettings, clock: Clock) -> None:
        self.spec, self.settings, self.clock = spec, settings, clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The app's id and secret."""
        return self.settings.missing(self.spec.name.upper())

    @property
    def app(self) -> dict[str, str]:
        """How the app proves itself in a form."""
        return {self.id_name: self.settings.client_id or "", "client_secret": self.settings.secret}

    @abstractmethod
    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """Call the token endpoint. Raises ChannelError."""

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

    See `munadi.ports.Authorizer`. `page` is the consent page; `separator` joins scopes. Without a verifier the network
    takes no PKCE. An account that `needs_refresh_token` would be lost soon without one. `dead`: how the end of a grant
    that has ended is refused.
    """

    separator = " "
    has_verifier = needs_refresh_token = True
    dead: Container[Reason] = (Reason.TOKEN_REVOKED,)

    def __init__(self, spec: ChannelSpec, settings: AppSettings, clock: Clock, page: str) -> None:
        AppLogin.__init__(self, spec, settings, clock)
        TokenAccounts.__init__(self, spec.title)
        self.page = page

    @property
    def authorizer(self) -> Authorizer:
        """The log-in, which this is itself."""
        return self

    async def owner(self, answer: Answer, token: str) -> tuple[str, str]:
        """By the account's profile."""
        profile = await self.profile_of(token)
        return profile.external_id, profile.handle

    @property
    def scopes(self) -> Sequence[str]:
        """What an owner is asked for."""
        return self.spec.scopes

    @abstractmethod
    async def end(self, token: str) -> None:
        """End a grant by one of its tokens. Raises ChannelError."""

    def asked(self, request: ConsentRequest) -> dict[str, str]:
        """What the address of the consent page has beside the usual."""
        return {}

    def challenge(self, verifier: str) -> str:
        """The challenge of a verifier."""
        return challenge_of(verifier)

    async def begin(self, request: ConsentRequest) -> Consent:
        """The consent page."""
        verifier = new_verifier() if self.has_verifier else ""
        client, scope = {self.id_name: self.settings.client_id or ""}, self.separator.join(self.scopes)
        query = consent_query(client, request, scope, self.challenge(verifier) if verifier else "")
        kept = {"verifier": verifier} if verifier else {}
        return Consent(consent_url(self.page, {**query, **self.asked(request)}), kept)

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
