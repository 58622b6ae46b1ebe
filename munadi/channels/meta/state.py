"""What a preparation stores of a post that is published by containers."""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.domain.model import Model
from munadi.domain.publication import POST
from munadi.ports import PreparedState

RUNNING, DONE, DEAD = "IN_PROGRESS", ("FINISHED", "PUBLISHED"), ("ERROR", "EXPIRED")
# An unpublished container is dead after this.
CONTAINER_LIFE = timedelta(hours=24)


class Container(Model):
    """A container as known; `code` is its last status, `finished_at` when that was first seen to be FINISHED."""

    id: str
    created_at: datetime
    media_type: str = "TEXT"
    code: str = RUNNING
    finished_at: datetime | None = None


class Prepared(PreparedState):
    """The state of a preparation: containers by slot (`0`, `1`… for children, else the step that publishes it).

    `posts` has the published ids by step; `renewals` and `misses` count for the step under way.
    """

    containers: dict[str, Container] = {}
    posts: dict[str, str] = {}
    renewals: int = 0
    misses: int = 0

    @property
    def expires_at(self) -> datetime | None:
        """When the first container of the post lapses; replies are made when their turn comes."""
        made = [one.created_at for slot, one in self.containers.items() if slot == POST or slot.isdecimal()]
        return min(made) + CONTAINER_LIFE if made else None

    def without(self, slot: str) -> Prepared:
        """That container forgotten; with the post's all others too."""
        kept = {} if slot == POST else {name: one for name, one in self.containers.items() if name != slot}
        return self.model_copy(update={"containers": kept})
