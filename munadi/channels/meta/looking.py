"""Looks at every Graph whether posts are there, and whether people see them.

Source: docs/networks/facebook.md, instagram.md and threads.md, section 9 of each.

"Not found" has three causes at once at Meta: the object is gone, a permission is missing, or it cannot be read so. It
proves no absence alone, nor does a list that lacks it. An object is gone when it is not found by its id, its account
can be read, and no list has it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.http import given_id, no_proof
from munadi.channels.looking import FEW, Look, are_many
from munadi.channels.meta.errors import MISSING_OBJECT
from munadi.channels.meta.graph import LIST_SIZE, MAX_LISTS, Graph, listed, next_cursor
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

# No such object, as far as this connection may see.
MISSING = frozenset({MISSING_OBJECT, "803", "24/4279009", "24/2207006"})


@dataclass
class Pages:
    """One list of an account, newest first, as far as it was read. `closed`: the connection may not read it."""

    rows: list[Any] = field(default_factory=list)
    count: int = 0
    after: str | None = None
    is_whole: bool = False
    closed: bool = False

    @property
    def has_more(self) -> bool:
        """Whether another page may be read."""
        return not (self.is_whole or self.closed) and self.count < MAX_LISTS


class LiveObjects(ABC):
    """The objects of one account at its network. `graph` is one of `of_removals`.

    A network says which fields of an object are read and what they mean, and which lists of the account have it;
    without a list nothing proves that it is gone.
    """

    def __init__(self, graph: Graph, account: ConnectedAccount) -> None:
        self.graph, self.account = graph, account
        self._lists: dict[str, Pages] = {}
        self._refused: set[str] = set()
        self._look, self._is_watch = Look((), None), False

    @property
    def control(self) -> str:
        """What can be read as long as the account can."""
        return self.account.external_id

    @abstractmethod
    def fields(self, one: PostedObject) -> str:
        """The fields of an object that show whether people see it."""

    @abstractmethod
    def seen(self, one: PostedObject, answer: Answer) -> Seen:
        """What they say."""

    @abstractmethod
    def edges(self, one: PostedObject) -> tuple[str, ...]:
        """The lists of the account that have such an object while it is there."""

    def sights(self, one: PostedObject) -> tuple[str, ...]:
        """The lists whose rows show as much of such an object as it does itself; by default the same."""
        return self.edges(one)

    def row_fields(self, edge: str) -> str:
        """The fields of a list's rows that name its objects, and show whether people see them."""
        return "id"

    def extra_of(self, one: PostedObject) -> str:
        """A further field of an object that is watched, which the network may refuse."""
        return ""

    def extra_in(self, edge: str) -> str:
        """The same of the rows of a list."""
        return ""

    def ids_in(self, edge: str, row: Any) -> set[str | None]:
        """The objects that a row of a list shows."""
        return {given_id(object_in(row).get("id"))}

    def seen_in(self, edge: str, row: Any) -> Mapping[str | None, Seen]:
        """What a row of a list shows of each object."""
        return {name: Seen(verdict=Verdict.LIVE) for name in self.ids_in(edge, row)}

    async def look(self, objects: Sequence[PostedObject], *, is_watch: bool = False) -> list[Seen]:
        """What each object shows. What cannot be read is UNREADABLE. Raises ChannelError when nothing can be."""
        look = self._look = Look.at(objects)
        self._is_watch = is_watch
        if are_many(objects):
            for edge in dict.fromkeys(edge for one in objects for edge in self.sights(one)):
                await self._by_list(look, edge)
        missing = await self._by_id(look)
        if missing and not look.has_ended:
            try:
                await self._prove(look, missing)
            except ChannelError as error:
                look.failed(error, [one for one, _ in missing if one.id not in look.found])
        return look.seen()

    async def _by_list(self, look: Look, edge: str) -> None:
        """What the pages of a list show, while it shows any and more than a few objects are left."""
        pages = self._lists.setdefault(edge, Pages())
        while len(wanted := [one.id for one in look.unread if edge in self.sights(one)]) > FEW:
            if not pages.has_more or not look.may_read():
                return
            try:
                rows = await self._page(edge)
            except ChannelError as error:
                if error.reason not in (Reason.MISSING_SCOPE, Reason.INVALID_FIELD):
                    look.failed(error)
                return
            shown = {name: seen for row in rows for name, seen in self.seen_in(edge, row).items()}
            found = {name: shown[name] for name in wanted if name in shown}
            if not found:
                return
            look.found |= found

    async def _by_id(self, look: Look) -> list[tuple[PostedObject, str]]:
        """Read what no list has shown; those that are not found, with the code of the answer."""
        missing = []
        for one in sorted(look.unread, key=lambda one: not self.edges(one)):
            if not look.may_read():
                break
            try:
                look.found[one.id] = self.seen(one, _named(await self._node(one)))
            except ChannelError as error:
                if error.provider_code in MISSING:
                    missing.append((one, error.provider_code or ""))
                else:
                    look.failed(error, [one])
        return missing

    async def _prove(self, look: Look, missing: Sequence[tuple[PostedObject, str]]) -> None:
        """Read the account and its lists for what is not found by its id. Raises ChannelError."""
        _named(await self.graph.get(self.control, self.account.token, {"fields": "id"}))
        for one, code in missing:
            shown = {edge: await self._listed(edge) for edge in self.edges(one)}
            look.found[one.id] = _missing(one, code, shown)

    async def _listed(self, edge: str) -> set[str | None] | None:
        """The newest objects of a list; None where the connection lacks the permission to read it."""
        pages = self._lists.setdefault(edge, Pages())
        while pages.has_more:
            try:
                await self._page(edge)
            except ChannelError as error:
                if error.reason is not Reason.MISSING_SCOPE:
                    raise
                pages.closed = True
        return None if pages.closed else {shown for row in pages.rows for shown in self.ids_in(edge, row)}

    async def _page(self, edge: str) -> list[Any]:
        """The next rows of a list. Raises ChannelError."""
        pages = self._lists[edge]
        params = {"limit": LIST_SIZE, **({"after": pages.after} if pages.after else {})}
        path, extra = f"{self.account.external_id}/{edge}", "" if edge in self._refused else self.extra_in(edge)
        answer, is_refused = await self._get(path, params, self.row_fields(edge), extra)
        self._refused |= {edge} if is_refused else set()
        rows = listed(answer)
        pages.rows += rows
        pages.count += 1
        pages.after = next_cursor(answer) or _cursor_of_full_page(answer, rows)
        pages.is_whole = pages.after is None
        return rows

    async def _node(self, one: PostedObject) -> Answer:
        """An object by its id. Raises ChannelError."""
        answer, _ = await self._get(one.id, {}, self.fields(one), self.extra_of(one) if self._is_watch else "")
        return answer

    async def _get(self, path: str, params: Mapping[str, str], fields: str, extra: str) -> tuple[Answer, bool]:
        """Read a path, without the further field if it is refused, and whether it was. Raises ChannelError."""
        if extra:
            try:
                return await self.graph.get(path, self.account.token, {**params, "fields": f"{fields},{extra}"}), False
            except ChannelError as error:
                if error.reason is not Reason.INVALID_FIELD:
                    raise
                self._look.spend()
        return await self.graph.get(path, self.account.token, {**params, "fields": fields}), bool(extra)


def row_answer(row: Any) -> Answer:
    """A row of a list, as the answer of its object."""
    return Answer(200, {}, row, "")


def _missing(one: PostedObject, code: str, listed: Mapping[str, set[str | None] | None]) -> Seen:
    """An object that is not found by its id, in an account that can be read."""
    shown = next((edge for edge, ids in listed.items() if one.id in (ids or ())), None)
    if shown is not None:
        return Seen(verdict=Verdict.LIVE, word=shown)
    closed = [edge for edge, ids in listed.items() if ids is None]
    if closed:
        return Seen(verdict=Verdict.UNREADABLE, word=f"{code}; {closed[0]} may not be read", blind=True)
    return Seen(verdict=Verdict.GONE if listed else Verdict.UNSEEN, word=code)


def _cursor_of_full_page(answer: Answer, rows: Sequence[Any]) -> str | None:
    """Threads names the place after a page without a link to the next one."""
    after = object_in(answer.body, "paging", "cursors").get("after")
    return str(after) if after and len(rows) >= int(LIST_SIZE) else None


def _named(answer: Answer) -> Answer:
    """An answer about something that has an id. Raises ChannelError for any other, such as the page of a proxy."""
    if given_id(answer.field("id")) is None:
        raise no_proof(answer)
    return answer
