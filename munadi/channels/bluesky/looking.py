"""Looks whether records are there, and whether people see them. Source: docs/networks/bluesky.md, section 9.

The account's own server is the authority on what is there. What people see is decided by the AppView of Bluesky's app,
which hides what moderators label or take down. It proves nothing about what is there, and its errors spoil nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from munadi.channels.answers import instant, object_in, text_in
from munadi.channels.bluesky.errors import proof
from munadi.channels.bluesky.wire import FEED_POST
from munadi.channels.bluesky.xrpc import Server, address
from munadi.channels.http import Request
from munadi.channels.looking import FEW, Look, are_many, batches
from munadi.domain.failure import ChannelError
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

ABSENT, UNKNOWN_METHOD = "RecordNotFound", "MethodNotImplemented"
MOST_URIS, MAX_PAGES = 25, 3
# Labels that hide a post or put it behind a warning, on the post or on its author (com.atproto.label.defs).
HIDING = ("!hide", "!warn", "!no-unauthenticated", "porn", "sexual", "nudity", "graphic-media")
# For so long after its creation the AppView may not have a post yet.
INDEXED_WITHIN = timedelta(hours=1)
OMITTED = "getPosts omits it"
# Seconds for all that is read at the AppView.
PATIENCE = 10.0


def place_of(uri: str) -> tuple[str, str]:
    """The collection and the key of a record, by its AT URI."""
    _, collection, key = uri.rsplit("/", 2)
    return collection, key


async def look(server: Server, objects: Sequence[PostedObject], appview: str, now: datetime) -> list[Seen]:
    """What each record shows. Raises ChannelError when nothing can be read. Without an `appview` it is not asked."""
    look, records = Look.at(objects), Records(server)
    if are_many(objects):
        for collection in dict.fromkeys(place_of(one.id)[0] for one in objects):
            await records.by_list(look, collection)
    absent = await records.by_key(look)
    if absent and not look.has_ended:
        try:
            look.found |= dict.fromkeys((one.id for one in absent), await records.absence())
        except ChannelError as error:
            look.failed(error, absent)
    if appview:
        live = [one for one in objects if _is_live_post(look, one)]
        views = await Audience(server, appview).views([one.id for one in live])
        for one in live:
            if one.id in views:
                look.found[one.id] = _as_shown(one, views[one.id], records.found[one.id], server.did, now)
    return look.seen()


def _is_live_post(look: Look, one: PostedObject) -> bool:
    """The AppView shows posts only, not their gates."""
    seen = look.found.get(one.id)
    return seen is not None and seen.verdict is Verdict.LIVE and place_of(one.id)[0] == FEED_POST


class Records:
    """What the account's own server has. `found` are records by their AT URI."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.found: dict[str, Mapping[str, Any]] = {}

    async def by_list(self, look: Look, collection: str) -> None:
        """Read a collection from its newest record on, while more than a few records may still be listed."""
        cursor = None
        for _ in range(MAX_PAGES):
            wanted = [one for one in look.unread if place_of(one.id)[0] == collection]
            reached = [one for one in wanted if cursor is None or place_of(one.id)[1] < cursor]
            if len(reached) <= FEW or not look.may_read():
                return
            try:
                answer = await self._server.records(collection, cursor)
                rows = {text_in(row, "uri"): object_in(row) for row in proof(answer, "records", list)}
            except ChannelError as error:
                look.failed(error)
                return
            for one in wanted:
                if one.id in rows:
                    self._keep(look, one, rows[one.id])
            cursor = text_in(answer.body, "cursor")
            if cursor is None:
                return

    async def by_key(self, look: Look) -> list[PostedObject]:
        """Read what no list has shown; those that the server says it does not have."""
        absent = []
        for one in look.unread:
            if not look.may_read():
                break
            collection, key = place_of(one.id)
            try:
                answer = await self._server.record(self._server.did, collection, key)
                proof(answer, "cid", str)
            except ChannelError as error:
                if error.provider_code == ABSENT:
                    absent.append(one)
                else:
                    look.failed(error, [one])
                continue
            self._keep(look, one, object_in(answer.body))
        return absent

    async def absence(self) -> Seen:
        """What a missing record means: GONE in a repository that is active at this server. Raises ChannelError."""
        try:
            answer: Answer = await self._server.repo_status()
            is_active = answer.field("active") is True
        except ChannelError as error:
            if error.provider_code != UNKNOWN_METHOD:
                raise
            answer = await self._server.repo()
            is_active = answer.field("did") == self._server.did
        if is_active:
            return Seen(verdict=Verdict.GONE, word=ABSENT)
        return Seen(verdict=Verdict.UNREADABLE, word=text_in(answer.body, "status") or "the repository is not active")

    def _keep(self, look: Look, one: PostedObject, record: Mapping[str, Any]) -> None:
        self.found[one.id] = record
        is_changed = one.version is not None and record.get("cid") != one.version
        look.found[one.id] = Seen(verdict=Verdict.LIVE, word="edited" if is_changed else "")


@dataclass(frozen=True)
class Audience:
    """What people see in Bluesky's own app."""

    server: Server
    appview: str

    async def views(self, uris: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """The view of each post, None where the AppView omitted it twice; without those that could not be read."""
        views: dict[str, Mapping[str, Any] | None] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                for some in batches(uris, MOST_URIS):
                    views |= await self._asked(some)
                for some in batches([uri for uri, view in views.items() if view is None], MOST_URIS):
                    views |= await self._asked(some)
        except (ChannelError, TimeoutError):
            return {uri: view for uri, view in views.items() if view is not None}
        return views

    async def _asked(self, uris: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """One call. Raises ChannelError."""
        url = f"{address(self.appview, 'app.bsky.feed.getPosts')}?{urlencode([('uris', uri) for uri in uris])}"
        answer = await self.server.xrpc.send(Request("GET", url))
        shown = {text_in(view, "uri"): object_in(view) for view in proof(answer, "posts", list)}
        return {uri: shown.get(uri) for uri in uris}


def _as_shown(
    one: PostedObject, view: Mapping[str, Any] | None, record: Mapping[str, Any], did: str, now: datetime
) -> Seen:
    """A record that is there, as people see it."""
    if view is None:
        made = instant(object_in(record, "value").get("createdAt"))
        is_fresh = made is not None and now - made < INDEXED_WITHIN
        return Seen(verdict=Verdict.PROCESSING if is_fresh else Verdict.UNSEEN, word=OMITTED)
    # The labels that the post was published with are its author's wish.
    given = [label for label in _labels(view, now) if label.get("src") != did]
    named = {label.get("val") for label in [*given, *_labels(object_in(view, "author"), now)]}
    if label := next((name for name in HIDING if name in named), None):
        return Seen(verdict=Verdict.LIMITED, word=label)
    versions = {record.get("cid"), view.get("cid")} - {None}
    return Seen(verdict=Verdict.LIVE, word="edited" if versions - {one.version or record.get("cid")} else "")


def _labels(shown: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The labels that hold now: not negated, not expired."""
    labels = shown.get("labels")
    rows = [object_in(label) for label in labels] if isinstance(labels, list) else []
    return [row for row in rows if row.get("neg") is not True and _lasts(row.get("exp"), now)]


def _lasts(end: Any, now: datetime) -> bool:
    at = instant(end)
    return at is None or at > now
