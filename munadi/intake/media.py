"""Collects the media of a request: fetched through the guard, probed and stored by hash, or given by id.

Nothing is stored before `keep`. A refused request, a validation and a cancelled call leave no file and no row behind.
The cost of one request is bounded, and so is one brand's share of the fetches and probes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.config import LimitSettings
from munadi.db.contents.media import asset_of, media_by_hash, media_by_id, new_media
from munadi.db.idempotency import IdempotencyKey
from munadi.db.tables import MediaRow
from munadi.domain.media import MediaAsset
from munadi.domain.media_facts import MediaFacts, MediaRefused
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.requests import MediaRequest
from munadi.media.fetch import MediaFetcher
from munadi.media.file_name import file_name, name_in_url
from munadi.media.pool import off_loop, start_probe
from munadi.media.probe import check_head, probe
from munadi.media.store import MediaStore
from munadi.media.transfer import Allowance
from munadi.outbound.guard import GuardRefused
from munadi.outbound.slots import FairSlots
from munadi.ports.calls import calling_for

# How many files one process fetches at once, and how many of those for one brand. A fetch takes a connection and less
# than a megabyte.
FETCHES, FETCHES_PER_BRAND = 32, 4
# How many files are probed at once: the largest picture needs 300 MB meanwhile, and each probe occupies a processor.
PROBES, PROBES_PER_BRAND = 2, 1
# How much longer than its fetches the probes of a request may take.
PROBE_GRACE = timedelta(seconds=15)


@dataclass(frozen=True)
class RequestLimits:
    """Limits on all media of one request together. No network takes more than 35 in one post.

    `of_brand`: the limits of a brand without its own.
    """

    urls: int = 50
    max_bytes: int = 2 << 30
    total: timedelta = timedelta(seconds=60)
    of_brand: LimitSettings = field(default_factory=LimitSettings)


@dataclass
class IntakeMedia:
    """The media of one request, by the id or URL in it. `new` are rows, and `files` files, that are not stored yet.

    `removed_before`: rows of deleted files with the same bytes, whose removal had ended before `keep`. `limits`:
    those of a brand without its own.
    """

    rows: dict[str, MediaRow] = field(default_factory=dict)
    new: list[MediaRow] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    removed_before: frozenset[str] = frozenset()
    limits: LimitSettings = field(default_factory=LimitSettings)

    def asset(self, sent: MediaRequest) -> MediaAsset | None:
        """The asset, with the alt text given here; None when it was refused."""
        row = self.rows.get(sent.id or sent.url or "")
        return asset_of(row, sent.alt) if row is not None else None

    def assets(self, sent: Iterable[MediaRequest]) -> list[MediaAsset]:
        """The assets of those that were not refused."""
        return [asset for each in sent if (asset := self.asset(each)) is not None]

    async def keep(self, store: MediaStore) -> None:
        """Move the files into the store; the transaction stores the rows. Raises StoreUnavailable."""
        for path in self.files:
            await off_loop(store.put, path)
        self.files.clear()

    def discard(self) -> None:
        """Delete the files that were not kept."""
        for path in self.files:
            path.unlink(missing_ok=True)
        self.files.clear()

    def drop(self, path: Path) -> None:
        """Delete one file that is not used."""
        path.unlink(missing_ok=True)
        self.files.remove(path)


@dataclass(frozen=True)
class Upload:
    """A form with an uploaded file. `path` None: no file, which is already a problem. `texts`: other fields of it."""

    path: Path | None
    sha256: str
    declared_type: str | None
    name: str | None
    brand_ref: str | None
    texts: dict[str, str] = field(default_factory=dict)

    def of_brand(self, brand_ref: str) -> Upload:
        """The same upload, for this brand."""
        return replace(self, brand_ref=brand_ref)

    def discard(self) -> None:
        """Remove the file."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def identified(self, idempotency: IdempotencyKey) -> IdempotencyKey:
        """The idempotency key with the file's hash in its fingerprints: a form has no canonical JSON."""
        marks = [f"{each} {self.brand_ref} {self.sha256}".encode() for each in idempotency.fingerprints]
        return replace(idempotency, fingerprints=tuple(hashlib.sha256(mark).hexdigest() for mark in marks))


class MediaIntake:
    """Fetches and probes media for requests. One object per process."""

    def __init__(self, fetcher: MediaFetcher, limits: RequestLimits | None = None) -> None:
        self._fetcher = fetcher
        self._limits = limits or RequestLimits()
        self._fetches = FairSlots(FETCHES, FETCHES_PER_BRAND)
        self._probes = FairSlots(PROBES, PROBES_PER_BRAND)

    async def fetch(
        self,
        brand_ref: str | None,
        media: Iterable[tuple[str, MediaRequest]],
        now: datetime,
        problems: ProblemCollector,
    ) -> IntakeMedia:
        """Fetch and probe every URL once; `media` are pairs of pointer and media. Needs no database.

        A refused media is a problem at its URL. When cancelled, it stops every fetch and leaves no file.
        """
        collected = IntakeMedia(limits=self._limits.of_brand)
        pointers = _by_url(media)
        if len(pointers) > self._limits.urls:
            _report_too_many(pointers, self._limits.urls, problems)
            return collected
        allowance = Allowance(self._limits.max_bytes, self._limits.total)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    url: group.create_task(self._fetch(brand_ref, url, now, allowance, collected)) for url in pointers
                }
        except BaseExceptionGroup as errors:
            collected.discard()
            raise errors.exceptions[0] from None
        except BaseException:
            collected.discard()
            raise
        for url, task in tasks.items():
            result = task.result()
            if isinstance(result, MediaRow):
                collected.new.append(result)
                collected.rows[url] = result
            else:
                for pointer in pointers[url]:
                    _report(f"{pointer}/url", result, problems)
        return collected

    async def uploaded(
        self,
        brand_ref: str | None,
        path: Path,
        sha256: str,
        declared_type: str | None,
        name: str | None,
        now: datetime,
        problems: ProblemCollector,
    ) -> IntakeMedia:
        """Probe an uploaded file; `path` is taken over. A refusal is a problem at `/file`.

        `name` is what the client calls the file.
        """
        collected = IntakeMedia(files=[path], limits=self._limits.of_brand)
        try:
            facts = await self._probe(brand_ref, path, declared_type)
        except MediaRefused as error:
            collected.discard()
            _report("/file", error, problems)
            return collected
        except BaseException:
            collected.discard()
            raise
        named = facts.model_copy(update={"name": file_name(name)})
        collected.new.append(new_media(brand_ref, sha256, named, None, now))
        return collected

    async def _fetch(
        self, brand_ref: str | None, url: str, now: datetime, allowance: Allowance, collected: IntakeMedia
    ) -> MediaRow | GuardRefused | MediaRefused:
        """The row of one URL, with its file added to `collected`; or why it was refused."""
        async with self._fetches.slot(brand_ref):
            try:
                with calling_for(brand_ref):
                    fetched = await self._fetcher.fetch(url, allowance=allowance, head=check_head)
            except (GuardRefused, MediaRefused) as refused:
                return refused
            collected.files.append(fetched.path)
            try:
                async with asyncio.timeout_at(allowance.deadline() + PROBE_GRACE.total_seconds()):
                    facts = await self._probe(brand_ref, fetched.path, fetched.content_type)
            except MediaRefused as refused:
                collected.drop(fetched.path)
                return refused
            except TimeoutError:
                collected.drop(fetched.path)
                return allowance.too_late()
        named = facts.model_copy(update={"name": name_in_url(url)})
        return new_media(brand_ref, fetched.sha256, named, url, now)

    async def _probe(self, brand_ref: str | None, path: Path, declared_type: str | None) -> MediaFacts:
        """Probe in a thread. When cancelled, the thread keeps its slot until it ends: the limit always holds."""
        await self._probes.acquire(brand_ref)
        running = start_probe(probe, path, declared_type=declared_type)
        running.add_done_callback(lambda _: self._probes.release(brand_ref))
        return await asyncio.shield(running)


async def look_up(
    session: AsyncSession,
    brand_ref: str,
    media: Iterable[tuple[str, MediaRequest]],
    collected: IntakeMedia,
    problems: ProblemCollector,
) -> None:
    """Add the media that are given by id, and use the brand's own rows for files that it already has."""
    named = [(pointer, sent.id) for pointer, sent in media if sent.id is not None]
    known = await media_by_id(session, brand_ref, {media_id for _, media_id in named})
    for pointer, media_id in named:
        if media_id in known:
            collected.rows[media_id] = known[media_id]
        else:
            problems.add(f"{pointer}/id", "MEDIA_UNKNOWN", f"the brand has no media {media_id[:64]!r}")
    same = await reuse_stored(session, brand_ref, collected)
    for key, row in collected.rows.items():
        if key not in known:
            collected.rows[key] = same[row.sha256]


async def reuse_stored(
    session: AsyncSession, brand_ref: str | None, collected: IntakeMedia, *, locked: bool = False
) -> dict[str, MediaRow]:
    """The row of each fetched file, by hash: the brand's own if it has one, else the new row.

    `locked`: the brand's own are not deleted before this transaction ends.
    """
    same = await media_by_hash(session, brand_ref, {row.sha256 for row in collected.new}, locked=locked)
    collected.new = _distinct([row for row in collected.new if row.sha256 not in same])
    return same | {row.sha256: row for row in collected.new}


def _distinct(rows: list[MediaRow]) -> list[MediaRow]:
    """Two URLs may have the same file."""
    return list({row.sha256: row for row in rows}.values())


def _by_url(media: Iterable[tuple[str, MediaRequest]]) -> dict[str, list[str]]:
    pointers: dict[str, list[str]] = {}
    for pointer, sent in media:
        if sent.url is not None:
            pointers.setdefault(sent.url, []).append(pointer)
    return pointers


def _report_too_many(pointers: dict[str, list[str]], limit: int, problems: ProblemCollector) -> None:
    """Report too many URLs, at the first one beyond the limit."""
    first = list(pointers.values())[limit][0]
    message = f"a request names at most {limit} different media by URL"
    problems.add(f"{first}/url", "MEDIA_TOO_MANY", message, limit=limit, actual=len(pointers))


def _report(pointer: str, error: GuardRefused | MediaRefused, problems: ProblemCollector) -> None:
    limit, actual = (error.limit, error.actual) if isinstance(error, MediaRefused) else (None, None)
    problems.add(pointer, error.code.value, error.message, limit=limit, actual=actual)
