"""One publication as its channel gets it: what to publish, for whom, what is prepared so far and how it is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from munadi.domain.account import ConnectedAccount
from munadi.domain.bounds import STATE, STATE_TEXT, require_size
from munadi.domain.content import PublicationDraft
from munadi.domain.model import Model
from munadi.domain.publication import Preparation

# Stores a preparation. Raises StaleEpoch when the draft was edited or another run has taken over.
WritePreparation = Callable[[Preparation], Awaitable[None]]


class PreparedState(Model):
    """The base of each channel's `Prepared`. `failed_pulls` counts for `munadi.channels.pulls`.

    A preparation that another version has saved may have fields that are no longer, or not yet, used.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    failed_pulls: int = 0

    @classmethod
    def of(cls, preparation: Preparation | None) -> Self:
        """The state that a preparation holds; an empty one without a preparation."""
        return cls.model_validate(preparation.state) if preparation else cls()

    @property
    def expires_at(self) -> datetime | None:
        """When the network drops a part of it; None where nothing expires."""
        return None


Options = TypeVar("Options", bound=BaseModel)
State = TypeVar("State", bound=PreparedState)


class PreparationStore:
    """The preparation of one publication as it was saved last, and the way to save it.

    `error` is what the last write raised: the core's own error, which no channel may take for the network's. Without
    `write` the preparation is only read.
    """

    def __init__(
        self, preparation: Preparation | None = None, write: WritePreparation | None = None, draft_version: int = 1
    ) -> None:
        self.preparation = preparation
        self.error: Exception | None = None
        self._write, self._draft_version, self._is_saved = write, draft_version, False

    async def save(self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None) -> None:
        """Save a state now. Raises StaleEpoch, and ValueError for a state that is too large."""
        require_size(state, STATE, STATE_TEXT)
        if self._write is None:
            raise RuntimeError("this preparation was given to be read only")
        preparation = Preparation(draft_version=self._draft_version, state=state, ready=ready, expires_at=expires_at)
        try:
            await self._write(preparation)
        except Exception as error:
            self.error = error
            raise
        self.preparation, self._is_saved = preparation, True

    async def ready(self, expires_at: datetime | None) -> None:
        """Mark the preparation as ready, unless it was saved so: only the visible call is left."""
        preparation = self.preparation
        if not (self._is_saved and preparation and preparation.ready and preparation.expires_at == expires_at):
            await self.save(preparation.state if preparation else {}, ready=True, expires_at=expires_at)


class Publication(Generic[Options, State]):
    """A draft for one account, with the state of its preparation. A change of the state is saved before anything else.

    `Channel.publication` makes it: `options` and `state` are parsed once, by the channel's models.
    """

    def __init__(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        store: PreparationStore,
        models: tuple[type[Options], type[State]],
    ) -> None:
        self.draft, self.account, self.store = draft, account, store
        self.models = models

    @cached_property
    def options(self) -> Options:
        """The draft's options; they were validated before the post was accepted."""
        return self.models[0].model_validate(self.draft.options)

    @cached_property
    def state(self) -> State:
        """What is prepared so far."""
        return self.models[1].of(self.store.preparation)

    @property
    def token(self) -> str:
        """The account's access token, in clear, for one call."""
        return self.account.token

    async def save(self, *, ready: bool = False, **changes: object) -> None:
        """Change some fields of the state and save it. Raises StaleEpoch when another activity has taken over."""
        await self.replace(self.state.model_copy(update=changes), ready=ready)

    async def keep(self, **changes: object) -> None:
        """Save what is live or accepted. Neither a lost lease nor a failing database may turn that into a failure."""
        with suppress(Exception):
            await self.save(ready=True, **changes)

    async def replace(self, state: State, *, ready: bool = False) -> None:
        """Save another state. Raises StaleEpoch."""
        self.state = state
        await self.store.save(state.model_dump(mode="json"), ready=ready, expires_at=state.expires_at)
