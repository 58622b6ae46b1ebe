"""Whose credentials are, and new tokens for old. Source: docs/networks/bluesky.md, section 2a.

A session's refresh answers with a *pair*. The used refresh token still works for two hours, so a lost answer costs
nothing.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from munadi.channels.bluesky.client import KEY_FACT, ClientKey
from munadi.channels.bluesky.errors import failure, field_refused
from munadi.channels.bluesky.grants import Grant
from munadi.channels.bluesky.identity import Owner, pds_of
from munadi.channels.bluesky.oauth import BlueskyLogin
from munadi.channels.bluesky.proving import Claim, Proving
from munadi.channels.bluesky.xrpc import CLIENT_KEY, SCOPE, Access, Xrpc
from munadi.channels.channel import Accounts
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Connection

# A refresh answers so when the grant has ended, rather than only the access token.
DEAD_GRANT = frozenset({"ExpiredToken", "InvalidToken"})


@dataclass(frozen=True)
class BlueskyAccounts(Accounts):
    """Accounts of any PDS, by the session of an app password or by a grant of OAuth."""

    xrpc: Xrpc
    proving: Proving
    login: BlueskyLogin

    @property
    def authorizer(self) -> BlueskyLogin:
        return self.login

    async def verify(self, given: AccountImport) -> Connection:
        """Log in with identifier and app password, or read the session behind a token. Raises ChannelError.

        What the server says about the account is a claim, which `proving` checks.
        """
        base = (given.service_url or self.xrpc.entryway).rstrip("/")
        if given.identifier and given.password:
            secret = given.password.get_secret_value()
            body = {"identifier": given.identifier, "password": secret}
            login = "com.atproto.server.createSession"
            answer = await self.xrpc.procedure(base, login, body=body, secrets=[secret])
            credentials = _pair(answer)
        elif given.access_token:
            answer, credentials = await self._read_session(base, given.access_token, given)
        else:
            message = "give identifier and password (an app password), or accessToken"
            raise failure(Reason.MISSING_FIELD, message, Effect.REJECTED)
        claim = _claim(answer)
        if given.external_id and given.external_id != claim.did:
            message = f"these credentials are {claim.did}'s, not {given.external_id}'s"
            rule = "credentials_of_external_id"
            raise field_refused(message, "/externalId", rule, given.external_id, claim.did)
        proven = await self.proving.prove(claim, base, given)
        return Connection(_profile(proven, credentials), credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A new pair of tokens. Raises ChannelError: TOKEN_REVOKED when only a new login helps."""
        grant = Grant.of(account.credentials)
        if grant is not None:
            return await self.login.granting.refresh(account, grant)
        token = account.credentials.refresh_token
        if token is None:
            raise failure(Reason.TOKEN_REVOKED, "the account was connected without a refresh token", Effect.REJECTED)
        base = account.service_url or self.xrpc.entryway
        answer = await self._refresh(base, token)
        # An import may not know yet whose it is.
        if account.external_id and answer.field("did") not in (None, account.external_id):
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, f"{base} renewed the session of another account")
        return _pair(answer)

    async def _read_session(self, base: str, token: SecretStr, given: AccountImport) -> tuple[Answer, Credentials]:
        """getSession with the given token."""
        access, refresh = Access.of(token, given.extra), given.refresh_token
        answer = await self.xrpc.query(base, "com.atproto.server.getSession", access=access)
        credentials = Credentials(
            access_token=token,
            refresh_token=refresh,
            expires_at=expiry(access.token) or given.expires_at,
            grant_expires_at=given.grant_expires_at or (refresh and expiry(refresh.get_secret_value())),
            is_final=given.is_final,
            extra=dict(given.extra),
        )
        return answer, credentials

    async def _refresh(self, base: str, token: SecretStr) -> Answer:
        try:
            access = Access(token.get_secret_value())
            answer = await self.xrpc.procedure(base, "com.atproto.server.refreshSession", access=access)
        except ChannelError as error:
            if error.provider_code in DEAD_GRANT:
                error.reason, error.effect = Reason.TOKEN_REVOKED, Effect.NOT_SENT
                error.message = "Bluesky: the app password was revoked or the session has ended"
            raise
        _check_active(answer)
        return answer


def expiry(token: str) -> datetime | None:
    """The `exp` of a JWT, unverified (we only plan by it); None when it cannot be read."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, OSError):
        return None


def _pair(answer: Answer) -> Credentials:
    access, refresh = answer.field("accessJwt"), answer.field("refreshJwt")
    if not isinstance(access, str) or not isinstance(refresh, str):
        raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "a session without tokens", Effect.UNKNOWN)
    return Credentials(
        access_token=SecretStr(access),
        refresh_token=SecretStr(refresh),
        expires_at=expiry(access),
        grant_expires_at=expiry(refresh),
    )


def _claim(answer: Answer) -> Claim:
    did, handle = answer.field("did"), answer.field("handle")
    if not isinstance(did, str) or not did.startswith("did:"):
        raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "a session without a DID", Effect.UNKNOWN)
    _check_active(answer)
    return Claim(did, handle if isinstance(handle, str) else None, pds_of(answer.field("didDoc")))


def _profile(proven: Owner, credentials: Credentials) -> Profile:
    extra = credentials.extra
    return Profile(
        external_id=proven.did,
        handle=proven.handle or proven.did,
        service_url=proven.pds,
        scopes=tuple(extra[SCOPE].get_secret_value().split()) if SCOPE in extra else (),
        facts={KEY_FACT: ClientKey.read(extra[CLIENT_KEY]).jwk} if CLIENT_KEY in extra else {},
    )


def _check_active(answer: Answer) -> None:
    if answer.field("active") is False:
        status = str(answer.field("status") or "inactive")[:40]
        raise failure(Reason.ACCOUNT_RESTRICTED, f"the account is {status}", Effect.REJECTED, status)
