"""Checks a whole request: times, media, accounts, drafts, quotas. One way for create, validate and edit.

Media are fetched before the database is read, so no transaction waits for the network. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from munadi.crypto import KeyRing
from munadi.db.session import Database
from munadi.db.tables import BrandRow
from munadi.domain.problem import Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import Warning_
from munadi.domain.time import check_publish_by, check_window, check_withdraw_at, default_publish_by
from munadi.intake.account_trouble import Trouble, refuses_unusable
from munadi.intake.accounts import Target, check_versions, find_targets, find_troubles, report_troubles
from munadi.intake.check_threads import CheckThreads, is_long
from munadi.intake.checked import CheckedDrafts, CheckedPost, PostRefused, checked_drafts
from munadi.intake.daily_quota import quota_warnings
from munadi.intake.drafts import PlacedDraft, check_draft, checked_once, media_of, place_draft
from munadi.intake.duplicates import check_duplicates
from munadi.intake.ending import check_placed
from munadi.intake.fitting import Fitting, fit_draft, fitting_of
from munadi.intake.media import IntakeMedia, MediaIntake, look_up
from munadi.intake.requests import ContentRequest
from munadi.intake.slots import ChosenSlot, choose_slot
from munadi.intake.times import read_end, read_times
from munadi.intake.warnings import draft_warnings, preparation_warnings, time_warnings
from munadi.ports import Channels, Clock

Result = TypeVar("Result")


@dataclass(frozen=True)
class PostChecker:
    """Checks requests. One object per process."""

    database: Database
    channels: Channels
    keyring: KeyRing
    media: MediaIntake
    clock: Clock
    threads: CheckThreads = field(default_factory=CheckThreads)

    async def check_new(
        self,
        request: ContentRequest,
        shape: Sequence[Problem],
        *,
        brand_is_visible: bool,
        media: IntakeMedia | None = None,
    ) -> CheckedPost:
        """Check a new post. Raises ProblemsFound with every problem at once, those of its `shape` first.

        A brand that the caller may not see counts as unknown. A slot is chosen and not taken: another post may take it
        first. `media`: those of the request, if it was checked before.
        """
        now, immediate = self.clock.now(), request.scheduled_at is None and request.slot is None
        problems = ProblemCollector(shape)
        due, publish_by = read_times(
            request.scheduled_at, request.timezone, request.fold, request.publish_by, now, problems
        )
        slot: ChosenSlot | None = None
        if request.slot is not None:
            slot = await choose_slot(self.database, request, now, problems) if brand_is_visible else None
            due = slot.at if slot else None
        withdraw_at = read_end(request.withdraw_at, request.timezone, "/withdrawAt", problems)
        if due is not None:
            problems.extend(check_withdraw_at(withdraw_at, due, publish_by, now))
            problems.extend(
                check_publish_by(due, publish_by, now)
                if immediate
                else check_window(due, publish_by, now, at_once="omit scheduledAt to publish now")
            )
        is_sound = due is not None and not problems.has("/scheduledAt")
        due = due or now
        drafts = await self._check(
            request,
            now,
            due,
            problems,
            is_new=True,
            may_fetch=not shape,
            brand_is_visible=brand_is_visible,
            compared_at=due if is_sound else None,
            withdraw_at=withdraw_at,
            fetched=media,
        )
        explicit = publish_by is not None
        publish_by = publish_by or default_publish_by(due, withdraw_at)
        return CheckedPost(request, due, publish_by, explicit, withdraw_at, drafts, slot)

    async def check_again(self, post: CheckedPost) -> CheckedPost:
        """A checked post with the slot that it would get now. Raises as `check_new`, if that is another one."""
        problems = ProblemCollector()
        slot = await choose_slot(self.database, post.request, self.clock.now(), problems)
        if slot == post.slot:
            return post
        return await self.check_new(post.request, (), brand_is_visible=True, media=post.drafts.media)

    async def check_edit(
        self, request: ContentRequest, shape: Sequence[Problem], due: datetime, content_id: str
    ) -> CheckedDrafts:
        """Check a stored post as an edit would leave it. Its accounts and times stay: `ending` checks a new end."""
        return await self._check(
            request,
            self.clock.now(),
            due,
            ProblemCollector(shape),
            is_new=False,
            may_fetch=not shape,
            brand_is_visible=True,
            compared_at=due,
            content_id=content_id,
        )

    async def _check(
        self,
        request: ContentRequest,
        now: datetime,
        due: datetime,
        problems: ProblemCollector,
        *,
        is_new: bool,
        may_fetch: bool,
        brand_is_visible: bool,
        compared_at: datetime | None,
        content_id: str | None = None,
        withdraw_at: datetime | None = None,
        fetched: IntakeMedia | None = None,
    ) -> CheckedDrafts:
        """The drafts of a request, or ProblemsFound; then no media file is left behind.

        Media are fetched only for a brand that exists, and only for a request of a sound shape (`may_fetch`). An
        account that cannot publish at `due` is a warning; for a new post a problem, if the brand refuses it. Posts
        around `compared_at` are compared, except for the edited one (`content_id`). `fetched` are its media, if they
        were fetched before.
        """
        sent = list(media_of(request)) if brand_is_visible and fetched is None else []
        media = fetched or IntakeMedia()
        if may_fetch and any(each.url is not None for _, each in sent) and await self._brand_exists(request.brand_ref):
            media = await self.media.fetch(request.brand_ref, sent, now, problems)
        try:
            if sent:
                async with self.database.read() as session:
                    await look_up(session, request.brand_ref, sent, media, problems)
            targets, troubles, of_accounts = await self._targets(
                request, now, due, problems, is_new=is_new, brand_is_visible=brand_is_visible
            )
            fitting = await fitting_of(self.database, request, media)
            judge = partial(_place_and_check, request, targets, media, problems, fitting)
            placed, warnings = await self.in_thread_if_long(request, brand_is_visible, judge)
            if compared_at is not None:
                warnings += await check_duplicates(
                    self.database, request.brand_ref, placed, compared_at, content_id, problems
                )
            warnings += check_placed(placed, due, withdraw_at, problems)
            warnings += time_warnings(request) + of_accounts
            if problems.all:
                raise PostRefused(problems.all, warnings, placed)
            if is_new and (request.scheduled_at is not None or request.slot is not None):
                warnings += preparation_warnings(placed, now, due)
            if is_new:
                warnings += await quota_warnings(self.database, targets, due)
        except BaseException:
            media.discard()
            raise
        return checked_drafts(request, placed, warnings, media, troubles)

    async def _targets(
        self,
        request: ContentRequest,
        now: datetime,
        due: datetime,
        problems: ProblemCollector,
        *,
        is_new: bool,
        brand_is_visible: bool,
    ) -> tuple[list[Target], list[tuple[Target, Trouble]], list[Warning_]]:
        """The accounts of a request, those that cannot publish at `due`, and the warnings about them; problems instead,
        where the brand refuses such posts."""
        targets = await find_targets(
            self.database,
            request.brand_ref,
            request.channels,
            self.channels,
            problems,
            brand_is_visible=brand_is_visible,
        )
        troubles = find_troubles(targets, due, now, self.keyring)
        # The common case, in which all accounts can publish, reads nothing.
        certain = is_new and any(trouble.is_certain for _, trouble in troubles)
        refuse = certain and await self.database.lookup(partial(refuses_unusable, brand_ref=request.brand_ref))
        warnings = report_troubles(troubles, problems, refuse=refuse) if troubles else []
        if is_new:
            warnings += check_versions(targets, due, now, problems)
        return targets, troubles, warnings

    async def in_thread_if_long(
        self, request: ContentRequest, brand_is_visible: bool, work: Callable[[], Result]
    ) -> Result:
        """Call `work`, in a thread if the request is long: counting a megabyte of text would delay every other request.

        A usual post takes less time than starting a thread.
        """
        if not is_long(request):
            return work()
        return await self.threads.run(request.brand_ref if brand_is_visible else None, work)

    async def _brand_exists(self, brand_ref: str) -> bool:
        async with self.database.read() as session:
            brand = await session.get(BrandRow, brand_ref)
            return brand is not None and brand.erasing_at is None


def _place_and_check(
    request: ContentRequest, targets: Sequence[Target], media: IntakeMedia, problems: ProblemCollector, fitting: Fitting
) -> tuple[list[PlacedDraft], list[Warning_]]:
    placed = [fit_draft(place_draft(request, target, media), fitting) for target in targets]
    checked = checked_once(placed)
    for each in checked:
        check_draft(each, problems)
    return placed, draft_warnings(checked)
