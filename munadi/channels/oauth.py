"""Authorization servers: PKCE, the address of a consent page, what comes back from it, tokens and their renewal.

Sources: RFC 6749 (OAuth 2.0), RFC 7636 (PKCE). `munadi.channels.apps` has the log-in of most networks.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Collection, Container, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from munadi.channels.answers import whole_number
from munadi.channels.settings import AppSettings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import Answer, ConsentRequest

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
    known = whole_number(seconds)
    return now + timedelta(seconds=known) if known else None


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
