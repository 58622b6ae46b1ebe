"""What a handle holds between the steps of a publication, saved with every change."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Generic, Self, TypeVar

from pydantic import ConfigDict

from munadi.domain.model import Model
from munadi.domain.publication import Handle
from munadi.ports import SaveHandle


class HandleState(Model):
    """The base of each channel's `Prepared`. `failed_pulls` counts for `munadi.channels.pulls`.

    A handle that another version has saved may have fields that are no longer, or not yet, used.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    failed_pulls: int = 0

    @classmethod
    def of(cls, handle: Handle | None) -> Self:
        """The state that a handle holds; an empty one without a handle."""
        return cls.model_validate(handle.state) if handle else cls()

    @property
    def expires_at(self) -> datetime | None:
        """When the network drops a part of it; None where nothing expires."""
        return None


State = TypeVar("State", bound=HandleState)


class SavedState(Generic[State]):
    """The state of one handle. Each change is saved before anything else happens."""

    def __init__(self, state: State, save: SaveHandle) -> None:
        self.state = state
        self._save = save

    async def put(self, *, ready: bool = False, **changes: object) -> None:
        """Change some fields and save. Raises StaleEpoch when another activity has taken over."""
        await self.replace(self.state.model_copy(update=changes), ready=ready)

    async def record_success(self, **changes: object) -> None:
        """Save what is live or accepted. Neither a lost lease nor a failing database may turn that into a failure."""
        with suppress(Exception):
            await self.put(ready=True, **changes)

    async def replace(self, state: State, *, ready: bool = False) -> None:
        """Save another state. Raises StaleEpoch."""
        self.state = state
        await self._save(state.model_dump(mode="json"), ready=ready, expires_at=state.expires_at)
