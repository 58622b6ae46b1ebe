"""Looks whether posts are there, and whether the public sees them. Source: docs/networks/mastodon.md, section 9.

What a server shows without a token is what the public sees. Everything else is read as the account itself sees it. A
post is gone when the account does not see it either, and sees something else of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import given_id, no_proof
from munadi.channels.looking import FEW, Look, are_many, batches
from munadi.channels.mastodon.api import Server
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.spec import HIDDEN
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

# A list of more ids is refused with 422.
MOST_IDS = 20
MAX_PAGES = 5
ABSENT = "Record not found"
OWN_EYES = "shown to the account itself only"
# Secure mode: the server shows nothing to anybody who is not logged in.
_CLOSED = re.compile("requires an authenticated user", re.I)
Row = Mapping[str, Any]


async def look(
    server: Server, public: Server | None, objects: Sequence[PostedObject], account: ConnectedAccount
) -> list[Seen]:
    """What each post shows. `public`: the server without a token, if what people see counts. Raises ChannelError when
    nothing can be read.
    """
    sight = Sight(server, public, account, Look.at(objects))
    if sight.instance.lists_by_id:
        await sight.by_ids()
    else:
        await sight.by_list_and_one_by_one()
    if sight.absent and not sight.look.has_ended:
        try:
            await sight.prove()
        except ChannelError as error:
            sight.look.failed(error, sight.absent)
    return sight.look.seen()


class Sight:
    """One look at posts of an account. `absent` are those that the account does not see."""

    def __init__(self, server: Server, public: Server | None, account: ConnectedAccount, look: Look) -> None:
        self.server, self.public, self.account, self.look = server, public, account, look
        self.instance = Instance.of(account)
        self.absent: list[PostedObject] = []
        self._sees_another = False

    async def by_ids(self) -> None:
        """Many posts in one call: as the public sees them, and as the account does what that leaves open."""
        shown, closed = await self._as_public()
        blurred = {name for name, row in shown.items() if row.get("sensitive") is True}
        self.look.found |= {name: _seen(row) for name, row in shown.items() if name not in blurred}
        for some in batches(self.look.unread, MOST_IDS):
            if not self.look.may_read():
                return
            try:
                rows = await _several(self.server, some)
            except ChannelError as error:
                self.look.failed(error, [one for one in some if one.id not in blurred])
                self.look.found |= {one.id: _seen(shown[one.id]) for one in some if one.id in blurred}
                continue
            self._sees_another = self._sees_another or bool(rows)
            for one in some:
                row = rows.get(one.id)
                if one.id in blurred:
                    self.look.found[one.id] = await self._sensitive(row) if row else _seen(shown[one.id])
                elif row is None:
                    self.absent.append(one)
                else:
                    self.look.found[one.id] = _own(row, closed)

    async def by_list_and_one_by_one(self) -> None:
        """Servers without such a call: the account's list for many posts, and one by one what it lacks."""
        look = self.look
        if are_many(look.objects):
            await self._by_list()
        for one in look.unread:
            if not look.may_read():
                return
            try:
                row = await shown_alone(self.server, one)
            except ChannelError as error:
                look.failed(error, [one])
                continue
            if row is None:
                self.absent.append(one)
            else:
                self._sees_another = True
                look.found[one.id] = _seen(row)

    async def prove(self) -> None:
        """What is absent is GONE if the account saw another post, or itself. Raises ChannelError."""
        if self._sees_another or await knows(self.server, self.account):
            verdict = Verdict.GONE if self.instance.keeps_ids else Verdict.UNSEEN
            seen = Seen(verdict=verdict, word=ABSENT)
        else:
            seen = Seen(verdict=Verdict.UNREADABLE, word="the token is another account's")
        self.look.found |= {one.id: seen for one in self.absent}

    async def _as_public(self) -> tuple[dict[str, Row], str | None]:
        """What is shown without a token, or the server's own words where it shows nothing so.

        A server that cannot be read so is read with the token: "" stands for what nobody knows.
        """
        shown: dict[str, Row] = {}
        if self.public is None:
            return {}, ""
        for some in batches(self.look.objects, MOST_IDS):
            if not self.look.may_read():
                break
            try:
                shown |= await _several(self.public, some)
            except ChannelError as error:
                said = error.provider_message or ""
                return shown, said if error.provider_code == "HTTP 401" and _CLOSED.search(said) else ""
        return shown, None

    async def _sensitive(self, row: Row) -> Seen:
        """A post whose media people see blurred only: by its author, or LIMITED by a moderator.

        A moderator may do so to an account, which its owner's own view does not show; or to a post, by an edit.
        """
        limited = Seen(verdict=Verdict.LIMITED, word="sensitive")
        if row.get("sensitive") is not True:
            return limited
        if row.get("edited_at") and self.look.may_read():
            path = f"api/v1/statuses/{quote(str(row.get('id')), safe='')}/history"
            try:
                answer = await self.server.call("GET", path)
            except ChannelError as error:
                self.look.failed(error)
                return _seen(row)
            versions = answer.body if isinstance(answer.body, list) else []
            if versions and object_in(versions[0]).get("sensitive") is False:
                return limited
        return _seen(row)

    async def _by_list(self) -> None:
        """Pages of the account's own posts, while they show any and more than a few are left."""
        oldest, account_id = None, self.account.external_id.partition("@")[0]
        for _ in range(MAX_PAGES):
            wanted = {one.id for one in self.look.unread}
            if len(wanted) <= FEW or not self.look.may_read():
                return
            try:
                rows = await self.server.statuses(account_id, max_id=oldest)
            except ChannelError as error:
                self.look.failed(error)
                return
            found = [(str(given_id(row.get("id"))), row) for row in rows]
            self.look.found |= {name: _seen(row) for name, row in found if name in wanted}
            if not wanted & {name for name, _ in found}:
                return
            self._sees_another, oldest = True, found[-1][0]


async def _several(server: Server, objects: Sequence[PostedObject]) -> dict[str, Row]:
    """Posts by their ids, as far as the server shows them. Raises ChannelError."""
    query = urlencode([("id[]", one.id) for one in objects])
    answer = await server.call("GET", f"api/v1/statuses?{query}")
    if not isinstance(answer.body, list) or not all(isinstance(one, dict) for one in answer.body):
        raise no_proof(answer)
    wanted = {one.id for one in objects}
    return {name: one for one in answer.body if (name := given_id(one.get("id"))) in wanted and name is not None}


async def shown_alone(server: Server, one: PostedObject) -> dict[str, Any] | None:
    """The post as the account sees it; None where there is none. Raises ChannelError."""
    answer: Answer = await server.call("GET", path_of(one), also_ok={404})
    if answer.status == 404 and isinstance(answer.field("error"), str):
        return None
    if answer.status == 404 or given_id(answer.field("id")) != one.id:
        raise no_proof(answer)
    return object_in(answer.body)


async def knows(server: Server, account: ConnectedAccount) -> bool:
    """The control: whether the server shows the account itself."""
    answer = await server.call("GET", "api/v1/accounts/verify_credentials")
    return given_id(answer.field("id")) == account.external_id.partition("@")[0]


def path_of(one: PostedObject) -> str:
    """The address of a post."""
    return f"api/v1/statuses/{quote(one.id, safe='')}"


def _seen(status: Row) -> Seen:
    """A post by what it says of itself and of its account."""
    owner, visibility = object_in(status, "account"), text_in(status, "visibility")
    if owner.get("suspended") is True:
        return Seen(verdict=Verdict.REJECTED, word="suspended")
    if owner.get("limited") is True:
        return Seen(verdict=Verdict.LIMITED, word="limited")
    if visibility in HIDDEN:
        return Seen(verdict=Verdict.LIMITED, word=visibility)
    return Seen(verdict=Verdict.LIVE, word="edited" if status.get("edited_at") else "")


def _own(status: Row, closed: str | None) -> Seen:
    """A post that only the account saw. `closed`: why the public saw nothing, "" where that is not known."""
    seen = _seen(status)
    if seen.verdict is not Verdict.LIVE or closed == "":
        return seen
    return Seen(verdict=Verdict.LIMITED, word=closed or OWN_EYES)
