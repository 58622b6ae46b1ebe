"""Saves each part of a handle as soon as it is known, unless the draft or the epoch has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.domain.publication import Handle
from munadi.ports import Attempts, Clock
from munadi.publishing.model import Step


class HandleSaver:
    """The `save` callback that a channel gets. It remembers the last state, so that readiness can be added to it."""

    def __init__(self, attempts: Attempts, step: Step, clock: Clock) -> None:
        self._attempts = attempts
        self._step = step
        self._clock = clock
        self._state: dict[str, Any] = dict(step.handle.state) if step.handle else {}
        self._saved: tuple[bool, datetime | None] | None = None

    async def save(self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None) -> None:
        """Save the state now. Raises StaleEpoch when the draft was edited or another run has taken over."""
        await self._attempts.save_handle(
            self._step.publication_id,
            draft_version=self._step.draft_version,
            epoch=self._step.epoch,
            state=state,
            ready=ready,
            expires_at=expires_at,
            now=self._clock.now(),
        )
        self._state, self._saved = dict(state), (ready, expires_at)

    def handle(self, before: Handle | None) -> Handle | None:
        """The handle to continue from: the last saved state, else the earlier handle."""
        if self._saved is None:
            return before
        ready, expires_at = self._saved
        return Handle(draft_version=self._step.draft_version, state=self._state, ready=ready, expires_at=expires_at)

    async def ready(self, expires_at: datetime | None) -> None:
        """Mark the handle as ready: only the visible call is left."""
        if self._saved != (True, expires_at):
            await self.save(self._state, ready=True, expires_at=expires_at)
