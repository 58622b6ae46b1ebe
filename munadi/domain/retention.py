"""How long what is stored is kept."""

from __future__ import annotations

from pydantic import BaseModel, Field


class RetentionSettings(BaseModel):
    """How long posts, events and webhook deliveries are kept. A worker removes what is older, a little at a time."""

    posts_days: int | None = Field(
        None,
        ge=7,
        description="days after its last change that a finished post is kept, with everything that belongs to it; "
        "unset: for ever",
    )
    post_texts_days: int | None = Field(
        None,
        ge=30,
        description="days after its last change that a finished post has its texts, files and options; then what was "
        "published where and when stays; unset: as long as the post",
    )
    answers_days: int | None = Field(
        None,
        ge=1,
        description="days that networks' raw answers are kept after an attempt ended; unset: as long as the post",
    )
    event_texts_days: int | None = Field(
        None,
        ge=30,
        description="days that events have the texts of posts; then they are as thin payloads are; unset: as long as "
        "the events",
    )
    media_days: int | None = Field(
        None,
        ge=1,
        description="days that a file is kept that no post and no draft names; unset: until it is deleted",
    )

    events_days: int = Field(400, ge=1, description="days that events are kept, with their deliveries")
    deliveries_days: int = Field(
        90, ge=1, description="days that webhook deliveries are kept, also those that wait for a disabled endpoint"
    )
    bodies_days: int = Field(
        30, ge=1, description="days after its last attempt that a delivery shows requests and responses"
    )
