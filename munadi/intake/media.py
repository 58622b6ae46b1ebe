"""Media of a request: fetched through the guard before any transaction, probed, stored by hash; or named by id.

The rule here: nothing is kept until `keep`. A refused request and a validation leave no file and no row behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.media import asset_of, media_by_hash, media_by_id, new_media
from munadi.db.tables import MediaRow
from munadi.domain.media import MediaAsset
from munadi.intake.problems import Findings
from munadi.intake.wire import MediaSent
from munadi.media.facts import MediaFacts, MediaRefused
from munadi.media.fetch import MediaFetcher
from munadi.media.pool import off_loop
from munadi.media.probe import probe
from munadi.media.store import MediaStore
from munadi.webhooks.guard import GuardRefused

# One process fetches and probes at most this many files at once, whoever asks.
CONCURRENCY = 8
# Of these, as many are looked into at once: the worst picture needs 300 MB meanwhile, and each takes a processor.
PROBES = 2


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


@dataclass(frozen=True)
class _Fetched:
    path: Path
    row: MediaRow


class MediaIntake:
    """Brings in media for requests. Hold one per process."""

    def __init__(self, fetcher: MediaFetcher, concurrency: int = CONCURRENCY) -> None:
        self._fetcher = fetcher
        self._slots = asyncio.Semaphore(concurrency)
        self._probes = asyncio.Semaphore(PROBES)

    async def fetch(
        self, brand_ref: str | None, media: Iterable[tuple[str, MediaSent]], now: datetime, found: Findings
    ) -> Brought:
        """Fetch and probe every URL once; `media` are pairs of pointer and media. Needs no database."""
        brought = Brought()
        pointers = _by_url(media)
        results = await asyncio.gather(*(self._fetch(brand_ref, url, now) for url in pointers), return_exceptions=True)
        for url, result in zip(pointers, results, strict=True):
            match result:
                case _Fetched():
                    brought.files.append(result.path)
                    brought.new.append(result.row)
                    brought.rows[url] = result.row
                case GuardRefused() | MediaRefused():
                    for pointer in pointers[url]:
                        _tell(f"{pointer}/url", result, found)
        unexpected = next((r for r in results if isinstance(r, BaseException) and not _is_refusal(r)), None)
        if unexpected is not None:
            brought.discard()
            raise unexpected
        return brought

    async def uploaded(
        self, brand_ref: str | None, path: Path, sha256: str, declared_type: str | None, now: datetime, found: Findings
    ) -> Brought:
        """Probe a file that was sent to us; `path` is taken over. A refusal is a finding at `/file`."""
        brought = Brought(files=[path])
        try:
            async with self._slots:
                facts = await self._probe(path, declared_type)
        except MediaRefused as error:
            brought.discard()
            _tell("/file", error, found)
            return brought
        except BaseException:
            brought.discard()
            raise
        brought.new.append(new_media(brand_ref, sha256, facts, None, now))
        return brought

    async def _fetch(self, brand_ref: str | None, url: str, now: datetime) -> _Fetched:
        async with self._slots:
            fetched = await self._fetcher.fetch(url)
            try:
                facts = await self._probe(fetched.path, fetched.content_type)
            except BaseException:
                fetched.path.unlink(missing_ok=True)
                raise
        return _Fetched(fetched.path, new_media(brand_ref, fetched.sha256, facts, url, now))

    async def _probe(self, path: Path, declared_type: str | None) -> MediaFacts:
        async with self._probes:
            return await asyncio.to_thread(probe, path, declared_type=declared_type)


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


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, GuardRefused | MediaRefused)


def _tell(pointer: str, error: GuardRefused | MediaRefused, found: Findings) -> None:
    limit, actual = (error.limit, error.actual) if isinstance(error, MediaRefused) else (None, None)
    found.add(pointer, error.code.value, error.message, limit=limit, actual=actual)
