"""Media of a request: fetched through the guard before any transaction, probed, stored by hash; or named by id.

The rule here: nothing is kept until `keep`. A refused request, a validation and a cancelled call leave no file and no
row behind. What one request can cost is bounded, and what one brand can take from the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.media import asset_of, media_by_hash, media_by_id, new_media
from munadi.db.tables import MediaRow
from munadi.domain.media import MediaAsset
from munadi.intake.problems import Findings
from munadi.intake.wire import MediaSent
from munadi.media.facts import MediaFacts, MediaRefused
from munadi.media.fetch import MediaFetcher
from munadi.media.pool import off_loop, start_probe
from munadi.media.probe import check_head, probe
from munadi.media.slots import FairSlots
from munadi.media.store import MediaStore
from munadi.media.transfer import Allowance
from munadi.outbound.guard import GuardRefused

# One process fetches at most this many files at once, and so many of them for one brand. A fetch takes a connection and
# less than a megabyte.
FETCHES, FETCHES_PER_BRAND = 32, 4
# Files that are looked into at once: the worst picture needs 300 MB meanwhile, and each takes a processor.
PROBES, PROBES_PER_BRAND = 2, 1
# What a request's files may take longer than its fetches, to be looked into.
PROBE_GRACE = timedelta(seconds=15)


@dataclass(frozen=True)
class RequestLimits:
    """What the media of one request may be together. No network takes more than 35 in one post."""

    urls: int = 50
    max_bytes: int = 2 << 30
    total: timedelta = timedelta(seconds=60)


@dataclass
class Brought:
    """The media of one request by what they were sent as; `new` are rows and files that are not kept yet."""

    rows: dict[str, MediaRow] = field(default_factory=dict)
    new: list[MediaRow] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def asset(self, sent: MediaSent) -> MediaAsset | None:
        """The asset, with the alt text it was sent with here; None when it was refused."""
        row = self.rows.get(_key(sent))
        return asset_of(row, sent.alt) if row is not None else None

    async def keep(self, store: MediaStore) -> None:
        """Move the files into the store; the rows are the transaction's. Raises StoreUnavailable."""
        for path in self.files:
            await off_loop(store.put, path)
        self.files.clear()

    def discard(self) -> None:
        """Remove what was not kept."""
        for path in self.files:
            path.unlink(missing_ok=True)
        self.files.clear()

    def drop(self, path: Path) -> None:
        """Remove one file that is not wanted."""
        path.unlink(missing_ok=True)
        self.files.remove(path)


class MediaIntake:
    """Brings in media for requests. Hold one per process."""

    def __init__(self, fetcher: MediaFetcher, limits: RequestLimits | None = None) -> None:
        self._fetcher = fetcher
        self._limits = limits or RequestLimits()
        self._fetches = FairSlots(FETCHES, FETCHES_PER_BRAND)
        self._probes = FairSlots(PROBES, PROBES_PER_BRAND)

    async def fetch(
        self, brand_ref: str | None, media: Iterable[tuple[str, MediaSent]], now: datetime, found: Findings
    ) -> Brought:
        """Fetch and probe every URL once; `media` are pairs of pointer and media. Needs no database.

        A refusal is a finding at the URL. Cancelled, it stops every fetch and leaves no file.
        """
        brought = Brought()
        pointers = _by_url(media)
        if len(pointers) > self._limits.urls:
            _tell_too_many(pointers, self._limits.urls, found)
            return brought
        allowance = Allowance(self._limits.max_bytes, self._limits.total)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    url: group.create_task(self._fetch(brand_ref, url, now, allowance, brought)) for url in pointers
                }
        except BaseExceptionGroup as errors:
            brought.discard()
            raise errors.exceptions[0] from None
        except BaseException:
            brought.discard()
            raise
        for url, task in tasks.items():
            result = task.result()
            if isinstance(result, MediaRow):
                brought.new.append(result)
                brought.rows[url] = result
            else:
                for pointer in pointers[url]:
                    _tell(f"{pointer}/url", result, found)
        return brought

    async def uploaded(
        self, brand_ref: str | None, path: Path, sha256: str, declared_type: str | None, now: datetime, found: Findings
    ) -> Brought:
        """Probe a file that was sent to us; `path` is taken over. A refusal is a finding at `/file`."""
        brought = Brought(files=[path])
        try:
            facts = await self._probe(brand_ref, path, declared_type)
        except MediaRefused as error:
            brought.discard()
            _tell("/file", error, found)
            return brought
        except BaseException:
            brought.discard()
            raise
        brought.new.append(new_media(brand_ref, sha256, facts, None, now))
        return brought

    async def _fetch(
        self, brand_ref: str | None, url: str, now: datetime, allowance: Allowance, brought: Brought
    ) -> MediaRow | GuardRefused | MediaRefused:
        """The row of one URL, its file among `brought`; or why there is none."""
        async with self._fetches.slot(brand_ref):
            try:
                fetched = await self._fetcher.fetch(url, allowance=allowance, head=check_head)
            except (GuardRefused, MediaRefused) as refused:
                return refused
            brought.files.append(fetched.path)
            try:
                async with asyncio.timeout_at(allowance.deadline() + PROBE_GRACE.total_seconds()):
                    facts = await self._probe(brand_ref, fetched.path, fetched.content_type)
            except MediaRefused as refused:
                brought.drop(fetched.path)
                return refused
            except TimeoutError:
                brought.drop(fetched.path)
                return allowance.too_late()
        return new_media(brand_ref, fetched.sha256, facts, url, now)

    async def _probe(self, brand_ref: str | None, path: Path, declared_type: str | None) -> MediaFacts:
        """Probe in a thread. Cancelled, the thread runs on and keeps its slot, so that no more of them run at once."""
        await self._probes.acquire(brand_ref)
        running = start_probe(probe, path, declared_type=declared_type)
        running.add_done_callback(lambda _: self._probes.release(brand_ref))
        return await asyncio.shield(running)


async def look_up(
    session: AsyncSession, brand_ref: str, media: Iterable[tuple[str, MediaSent]], brought: Brought, found: Findings
) -> None:
    """Add the media that are named by id, and use the brand's own rows for contents that it has already."""
    named = [(pointer, sent.id) for pointer, sent in media if sent.id is not None]
    known = await media_by_id(session, brand_ref, {media_id for _, media_id in named})
    for pointer, media_id in named:
        if media_id in known:
            brought.rows[media_id] = known[media_id]
        else:
            found.add(f"{pointer}/id", "MEDIA_UNKNOWN", f"the brand has no media {media_id[:64]!r}")
    same = await settle(session, brand_ref, brought)
    for key, row in brought.rows.items():
        if key not in known:
            brought.rows[key] = same[row.sha256]


async def settle(session: AsyncSession, brand_ref: str | None, brought: Brought) -> dict[str, MediaRow]:
    """By hash, the row of each content that was brought: the brand's own where it has it, else the new one."""
    same = await media_by_hash(session, brand_ref, {row.sha256 for row in brought.new})
    brought.new = _once([row for row in brought.new if row.sha256 not in same])
    return same | {row.sha256: row for row in brought.new}


def _once(rows: list[MediaRow]) -> list[MediaRow]:
    """Two URLs may have brought the same content."""
    return list({row.sha256: row for row in rows}.values())


def _key(sent: MediaSent) -> str:
    return sent.id or sent.url or ""


def _by_url(media: Iterable[tuple[str, MediaSent]]) -> dict[str, list[str]]:
    pointers: dict[str, list[str]] = {}
    for pointer, sent in media:
        if sent.url is not None:
            pointers.setdefault(sent.url, []).append(pointer)
    return pointers


def _tell_too_many(pointers: dict[str, list[str]], limit: int, found: Findings) -> None:
    """At the first one beyond the limit."""
    first = list(pointers.values())[limit][0]
    message = f"a request names at most {limit} different media by URL"
    found.add(f"{first}/url", "MEDIA_TOO_MANY", message, limit=limit, actual=len(pointers))


def _tell(pointer: str, error: GuardRefused | MediaRefused, found: Findings) -> None:
    limit, actual = (error.limit, error.actual) if isinstance(error, MediaRefused) else (None, None)
    found.add(pointer, error.code.value, error.message, limit=limit, actual=actual)
