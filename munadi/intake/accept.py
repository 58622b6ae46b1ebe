"""From a request to what is to be stored: one way for create, validate and edit.

    brand known, shape sound → fetch media (network, no transaction) → look up accounts, media (one short read)
    → place, check → Planned, or ProblemsFound with every violation at once

Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from munadi.crypto import KeyRing
from munadi.db.session import Database
from munadi.db.tables import BrandRow
from munadi.domain.content import Draft
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.publication import Warning_
from munadi.domain.time import default_publish_by
from munadi.intake.check import check_draft, check_new_times, read_due, read_publish_by
from munadi.intake.drafts import PlacedDraft, beside_the_loop, link_warnings, media_sent, place
from munadi.intake.media import Brought, MediaIntake, look_up
from munadi.intake.problems import Findings
from munadi.intake.quota import quota_warnings
from munadi.intake.resolve import Target, check_health, find_targets
from munadi.intake.warnings import look_warnings, time_warnings, token_warnings
from munadi.intake.wire import ContentSent, MediaSent
from munadi.ports import Channels, Clock


@dataclass(frozen=True)
class PlannedPublication:
    """One publication to be: its account, its draft, and how long before the due time `prepare` begins."""

    channel: str
    account_id: str
    draft: Draft
    lead: timedelta
    stages: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedDrafts:
    """What would be seen, on every channel. `source` is what a later edit starts from; `media` are not kept yet."""

    publications: tuple[PlannedPublication, ...]
    warnings: tuple[Warning_, ...]
    source: dict[str, Any]
    media: Brought
    placed: tuple[PlacedDraft, ...] = ()


class PlanRefused(ProblemsFound):
    """What is wrong with a plan, and what would have been seen of it all the same."""

    def __init__(self, problems: list[Problem], warnings: Sequence[Warning_], placed: Sequence[PlacedDraft]) -> None:
        super().__init__(problems, warnings)
        self.placed = tuple(placed)


@dataclass(frozen=True)
class Planned:
    """A request that breaks no rule, ready to be stored."""

    brand_ref: str
    due: datetime
    timezone: str | None
    publish_by: datetime
    publish_by_explicit: bool
    client_ref: str | None
    drafts: PlannedDrafts


@dataclass(frozen=True)
class Intake:
    """What planning needs; held once per process."""

    database: Database
    channels: Channels
    keyring: KeyRing
    media: MediaIntake
    clock: Clock

    async def plan(
        self, request: ContentSent, shape: Sequence[Problem] = (), *, may_see: Callable[[str], bool] = lambda _: True
    ) -> Planned:
        """What to store for a new content. Raises ProblemsFound with `shape` and every other violation.

        A brand that the caller may not see is unknown. The caller keeps or discards the planned media.
        """
        now = self.clock.now()
        found = Findings()
        found.extend(shape)
        due = read_due(request.scheduled_at, request.timezone, request.fold, now, found)
        publish_by = read_publish_by(request.publish_by, request.timezone, found)
        if due is not None:
            check_new_times(due, publish_by, now, immediate=request.scheduled_at is None, found=found)
        due = due or now
        return Planned(
            brand_ref=request.brand_ref,
            due=due,
            timezone=request.timezone,
            publish_by=publish_by or default_publish_by(due),
            publish_by_explicit=publish_by is not None,
            client_ref=request.client_ref,
            drafts=await self._drafts(
                request, now, found, new_due=due, brand_exists=may_see(request.brand_ref), fetching=not shape
            ),
        )

    async def replan(self, request: ContentSent, shape: Sequence[Problem] = (), *, due: datetime) -> PlannedDrafts:
        """The drafts of an edited content, whose accounts are settled, as is its time `due`. Raises as `plan`."""
        now = self.clock.now()
        found = Findings()
        found.extend(shape)
        return await self._drafts(
            request, now, found, new_due=None, kept_due=due, brand_exists=True, fetching=not shape
        )

    async def _drafts(
        self,
        request: ContentSent,
        now: datetime,
        found: Findings,
        *,
        new_due: datetime | None,
        kept_due: datetime | None = None,
        brand_exists: bool,
        fetching: bool,
    ) -> PlannedDrafts:
        """The drafts, or ProblemsFound: then no file is left behind.

        Accounts must live until `new_due`. One that ends before `kept_due` is a warning only: an edit moves nothing.
        Media are fetched only for a brand that exists, and not for a request of a broken shape (`fetching`).
        """
        media = list(media_sent(request))
        brought = Brought()
        if fetching and brand_exists and await self._is_fetched_for(request.brand_ref, media):
            brought = await self.media.fetch(request.brand_ref, media, now, found)
        try:
            targets = await self._resolve(request, media, brought, found, brand_exists)
            if new_due is not None:
                check_health(targets, new_due, now, self.keyring, found)
            placed = [place(request, target, brought) for target in targets]
            warnings = await beside_the_loop(placed, _judge, placed, found)
            if found.all:
                raise PlanRefused(found.all, warnings, placed)
            if new_due is not None:
                scheduled = new_due if request.scheduled_at is not None else None
                warnings += time_warnings(placed, now, scheduled)
            if (due := new_due or kept_due) is not None:
                warnings += token_warnings(targets, due, now, self.keyring)
            warnings += await self._quota_warnings(targets, new_due)
        except BaseException:
            brought.discard()
            raise
        return PlannedDrafts(
            publications=tuple(_publication(each) for each in placed),
            warnings=tuple(warnings),
            source=_source(request, placed, brought),
            media=brought,
            placed=tuple(placed),
        )

    async def _quota_warnings(self, targets: Sequence[Target], due: datetime | None) -> list[Warning_]:
        """An edit settles no time, so it warns of none."""
        return [] if due is None else await quota_warnings(self.database, targets, due)

    async def _is_fetched_for(self, brand_ref: str, media: Sequence[tuple[str, MediaSent]]) -> bool:
        """Whether there is anything to fetch, and the brand to fetch it for."""
        if all(sent.url is None for _, sent in media):
            return False
        async with self.database.read() as session:
            return await session.get(BrandRow, brand_ref) is not None

    async def _resolve(
        self,
        request: ContentSent,
        media: Sequence[tuple[str, MediaSent]],
        brought: Brought,
        found: Findings,
        brand_exists: bool,
    ) -> list[Target]:
        async with self.database.read() as session:
            if media and brand_exists:
                await look_up(session, request.brand_ref, media, brought, found)
            return await find_targets(
                session, request.brand_ref, request.channels, self.channels, found, may_exist=brand_exists
            )


def _judge(placed: Sequence[PlacedDraft], found: Findings) -> list[Warning_]:
    """The channels' rules on every draft, and what they warn of."""
    for each in placed:
        check_draft(each, found)
    return link_warnings(placed) + look_warnings(placed)


def _publication(placed: PlacedDraft) -> PlannedPublication:
    channel = placed.target.channel
    return PlannedPublication(
        channel=channel.spec.name.value,
        account_id=placed.target.account_id,
        draft=placed.draft,
        lead=channel.lead(placed.draft),
        stages=channel.stages(placed.draft),
    )


def _source(request: ContentSent, drafts: Sequence[PlacedDraft], brought: Brought) -> dict[str, Any]:
    """The request with every media and account by id: what is answered of it, and what an edit starts from."""
    assets = [brought.asset(sent) for sent in request.media or ()]
    return {
        "text": request.text,
        "link": request.link or None,
        "media": [asset.model_dump(mode="json") for asset in assets if asset is not None],
        "channels": [_source_channel(placed, brought) for placed in drafts],
    }


def _source_channel(placed: PlacedDraft, brought: Brought) -> dict[str, Any]:
    sent = placed.target.sent
    kept = sent.model_dump(mode="json", by_alias=True, exclude_none=True)
    kept["accountId"] = placed.target.account_id
    if sent.media is not None:
        assets = [brought.asset(media) for media in sent.media]
        kept["media"] = [{"id": asset.id, "alt": asset.alt} for asset in assets if asset is not None]
    return kept
