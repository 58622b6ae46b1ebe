"""Empties the drafts of posts that finished long ago: texts, files and options go; what was published where and when
stays, with its id and address.

What keeps a post from being deleted (`purgeable`) keeps its texts, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, tuple_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents import published_drafts
from munadi.db.contents.sources import Place
from munadi.db.contents.word_index import forget_words
from munadi.db.session import Database
from munadi.db.tables import ContentRow, DraftRow, MediaUseRow, PublicationRow, ReviewLinkRow, SavedDraftRow
from munadi.ports import Channels, Clock
from munadi.publishing.pace import Pace
from munadi.publishing.purgeable import lock_old, reasons_to_keep
from munadi.publishing.states import ChangeRefused

# Posts that one query reads.
CONSIDERED = 1_000


def require_texts(content: ContentRow) -> None:
    """ChangeRefused TEXTS_REMOVED once the post's texts were deleted because they were old."""
    if content.texts_removed_at is not None:
        raise ChangeRefused("TEXTS_REMOVED", texts_removed(content.texts_removed_at))


def texts_removed(at: datetime) -> str:
    """What is said of a post without its texts."""
    return f"the texts and files of this post were deleted at {at.isoformat(timespec='seconds')}"


class OldTexts:
    """Goes through the posts in the order of their age.

    It remembers how far it came, and which of those had changed lately or were needed.
    """

    def __init__(self, database: Database, clock: Clock, channels: Channels, share: float) -> None:
        self._database = database
        self._clock = clock
        self._pace = Pace(database, clock, share)
        self._kinds = {str(name): chosen_options(channel.options) for name, channel in channels.by_name.items()}
        self._after: Place | None = None
        self._later: list[str] = []
        self._before = clock.now()
        self._emptied = 0

    async def remove(self, before: datetime) -> int:
        """Empty the drafts of posts whose last change was before a time; of how many."""
        later, self._later, self._before, self._emptied = self._later, [], before, 0
        for start in range(0, len(later), CONSIDERED):
            await self._pace.each(later[start : start + CONSIDERED], self._empty)
        while places := await self._next():
            await self._pace.each([key for _, key in places], self._empty)
            self._after = places[-1]
        if self._emptied:
            await forget_words(self._database)
        return self._emptied

    async def _next(self) -> list[Place]:
        created_at, content_id = col(ContentRow.created_at), col(ContentRow.id)
        query = select(created_at, content_id).where(created_at < self._before)
        if self._after is not None:
            query = query.where(tuple_(created_at, content_id) > tuple_(*self._after))
        async with self._database.read() as session:
            rows = (await session.exec(query.order_by(created_at, content_id).limit(CONSIDERED))).all()
        return [(at, key) for at, key in rows]

    async def _empty(self, session: AsyncSession, ids: Sequence[str]) -> None:
        has_texts = select(ContentRow.id).where(col(ContentRow.id).in_(ids), col(ContentRow.texts_removed_at).is_(None))
        those = (await session.exec(has_texts)).all()
        old = await lock_old(session, those, self._before) if those else {}
        kept = await reasons_to_keep(session, list(old), self._before, self._clock.now()) if old else {}
        free = [key for key in old if key not in kept]
        self._later += [key for key in those if key not in free]
        if free:
            await self._empty_drafts(session, free)
            self._emptied += len(free)

    async def _empty_drafts(self, session: AsyncSession, ids: Sequence[str]) -> None:
        rows = (await session.exec(select(PublicationRow).where(col(PublicationRow.content_id).in_(ids)))).all()
        channels = {row.id: row.channel for row in rows}
        for row in rows:
            if row.edits:
                row.edits = [_without_words(one) for one in row.edits]
        for draft in (await session.exec(select(DraftRow).where(col(DraftRow.content_id).in_(ids)))).all():
            left = {key: self._left(channels[key], said) for key, said in draft.resolved.items() if key in channels}
            published_drafts.empty(draft, left)
        await session.flush()
        connection = await session.connection()
        await connection.execute(delete(SavedDraftRow).where(col(SavedDraftRow.content_id).in_(ids)))
        await connection.execute(delete(ReviewLinkRow).where(col(ReviewLinkRow.content_id).in_(ids)))
        await connection.execute(delete(MediaUseRow).where(col(MediaUseRow.used_by).in_(ids)))
        emptied = update(ContentRow).where(col(ContentRow.id).in_(ids))
        # `updated_at` stays: it decides when the rest is deleted.
        version = col(ContentRow.version) + 1
        await connection.execute(emptied.values(texts_removed_at=self._clock.now(), version=version))

    def _left(self, channel: str, said: Mapping[str, Any]) -> dict[str, Any]:
        options = said.get("options") or {}
        return {name: options[name] for name in self._kinds[channel] if name in options}


def chosen_options(options: type[Any]) -> frozenset[str]:
    """The options that are chosen and not written: of a few values, yes or no, numbers."""
    schema = options.model_json_schema(by_alias=True)
    named: Mapping[str, Any] = schema.get("$defs", {})

    def is_chosen(one: Mapping[str, Any]) -> bool:
        if "$ref" in one:
            return is_chosen(named[one["$ref"].rpartition("/")[2]])
        kinds = [each for each in one.get("anyOf", ()) if each.get("type") != "null"]
        return all(map(is_chosen, kinds)) if kinds else "enum" in one or one.get("type") in {"boolean", "integer"}

    return frozenset(name for name, one in schema.get("properties", {}).items() if is_chosen(one))


def _without_words(edit: Mapping[str, Any]) -> dict[str, Any]:
    """An edit, with what became of it and without what it said."""
    gone = {"title": None, "description": None, "link": None, "altTexts": None}
    return {**edit, "options": {}, "link": None, "alts": None, "shown": {**edit["shown"], **gone, "text": ""}}
