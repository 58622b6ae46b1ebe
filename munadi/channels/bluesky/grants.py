"""A grant of OAuth: its tokens, and what is needed to use and renew them. Source: docs/networks/bluesky.md, section 2b.

The tokens are bound to a key that only this grant has (DPoP). A grant of the confidential client is also bound to the
client key it began with, so it carries both keys. A refresh token works once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from pydantic import SecretStr

from munadi.channels.bluesky.client import ClientKey, ClientKeys, is_confidential
from munadi.channels.bluesky.dpop import USE_NONCE, DpopKey
from munadi.channels.bluesky.errors import failure
from munadi.channels.bluesky.identity import AuthorizationServer
from munadi.channels.bluesky.spec import SPEC
from munadi.channels.bluesky.xrpc import CLIENT_KEY, DPOP_KEY, SCOPE, Access, Xrpc
from munadi.channels.http import Request
from munadi.channels.oauth import end_of, text_of
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer, Clock

# With these errors an authorization server refuses the proof, before it looks up the grant.
PROOF_REFUSED = frozenset({USE_NONCE, "invalid_dpop_proof"})
# The reference server ends a grant at this age, however often its tokens are renewed: a public client's after two
# weeks, a confidential client's after two years.
PUBLIC_LIFE, CONFIDENTIAL_LIFE = timedelta(days=14), timedelta(days=730)
# And a confidential client's refresh token ends when it is not used for three months.
REFRESH_LIFE = timedelta(days=90)
ENDS = "endsAt"


@dataclass(frozen=True)
class Grant:
    """What an account's tokens belong to. Its texts are stored with the tokens, sealed: both keys are secret.

    `client_key` is None for a grant that the public client began. `ends_at` is known from the consent on.
    """

    key: DpopKey
    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    client_id: str
    client_key: ClientKey | None = None
    ends_at: datetime | None = None

    @classmethod
    def new(cls, server: AuthorizationServer, client_id: str, client_key: ClientKey | None) -> Grant:
        """A grant to ask for, with a new key."""
        return cls(DpopKey.new(), server.issuer, server.token, server.revoke, client_id, client_key)

    @classmethod
    def read(cls, texts: Mapping[str, str]) -> Grant:
        """The grant of these `texts`. ChannelError when they are damaged: only a new consent helps."""
        try:
            key = DpopKey.read(SecretStr(texts[DPOP_KEY]))
            client_key = ClientKey.read(SecretStr(texts[CLIENT_KEY])) if CLIENT_KEY in texts else None
            names = ("issuer", "tokenEndpoint", "revocationEndpoint", "clientId")
            issuer, token, revocation, client_id = (texts[name] for name in names)
        except (KeyError, ValueError) as error:
            raise failure(Reason.TOKEN_REVOKED, "the grant is damaged") from error
        ends_at = datetime.fromisoformat(texts[ENDS]) if texts.get(ENDS) else None
        return cls(key, issuer, token, revocation, client_id, client_key, ends_at)

    @classmethod
    def of(cls, credentials: Credentials) -> Grant | None:
        """The grant of these credentials; None for those of a session."""
        if DPOP_KEY not in credentials.extra:
            return None
        return cls.read({name: secret.get_secret_value() for name, secret in credentials.extra.items()})

    @property
    def texts(self) -> dict[str, str]:
        """The grant as it is stored."""
        return {
            DPOP_KEY: self.key.text,
            "issuer": self.issuer,
            "tokenEndpoint": self.token_endpoint,
            "revocationEndpoint": self.revocation_endpoint,
            "clientId": self.client_id,
            **({CLIENT_KEY: self.client_key.text} if self.client_key else {}),
            **({ENDS: self.ends_at.isoformat()} if self.ends_at else {}),
        }

    def consented(self, now: datetime) -> Grant:
        """This grant after its owner's consent, with which its life begins."""
        return replace(self, ends_at=now + (CONFIDENTIAL_LIFE if self.client_key else PUBLIC_LIFE))

    def lapses_at(self, now: datetime) -> tuple[datetime | None, bool]:
        """When it ends if its tokens of `now` are never renewed, and whether renewing cannot change that."""
        unused = now + REFRESH_LIFE
        helps = self.ends_at is not None and self.ends_at > unused
        return (unused, False) if helps else (self.ends_at, self.ends_at is not None)


@dataclass(frozen=True)
class Granting:
    """Calls authorization servers in the name of grants. Everything raises ChannelError."""

    xrpc: Xrpc
    clock: Clock
    keys: ClientKeys

    async def post(self, grant: Grant, url: str, form: Mapping[str, str], *hidden: str) -> Answer:
        """Send a form as our client, with a proof of the grant's key; `hidden` are the secrets in it."""
        sent = {**form, "client_id": grant.client_id}
        key = self._client_key(grant)
        sign = None if key is None else partial(key.assertion, grant.client_id, grant.issuer, self.clock.now())
        try:
            request = Request("POST", url, form=sent, secrets=hidden)
            return await self.xrpc.send(request, Access("", grant.key), sign=sign)
        except ChannelError as error:
            if error.provider_code in PROOF_REFUSED:
                error.reason, error.effect = Reason.PROVIDER_OUTAGE, Effect.NOT_SENT
                advice = "check this machine's clock"
                error.message = f"{SPEC.title}: the authorization server did not accept our proof; {advice}"
            raise

    async def refresh(self, account: ConnectedAccount, grant: Grant) -> Credentials:
        """The next tokens. TOKEN_REVOKED when the grant has ended or its refresh token was used before."""
        token = account.credentials.refresh_token
        if token is None:
            raise failure(Reason.TOKEN_REVOKED, "the grant has no refresh token")
        secret = token.get_secret_value()
        form = {"grant_type": "refresh_token", "refresh_token": secret}
        answer = await self.post(grant, grant.token_endpoint, form, secret)
        if answer.field("sub") != account.external_id:
            message = "the authorization server renewed the token of another account"
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, message)
        return self.credentials(answer, grant)

    async def revoke(self, account: ConnectedAccount, grant: Grant) -> bool:
        """End it, with all its tokens; it is no error if the grant has ended already (RFC 7009, 2.2)."""
        if not grant.revocation_endpoint:
            return False
        credentials = account.credentials
        secret = (credentials.refresh_token or credentials.access_token).get_secret_value()
        await self.post(grant, grant.revocation_endpoint, {"token": secret}, secret)
        return True

    def credentials(self, answer: Answer, grant: Grant) -> Credentials:
        """From a token answer. ChannelError when the token is not bound by DPoP: a thief could use it."""
        if text_of(SPEC.title, answer, "token_type").lower() != "dpop":
            message = "the authorization server gave a token that is not bound to our key"
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, message)
        now, fresh = self.clock.now(), answer.field("refresh_token")
        lapses_at, is_final = grant.lapses_at(now)
        # The server binds the grant to the key of this request, also one that the public client began.
        bound = replace(grant, client_key=self._client_key(grant))
        texts = {**bound.texts, SCOPE: text_of(SPEC.title, answer, SCOPE)}
        return Credentials(
            access_token=SecretStr(text_of(SPEC.title, answer, "access_token")),
            refresh_token=SecretStr(fresh) if isinstance(fresh, str) and fresh else None,
            expires_at=end_of(now, answer.field("expires_in")),
            grant_expires_at=lapses_at,
            is_final=is_final,
            extra={name: SecretStr(text) for name, text in texts.items()},
        )

    def _client_key(self, grant: Grant) -> ClientKey | None:
        """The key of its assertions. A grant of the public client has none, and takes the newest once our metadata say
        that we are confidential: the reference server then treats it as a confidential client's."""
        return grant.client_key or (self.keys.newest if is_confidential(grant.client_id) else None)
