"""Saving a handle the moment each part of it is known, fenced by draft and epoch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.domain.publication import Handle
from munadi.ports import Clock, Publications
from munadi.publishing.model import Work


class HandleKeeper:
    """The `save` that a channel is given; it remembers the last state, so that readiness can be added to it."""

    def __init__(self, publications: Publications, work: Work, clock: Clock) -> None:
        self._publications = publications
        self._work = work
        self._clock = clock
        self._state: dict[str, Any] = dict(work.handle.state) if work.handle else {}
        self._saved: tuple[bool, datetime | None] | None = None

    async def save(self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None) -> None:
        """Persist now. Raises StaleEpoch when the draft was edited or this activity was overtaken."""
        await self._publications.save_handle(
            self._work.publication_id,
            draft_version=self._work.draft_version,
            epoch=self._work.epoch,
            state=state,
            ready=ready,
            expires_at=expires_at,
            now=self._clock.now(),
        )
        self._state, self._saved = dict(state), (ready, expires_at)

    def handle(self, before: Handle | None) -> Handle | None:
        """The handle to go on from: what was saved here, else what there was before."""
        if self._saved is None:
            return before
        ready, expires_at = self._saved
        return Handle(draft_version=self._work.draft_version, state=self._state, ready=ready, expires_at=expires_at)

    async def ready(self, expires_at: datetime | None) -> None:
        """Only the visible call is left."""
        if self._saved != (True, expires_at):
            await self.save(self._state, ready=True, expires_at=expires_at)
