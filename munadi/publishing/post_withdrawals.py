"""Takes live posts back: the calls of the service for posts that a person makes after `published`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from munadi.db.answers import Answer
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.tables import PublicationRow
from munadi.domain.audit import Action
from munadi.domain.publication import PublicationStatus, Warning_
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule
from munadi.intake.ending import CODE
from munadi.publishing import changes, withdrawing
from munadi.publishing.content import LockedContent
from munadi.publishing.ending import replace_warnings
from munadi.publishing.post_changes import PostChanges
from munadi.publishing.states import ChangeRefused
from munadi.publishing.withdrawing import NotWithdrawable, rule_of

Found = TypeVar("Found")


@dataclass(frozen=True)
class Way:
    """How a live publication is taken back: hidden or deleted, and what `leaves`. `refusal`: why it cannot be."""

    hides: bool = False
    leaves: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class PostWithdrawals(PostChanges):
    """Withdrawals. They are refused here, before anything is done, where the network has no way."""

    async def withdraw(self, publication_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Take one live publication back. Raises ChangeRefused, NotWithdrawable.

        What was asked for before is not asked for again, whatever the network or the account allows now.
        """

        async def change(post: LockedContent, row: PublicationRow) -> None:
            if withdrawing.may_be_requested(row):
                withdrawing.require_live(row)
                await _withdraw(post, [(row, await rule_of(post, row, self.channels))])

        return await self._change_publication(publication_id, caller, key, "publications.withdraw", change)

    async def ways_to_withdraw(self, content_id: str, caller: Principal) -> dict[str, Way]:
        """How each live publication of a post could be taken back now, by its id. Nothing is changed."""
        return await self._of_each_live(content_id, caller, self._way)

    async def _of_each_live(
        self,
        content_id: str,
        caller: Principal,
        find: Callable[[LockedContent, PublicationRow], Awaitable[Found | None]],
    ) -> dict[str, Found]:
        """What is found for each live publication of a post, by its id, without those for which it is None."""
        await self._found(content_id, caller)
        async with self.database.read() as session:
            post = await LockedContent.read(session, content_id, self.clock.now())
            if post is None:  # it was erased meanwhile
                return {}
            live = [row for row in post.publications if row.status == PublicationStatus.PUBLISHED]
            return {row.id: found for row in live if (found := await find(post, row)) is not None}

    async def _way(self, post: LockedContent, row: PublicationRow) -> Way | None:
        if not withdrawing.may_be_requested(row):
            return None
        try:
            rule = await rule_of(post, row, self.channels)
        except (NotWithdrawable, ChangeRefused) as error:
            return Way(refusal=str(error))
        return Way(hides=rule.kind is Removal.HIDE, leaves=rule.leaves)

    async def withdraw_content(self, content_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Take back all of a post that is live and can be; NotWithdrawable or ChangeRefused where nothing can be.

        A warning of the answer names each publication that stays: its network has no way, or its account no access.
        """

        async def change(post: LockedContent) -> None:
            live = [row for row in post.publications if row.status == PublicationStatus.PUBLISHED]
            if not live:
                raise ChangeRefused("NOT_LIVE", f"the post is {post.content.status}; nothing of it is published")
            possible, refused = [], list[tuple[str, NotWithdrawable | ChangeRefused]]()
            asked_before = [row for row in live if not withdrawing.may_be_requested(row)]
            for row in live:
                if row not in asked_before:
                    try:
                        possible.append((row, await rule_of(post, row, self.channels)))
                    except (NotWithdrawable, ChangeRefused) as error:
                        refused.append((row.channel, error))
            if refused and not (possible or asked_before):
                raise refused[0][1]
            stays = [_warning(channel, error) for channel, error in refused]
            await _withdraw(post, possible, stays)

        return await self._change(content_id, caller, key, "contents.withdraw", change)


def _warning(channel: str, error: NotWithdrawable | ChangeRefused) -> Warning_:
    where = f" Its address: {error.permalink}" if isinstance(error, NotWithdrawable) and error.permalink else ""
    return Warning_(code=CODE, message=f"{error}{where}", channel=channel)


async def _withdraw(
    post: LockedContent, rows: list[tuple[PublicationRow, WithdrawalRule]], stays: Sequence[Warning_] = ()
) -> None:
    """Ask for these withdrawals. `stays`: a warning for each network of the post that has no way."""
    asked = [row for row, rule in rows if await withdrawing.request(post, row, rule)]
    if asked:
        if stays:
            replace_warnings(post, stays)
        changes.begin(post, Action.PUBLICATION_WITHDRAWN, asked[0].id if len(rows) == 1 else None)
        await changes.changed(post)
