"""The removal of old posts: when one may be deleted, why one is kept, and what a purge did."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from munadi.domain.model import WireModel

# A post is never deleted sooner after its last change. Within that time a repeated request gets its first answer (48
# hours), the same post is recognized (24 hours), webhooks are retried (three days), and networks may fetch its files.
SOONEST = timedelta(days=7)


class Kept(StrEnum):
    """Why a post that is old enough is not deleted."""

    UNFINISHED = "unfinished"
    CHANGE = "change"
    LOOK = "look"
    LEFTOVER = "leftover"
    EVENT = "event"
    USAGE = "usage"
    UNCERTAIN = "uncertain"


KEPT_MEANING = {
    Kept.UNFINISHED: "it is not finished: something of it waits, is being published or is unconfirmed",
    Kept.CHANGE: "it has changed since, or a withdrawal or an edit of it is planned or under way",
    Kept.LOOK: "Munadi is still to look whether it is live",
    Kept.LEFTOVER: "what was prepared for it is still to be removed from its network",
    Kept.EVENT: "one of its events is still to be delivered, or is the newest one of the installation",
    Kept.USAGE: "it counts in the usage of the current month",
    Kept.UNCERTAIN: "another post of the account with the same text may be live, and must not be taken for this one",
}


class PurgeReport(WireModel):
    """What a purge deleted, or would delete."""

    before: datetime
    brand_ref: str | None
    is_dry_run: bool = Field(serialization_alias="dryRun")
    posts: int = 0
    deleted: dict[str, int] = Field(default_factory=dict, description="Rows by table.")
    kept: dict[Kept, int] = Field(default_factory=dict, description="Posts that are old enough, by why they stay.")


def latest_before(now: datetime) -> datetime:
    """The latest time before which posts may have had their last change, to be deleted now."""
    return now - SOONEST
