"""The group of settings about workers. `munadi/config.py` has the others."""

from __future__ import annotations

from pydantic import BaseModel, Field


class WorkerSettings(BaseModel):
    """How much one worker does at the same time."""

    slots: int = Field(40, ge=40, description="activities that a worker runs at once, whatever else the machine does")
    most_slots: int = Field(
        1_000, ge=40, description="the same while processor and memory have room; most of them wait for a network"
    )
    cached_posts: int = Field(
        1_500, ge=10, description="posts whose workflows a worker keeps in memory, about 26 kB each"
    )
    conversions: int | None = Field(
        None, ge=1, description="videos that a worker converts at once, each on one core; unset: one for each core"
    )
