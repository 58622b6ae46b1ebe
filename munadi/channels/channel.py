"""What every network's channel is made of: what it takes (`Rules`), whose a token is (`Accounts`), and its calls.

A network's class is a `NetworkChannel`, and so a `munadi.ports.Channel`: it writes the calls that make a post.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol

from pydantic import SecretStr

from munadi.channels.files import check_media_kinds
from munadi.channels.http import ChannelTools, could_not_read
from munadi.channels.options import parse_options
from munadi.channels.partial_options import readable_options
from munadi.channels.rules import Rules
from munadi.channels.steps import steps_after
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelSpec, MediaRule, Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import AccountImport, Authorizer, Channel, Connection, Publication
from munadi.ports.publication import Options, State


def only_one(
    found: Sequence[Published], what: str, otherwise: Absent | Unknown | None = None
) -> Published | Absent | Unknown:
    """The only one that fits. Several are Unknown; none is `otherwise`, by default Absent."""
    if len(found) > 1:
        return Unknown(note=f"{len(found)} {what}")
    return found[0] if found else otherwise or Absent()


class Accounts(ABC):
    """Whose a token is, a newer token for it, and where owners consent in a browser."""

    @property
    def authorizer(self) -> Authorizer | None:
        """The network's authorization server; None where accounts are connected by import alone."""
        return None

    @abstractmethod
    async def verify(self, given: AccountImport) -> Connection:
        """Read calls that prove credentials and name their owner. Never renews a token."""

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """New credentials for old; TOKEN_REVOKED when the grant is dead. By default a token does not change."""
        return account.credentials


class Login(Authorizer, Protocol):
    """An authorization server that renews what it granted."""

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """New credentials for old. Raises ChannelError: TOKEN_REVOKED when the grant is dead."""


def imported(given: AccountImport, token: SecretStr) -> Credentials:
    """The credentials of an import that was verified by its token."""
    return Credentials(
        access_token=token,
        refresh_token=given.refresh_token,
        expires_at=given.expires_at,
        grant_expires_at=given.grant_expires_at,
        is_final=given.is_final,
    )


class TokenAccounts(Accounts):
    """Accounts that one access token speaks for. `advice` says what an import without it lacks."""

    advice = "give accessToken"

    def __init__(self, title: str, login: Login | None = None) -> None:
        self._title, self._login = title, login

    @property
    def authorizer(self) -> Authorizer | None:
        """The log-in in a browser."""
        return self._login

    @abstractmethod
    async def profile_of(self, token: str) -> Profile:
        """Whose the token is. Raises ChannelError."""

    async def verify(self, given: AccountImport) -> Connection:
        """Prove the token, and that it is the one of the account that `given` names. Raises ChannelError."""
        if given.access_token is None:
            raise ChannelError(Reason.MISSING_FIELD, Effect.REJECTED, f"{self._title}: {self.advice}")
        profile = await self.profile_of(given.access_token.get_secret_value())
        if given.external_id and given.external_id != profile.external_id:
            message = f"{self._title}: this token is {profile.external_id}'s, not externalId's"
            raise ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, message)
        return Connection(profile, imported(given, given.access_token))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """By the log-in; without one a token does not change."""
        return await self._login.refresh(account) if self._login else account.credentials


@dataclass(frozen=True)
class Parts(Generic[Options]):
    """What a network's channel is made of, beside its calls."""

    spec: ChannelSpec
    rules: Rules[Options]
    accounts: Accounts


class NetworkChannel(Channel[Options, State]):
    """A channel made of parts: its rules, whose a token is, and the calls that make a post, which a network writes."""

    def __init__(self, parts: Parts[Options], tools: ChannelTools) -> None:
        self.spec, self.rules, self.accounts, self.host_calls = parts.spec, parts.rules, parts.accounts, tools.calls
        self.authorizer = parts.accounts.authorizer

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Every violation: of the options' model first, then of the rules."""
        options, problems = parse_options(self.spec, self.options, draft.options)
        if options is None:
            options = readable_options(self.options, draft.options)
        found = [self.rules.option_problem(each) for each in problems]
        # What else the rules find at a file of a wrong kind is judged by the limits of another kind.
        wrong = check_media_kinds(self.spec, draft.media)
        places = {one.pointer for one in wrong}
        judged = self.rules.validate(draft, options, account)
        return found + wrong + [one for one in judged if one.pointer.removesuffix("/alt") not in places]

    def media_rules(self, draft: Draft, account: ConnectedAccount | None) -> tuple[MediaRule | None, ...]:
        options = parse_options(self.spec, self.options, draft.options)[0]
        return self.rules.media_rules(draft, options or readable_options(self.options, draft.options), account)

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        return self.rules.lengths(draft, account)

    def lead(self, draft: Draft) -> timedelta:
        return self.rules.lead(draft, self._valid_options(draft))

    def steps(self, draft: Draft) -> tuple[str, ...]:
        return steps_after(draft)

    def price(self, draft: Draft) -> int:
        return self.rules.price(draft)

    def resend(self, draft: Draft, step: str) -> Resend:
        return self.rules.resend(draft, self._valid_options(draft), step)

    async def _verify(self, given: AccountImport) -> Connection:
        return await self.accounts.verify(given)

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        return await self.accounts.refresh(account)

    async def _find(
        self, publication: Publication[Options, State], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """By `_search`. What the network did not let us read is not known: it proves no absence."""
        try:
            return await self._search(publication, since, step)
        except ChannelError as error:
            return could_not_read(error)

    @abstractmethod
    async def _search(
        self, publication: Publication[Options, State], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """Read whether the step is live, after an unknown outcome. Raises ChannelError."""

    def not_prepared(self) -> ChannelError:
        """Why nothing is sent: the core asked for the visible call too early."""
        message = f"{self.spec.title}: publish was called before prepare ended"
        return ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)

    def _valid_options(self, draft: Draft) -> Options | None:
        return parse_options(self.spec, self.options, draft.options)[0]
