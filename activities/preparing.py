"""The invisible step, ahead of the slot: uploads, containers, private videos. Repeatable, saved part by part."""

from __future__ import annotations

from temporalio import activity

from activities.access import with_token
from activities.failures import again, failure_from, hold_for
from activities.handles import HandleKeeper
from activities.heartbeat import heartbeats
from activities.messages import PREPARE_TRIES, PublicationRef
from activities.outcomes import look_again, next_step, settled_as
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.publication import (
    HOLD_GROWTH,
    LAPSE_MARGIN,
    Handle,
    HoldReason,
    Pending,
    PublicationStatus,
)
from munadi.ports import Channels, Clock, Publications, StaleEpoch, TokenKeeper
from munadi.publishing.model import NextStep, StepResult, Work


class PreparingActivities:
    """`prepare`."""

    def __init__(self, publications: Publications, channels: Channels, tokens: TokenKeeper, clock: Clock) -> None:
        self._publications = publications
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    @activity.defn(name="prepare")
    async def prepare(self, ref: PublicationRef) -> StepResult:
        """Do the next part: READY, AGAIN after a while, or the publication failed or was held (LOOK)."""
        async with heartbeats():
            work = await self._publications.load(ref.publication_id)
            if (
                work is None
                or work.status is not PublicationStatus.QUEUED
                or work.draft_version != ref.draft_version
                or work.epoch != ref.epoch
                or self._clock.now() >= work.publish_by
            ):
                return look_again(ref.publication_id, ref.epoch, work)
            keeper = HandleKeeper(self._publications, work, self._clock)
            channel, usable = self._channels[work.channel], self._usable(work)
            try:
                result = await with_token(
                    self._tokens,
                    work.account_id,
                    lambda account: channel.prepare(work.draft, account, keeper.handle(usable), keeper.save),
                )
                if isinstance(result, Pending):
                    return next_step(work, NextStep.AGAIN, result.after)
                await keeper.ready(result.expires_at)
            except StaleEpoch:
                return look_again(ref.publication_id, ref.epoch, work)
            except ChannelError as error:
                return await self._ended(work, error)
            return next_step(work, NextStep.READY)

    def _usable(self, work: Work) -> Handle | None:
        """The handle so far, unless it would lapse before the visible call."""
        handle = work.handle
        if handle is None or handle.expires_at is None:
            return handle
        needed_until = max(work.draft.due_at, self._clock.now()) + LAPSE_MARGIN
        return handle if handle.expires_at > needed_until else None

    async def _ended(self, work: Work, error: ChannelError) -> StepResult:
        """Refused → failed. Out of order → a few tries, then a hold. Nothing visible has happened either way."""
        hold = hold_for(error)
        if error.effect is not Effect.REJECTED and hold is None:
            hold = HoldReason.OUTAGE
        if error.effect is Effect.REJECTED and hold is not HoldReason.TOKEN:
            hold = None
        if hold is HoldReason.OUTAGE and activity.info().attempt < PREPARE_TRIES:
            raise again(error)
        wait = None if hold is HoldReason.TOKEN else error.retry_after or HOLD_GROWTH[0]
        settled = await self._publications.end_waiting(
            work.publication_id,
            epoch=work.epoch,
            failure=failure_from(error, self._clock.now()),
            hold=hold,
            hold_for=wait,
            now=self._clock.now(),
            credentials_version=error.credentials_version,
        )
        return settled_as(work.publication_id, settled)
