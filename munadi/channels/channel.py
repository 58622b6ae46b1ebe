"""A channel made of parts: what it takes (`Rules`), how it posts (`Publisher`), whose a token is (`Accounts`).

`ComposedChannel` gives the rest of Munadi one port, `munadi.ports.Channel`. It parses a post's options once and hands
the typed model on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from munadi.channels.options import parse_options
from munadi.channels.partial_options import readable_options
from munadi.channels.text import (
    check_extras,
    check_media_count,
    check_media_files,
    check_media_kinds,
    check_text,
    lengths,
)
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelSpec, Resend, TextLength, TextLimit
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import POST, Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Authorizer, Connection, PublicationDraft, SaveHandle, VisibleStep

COMMENT, PART = "comment", "part-"
Options = TypeVar("Options", bound=BaseModel)


@dataclass(frozen=True)
class Post(Generic[Options]):
    """One post for one account. `handle` holds what was prepared so far."""

    draft: PublicationDraft
    account: ConnectedAccount
    handle: Handle | None
    model: type[Options]

    @cached_property
    def options(self) -> Options:
        """The draft's options as the channel's model; they were validated before the post was accepted."""
        return self.model.model_validate(self.draft.options)


def parent_of(step: str) -> str:
    """The step that a reply answers: the part before it, or the post."""
    number = int(step.removeprefix(PART)) if step.startswith(PART) else 2
    return POST if number <= 2 else f"{PART}{number - 1}"


def only_one(
    found: Sequence[Published], what: str, otherwise: Absent | Unknown | None = None
) -> Published | Absent | Unknown:
    """The only one that fits. Several are Unknown; none is `otherwise`, by default Absent."""
    if len(found) > 1:
        return Unknown(note=f"{len(found)} {what}")
    return found[0] if found else otherwise or Absent()


class Rules(Generic[Options]):
    """What a network takes, and how a post for it is planned. Pure.

    The defaults follow the spec; a channel overrides what its network does differently. Where some of the draft's
    options are invalid, `options` are the others: `ComposedChannel` has reported those problems already. None where
    nothing can be read. `comment_limits` are the limits of a first comment's length.
    """

    comment_limits: Sequence[TextLimit] = ()

    def __init__(self, spec: ChannelSpec) -> None:
        self.spec = spec

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """Every other problem of the draft, with pointers relative to it."""
        spec = self.spec
        found = check_text(spec, draft.text) + check_extras(spec, draft)
        return found + check_media_count(spec, draft.media) + check_media_files(spec, draft.media)

    def option_problem(self, found: Problem) -> Problem:
        """A problem of the options' model, or a clearer one in its place."""
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each text, by each limit that `validate` applies to it."""
        return lengths(self.spec.text_limits, draft.text) + self.comment_lengths(draft)

    def comment_lengths(self, draft: Draft) -> list[TextLength]:
        """The length of the first comment, if there is one."""
        return lengths(self.comment_limits, draft.first_comment, "/firstComment") if draft.first_comment else []

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """How long before the slot `prepare` should begin; zero when there is nothing to prepare."""
        return self.spec.lead

    def steps(self, draft: Draft) -> tuple[str, ...]:
        """The visible steps after the post, in order: `part-2`, `part-3`…, then `comment`."""
        parts = tuple(f"{PART}{number}" for number in range(2, len(draft.parts) + 2))
        return (*parts, COMMENT) if draft.first_comment else parts

    def resend(self, draft: Draft, options: Options | None, step: str) -> Resend:
        """Whether this step may be sent again once its visible call is proven to have had no effect."""
        return self.spec.resend


class Publisher(ABC, Generic[Options]):
    """The calls that make a post. Every failure is a ChannelError. See `munadi.ports.Channel` for each promise."""

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Invisible and repeatable: uploads, containers. Each id is saved as soon as it is known."""
        return Ready()

    @abstractmethod
    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """Visible: exactly one request, made with `gate=step.gate` and with a proof of its success."""

    @abstractmethod
    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """Read only: how far the preparation or the accepted post is. PostDropped when the network gave it up."""

    @abstractmethod
    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """Read only, after an unknown outcome: whether the step is live. Several candidates are Unknown."""

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Remove what was prepared and is not needed. By default nothing: the network lets it expire."""


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
        """See `Accounts`."""


class TokenAccounts(Accounts):
    """Accounts that one access token speaks for. `advice` says what an import without it lacks."""

    def __init__(self, title: str, login: Login | None = None, advice: str = "give accessToken") -> None:
        self._title, self._login, self._advice = title, login, advice

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
            raise ChannelError(Reason.MISSING_FIELD, Effect.REJECTED, f"{self._title}: {self._advice}")
        profile = await self.profile_of(given.access_token.get_secret_value())
        if given.external_id and given.external_id != profile.external_id:
            message = f"{self._title}: this token is {profile.external_id}'s, not externalId's"
            raise ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, message)
        credentials = Credentials(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=given.expires_at,
            grant_expires_at=given.grant_expires_at,
            is_final=given.is_final,
        )
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """By the log-in; without one a token does not change."""
        return await self._login.refresh(account) if self._login else account.credentials


class ComposedChannel(Generic[Options]):
    """The parts as one `munadi.ports.Channel`. `explain` is the channel's error table: answer → ChannelError.

    What a part has by the port's own signature is the port's; around the rest, options and `Post` are made once.
    """

    def __init__(
        self,
        spec: ChannelSpec,
        options: type[Options],
        rules: Rules[Options],
        publisher: Publisher[Options],
        accounts: Accounts,
        explain: Callable[[Answer], ChannelError],
    ) -> None:
        self.spec, self.options, self.authorizer, self.explain = spec, options, accounts.authorizer, explain
        self.lengths, self.steps = rules.lengths, rules.steps
        self.discard, self.verify, self.refresh = publisher.discard, accounts.verify, accounts.refresh
        self._rules, self._publisher = rules, publisher

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Every violation: of the options' model first, then of the rules."""
        options, problems = parse_options(self.spec, self.options, draft.options)
        if options is None:
            options = readable_options(self.options, draft.options)
        found = [self._rules.option_problem(each) for each in problems]
        # What else the rules find at a file of a wrong kind is judged by the limits of another kind.
        wrong = check_media_kinds(self.spec, draft.media)
        places = {one.pointer for one in wrong}
        judged = self._rules.validate(draft, options, account)
        return found + wrong + [one for one in judged if one.pointer.removesuffix("/alt") not in places]

    def lead(self, draft: Draft) -> timedelta:
        """See `Rules`."""
        return self._rules.lead(draft, self._valid_options(draft))

    def resend(self, draft: Draft, step: str) -> Resend:
        """See `Rules`."""
        return self._rules.resend(draft, self._valid_options(draft), step)

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """See `Publisher`."""
        return await self._publisher.prepare(Post(draft, account, handle, self.options), save)

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        step: VisibleStep,
    ) -> Published | Pending:
        """See `Publisher`."""
        return await self._publisher.publish(Post(draft, account, handle, self.options), save, step)

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """See `Publisher`."""
        return await self._publisher.check(Post(draft, account, handle, self.options))

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        step: str = POST,
    ) -> Published | Absent | Unknown:
        """See `Publisher`."""
        return await self._publisher.find(Post(draft, account, handle, self.options), since, step)

    def _valid_options(self, draft: Draft) -> Options | None:
        return parse_options(self.spec, self.options, draft.options)[0]
