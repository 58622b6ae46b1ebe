"""Whose a token is, and what its server takes. Source: docs/networks/mastodon.md, sections 1 and 2.

A token has no end and no renewal. Ids are a server's own, so an account is `<id>@<host>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from munadi.channels.answers import object_in, text_in
from munadi.channels.channel import Accounts
from munadi.channels.http import given_id, no_proof
from munadi.channels.mastodon.api import Server, Servers
from munadi.channels.mastodon.errors import REVOKED, failure
from munadi.channels.mastodon.instance import FACT, Instance
from munadi.channels.mastodon.oauth import MastodonLogin
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport, Answer, Connection

MAX_SOFTWARE = 40


@dataclass(frozen=True)
class MastodonAccounts(Accounts):
    """Accounts of any server with Mastodon's API."""

    servers: Servers
    login: MastodonLogin

    @property
    def authorizer(self) -> MastodonLogin:
        """The log-in at the owner's server."""
        return self.login

    async def verify(self, given: AccountImport) -> Connection:
        """verify_credentials, then the server's limits. Raises ChannelError."""
        if given.access_token is None:
            raise failure(Reason.MISSING_FIELD, "give accessToken", Effect.REJECTED)
        if not given.service_url:
            message, pointer = "Mastodon: give the address of the account's server as serviceUrl", "/serviceUrl"
            raise FieldRefused(Reason.MISSING_FIELD, Effect.REJECTED, message, pointer=pointer, rule="missing")
        base = given.service_url.rstrip("/")
        server = self.servers.at(base, given.access_token.get_secret_value())
        answer = await _me(server)
        account_id, username = given_id(answer.field("id")), text_in(answer.body, "username")
        if account_id is None or username is None:
            raise no_proof(answer)
        host = urlsplit(base).netloc.rpartition("@")[2].lower()
        external_id = f"{account_id}@{host}"
        if given.external_id and given.external_id != external_id:
            message = f"Mastodon: this token is {external_id}'s, not {given.external_id}'s"
            rule = "credentials_of_external_id"
            raise FieldRefused(
                Reason.INVALID_FIELD,
                Effect.REJECTED,
                message,
                pointer="/externalId",
                rule=rule,
                limit=given.external_id,
                actual=external_id,
            )
        instance = await read_instance(server)
        profile = Profile(
            external_id=external_id,
            handle=f"{username}@{host}",
            display_name=text_in(answer.body, "display_name") or username,
            service_url=base,
            facts={FACT: instance.model_dump(mode="json")},
        )
        credentials = Credentials(access_token=given.access_token, expires_at=given.expires_at, extra=dict(given.extra))
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A token that a server refuses cannot be renewed. Raises ChannelError."""
        raise failure(Reason.TOKEN_REVOKED, REVOKED)


async def read_instance(server: Server) -> Instance:
    """The server's software and limits. Raises ChannelError; 404 of a newer document is an older server."""
    known = await server.optional("api/v2/instance") or await server.optional("api/v1/instance")
    if known is None or not isinstance(known.body, dict):
        message = "the address is not of a server with Mastodon's API"
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, message, Effect.REJECTED)
    return Instance.read(known, await _software(server))


async def _software(server: Server) -> str:
    """By NodeInfo, if the server has it at its own address; empty where it does not say."""
    try:
        links = await server.optional(".well-known/nodeinfo")
        listed = links.field("links") if links else None
        hrefs = [text_in(one, "href") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        own = next((href for href in hrefs if href and href.startswith(f"{server.base}/")), None)
        answer = await server.optional(own.removeprefix(f"{server.base}/")) if own else None
    except ChannelError:
        # Without it the server counts as one that only speaks the API: nothing is taken for granted.
        return ""
    name = text_in(object_in(answer.body, "software"), "name") if answer else None
    return (name or "")[:MAX_SOFTWARE].lower()


async def _me(server: Server) -> Answer:
    try:
        return await server.call("GET", "api/v1/accounts/verify_credentials")
    except ChannelError as error:
        if error.provider_code == "HTTP 422":  # snac's answer to a token that it does not know
            error.reason, error.effect, error.message = Reason.TOKEN_EXPIRED, Effect.NOT_SENT, f"Mastodon: {REVOKED}"
        raise
