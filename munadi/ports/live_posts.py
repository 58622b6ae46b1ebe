"""The part of a channel's port that is about what is live: it is read, withdrawn and edited."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, final

from munadi.domain.account import ConnectedAccount
from munadi.domain.attempt import Attempt
from munadi.domain.channel import ChannelSpec
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule, rule_for
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.domain.withdrawal_rule import WithdrawalRule


class LivePosts(ABC):
    """What a channel does with live posts. By default a network has no way, and shows nothing."""

    spec: ChannelSpec

    def withdrawal(self, draft: Draft, account: ConnectedAccount) -> WithdrawalRule:
        """How a post of this kind at this account is taken back: the network's rule, or why it cannot be."""
        return self.spec.withdrawal.of(draft.options.get("kind"), account.login)

    @final
    async def withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        """Make the one request that removes an object, with `gate=attempt.gate`. Returns only if the answer proves it.

        A network that says "there is no such object" has the effect `unknown`: only a look shows what that means.
        """
        async with self._boundary("withdraw", account, attempt=attempt) as network:
            await network._withdraw(one, account, attempt)

    @final
    async def look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        """Read whether objects of one post are still there, in their order. GONE only where reading something else of
        the account worked, so that neither a lost permission nor an outage looks like a removal. Raises ChannelError.
        """
        async with self._boundary("look", account) as network:
            return await network._look(objects, account)

    @final
    async def watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        """Look at up to `LookRule.at_once` objects of any posts of an account: with few requests, and as the public
        sees them where the network shows that. GONE as for `look`. What no request was left for is `left_out`. Raises
        ChannelError.
        """
        async with self._boundary("look", account) as network:
            return await network._watch(objects, account)

    def live_edit(self, draft: Draft, account: ConnectedAccount) -> EditRule:
        """What of a live post of this kind at this account can be edited: the network's rule, or why nothing can."""
        return rule_for(self.spec.live_edit, draft.options.get("kind"), account.login)

    @final
    async def edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        """Make the one request that changes a live post, with `gate=attempt.gate`. Returns only if the answer proves
        it. Everything that an edit would lose is sent again; what must be read for that is read before the gate.
        """
        async with self._boundary("edit", account, attempt=attempt) as network:
            await network._edit(version, account, attempt)

    @final
    async def read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        """Read what a live post says, and compare it with a version. GONE as for `look`. Raises ChannelError."""
        async with self._boundary("read_live", account) as network:
            return await network._read_live(version, account)

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        """By default there is no way; the rule of the network says so before anything is asked for."""
        message = f"{self.spec.title} lets no app remove a post"
        raise ChannelError(Reason.WITHDRAWAL_REFUSED, Effect.NOT_SENT, message)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        """By default the network shows nothing."""
        return [Seen(verdict=Verdict.UNREADABLE, blind=True)] * len(objects)

    async def _watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        """By default a look at them shows all that there is."""
        return await self._look(objects, account)

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        """By default there is no way; the rule of the network says so before anything is asked for."""
        raise ChannelError(Reason.EDIT_REFUSED, Effect.NOT_SENT, f"{self.spec.title} lets no app edit a post")

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        """By default the network shows no app what a post says."""
        return Shown(says=Says.NOTHING, blind=True)

    @abstractmethod
    def _boundary(
        self, operation: str, owner: Any = None, publication: Any = None, attempt: Attempt | None = None
    ) -> AbstractAsyncContextManager[LivePosts]:
        """The place and the time limit of one call; yields what is called; it raises a ChannelError."""
