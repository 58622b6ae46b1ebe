"""Looks at many posts of a page with few requests. Source: docs/networks/linkedin.md, section 9.

Requests of a day are few, so the list of the page's newest posts comes first: it shows as much of a post as its own
address. What it lacks is older, or gone, and is read by its id; a 404 counts as gone where the list shows other posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from munadi.channels.answers import object_in, text_in, whole_number
from munadi.channels.http import no_proof
from munadi.channels.linkedin.api import MOST_READ, Api
from munadi.channels.linkedin.errors import URN
from munadi.channels.linkedin.removing import ABSENT, shown
from munadi.channels.looking import FEW, NOT_READ, Look, batches
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import COMMENT
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

# A look at many posts makes so many requests: a page of an app in the Development tier has a hundred in a day.
MOST_REQUESTS = 4
COMMENTS = Seen(verdict=Verdict.UNREADABLE, word="comments are not read", blind=True)
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of LinkedIn")
NO_CONTROL = Seen(verdict=Verdict.UNREADABLE, word="NOT_FOUND, and the page shows no other post")


@dataclass
class PageLook:
    """One look at many posts of a page. `listed` are the posts of the list, as far as it was read."""

    api: Api
    account: ConnectedAccount
    look: Look
    reads_several: bool
    listed: set[str] = field(default_factory=set)

    async def run(self) -> list[Seen]:
        """What each post shows. Raises ChannelError when nothing can be read."""
        look = self.look
        look.failures |= {one.id: NO_ID for one in look.objects if not URN.fullmatch(one.id)}
        look.failures |= {one.id: COMMENTS for one in look.objects if one.step == COMMENT}
        await self._by_list()
        missing = await (self._by_ids() if self.reads_several else self._one_by_one())
        if missing and not self.listed and not look.found:
            await self._page(0)  # the control
        for one, seen in [(one, self._absent(one)) for one in missing]:
            known = look.found if seen.verdict is Verdict.GONE else look.failures
            known[one.id] = seen
        if look.left == 0:
            look.failures |= {one.id: NOT_READ for one in look.unread}
        return look.seen()

    async def _by_list(self) -> None:
        """Read pages of the list while they show any of the posts, and more than a few are left."""
        number, found = 0, True
        while found and len(self.look.unread) > FEW:
            rows = await self._page(number)
            found = any(one.id in rows for one in self.look.unread)
            self.look.found |= {one.id: shown(rows[one.id]) for one in self.look.unread if one.id in rows}
            number += 1

    async def _page(self, number: int) -> Mapping[str, Any]:
        """The posts of a page of the list by their ids; none where it cannot be read."""
        if not self.look.may_read():
            return {}
        try:
            rows = await self.api.shown_posts(self.account.token, self.account.external_id, number)
        except ChannelError as error:
            self.look.failed(error)
            return {}
        by_id = {urn: row for row in rows if (urn := text_in(row, "id"))}
        self.listed |= set(by_id)
        return by_id

    async def _by_ids(self) -> list[PostedObject]:
        """Read the rest, fifty in a call; those that are not found. One by one where LinkedIn refuses such calls."""
        missing = list[PostedObject]()
        for batch in batches(self.look.unread, MOST_READ):
            if not self.look.may_read():
                break
            try:
                answer = await self.api.posts_by_id(self.account.token, [one.id for one in batch])
                missing += self._read(batch, answer.body)
            except ChannelError as error:
                if error.effect is Effect.REJECTED:
                    return missing + await self._one_by_one()
                self.look.failed(error, batch)
        return missing

    def _read(self, batch: Sequence[PostedObject], body: Any) -> list[PostedObject]:
        """Note what the answer about several posts shows of each; those that are not found. Raises ChannelError."""
        results, errors = object_in(body, "results"), object_in(body, "errors")
        missing = []
        for one in batch:
            if text_in(results.get(one.id), "id") == one.id:
                self.look.found[one.id] = shown(results[one.id])
            elif _status(errors.get(one.id)) == 404:
                missing.append(one)
            else:
                self.look.failures[one.id] = _unread(errors.get(one.id))
        return missing

    async def _one_by_one(self) -> list[PostedObject]:
        """Read the rest by their own addresses; those that are not found."""
        missing = list[PostedObject]()
        for one in self.look.unread:
            if not self.look.may_read():
                break
            try:
                answer = await self.api.shown_post(self.account.token, one.id)
                if text_in(answer.body, "id") is None:
                    raise no_proof(answer, [self.account.token])
                self.look.found[one.id] = shown(answer.body)
            except ChannelError as error:
                if error.reason is Reason.TARGET_NOT_ACCESSIBLE:
                    missing.append(one)
                else:
                    self.look.failed(error, [one])
        return missing

    def _absent(self, one: PostedObject) -> Seen:
        """What a 404 means: another post of the page, by its id or in the list, is the control. The list lags."""
        if one.id in self.listed:
            return Seen(verdict=Verdict.UNREADABLE, word=f"{ABSENT}, but listed")
        return Seen(verdict=Verdict.GONE, word=ABSENT) if self.listed or self.look.found else NO_CONTROL


def _status(error: Any) -> int | None:
    return whole_number(object_in(error).get("status"))


def _unread(error: Any) -> Seen:
    """A post that an answer neither shows nor calls missing."""
    known: Mapping[str, Any] = object_in(error)
    word = text_in(known, "code") or text_in(known, "message") or "not returned"
    return Seen(verdict=Verdict.UNREADABLE, word=word)
