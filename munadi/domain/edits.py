"""Which fields of a live post a network lets an app edit, as data, and an edit as a client reads it.

Source: docs/networks, section 9 of each network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.failure import Failure
from munadi.domain.model import Duration, WireModel


class EditRule(WireModel):
    """What can be edited of live posts of some kinds, at accounts of some log-ins. The first rule that fits holds."""

    kinds: tuple[str, ...] = Field((), description="Values of the option `kind`; empty: all others.")
    logins: tuple[str, ...] = Field((), description="The log-ins it is about; empty: all others.")
    fields: tuple[str, ...] = Field(
        (),
        description="The fields of an edit: `text`, `title`, `description`, `link`, `altTexts`, `options.…`; "
        "empty: nothing.",
    )
    until: Duration | None = Field(None, description="How long after publishing it can be edited; null: always.")
    scopes: tuple[str, ...] = Field((), description="All of them are needed beside those for posting.")
    because: str = Field("", description="Why it cannot be edited, or not all of it, and what a person can do.")


NOTHING = EditRule(because="Withdraw the post and publish it again, or edit it in the network's own app.")


def rule_for(rules: Sequence[EditRule], kind: str | None, login: str | None) -> EditRule:
    """The rule for a post of this kind (its option), by this log-in."""
    for one in rules:
        if (not one.kinds or kind in one.kinds) and (not one.logins or login in one.logins):
            return one
    return NOTHING


class EditStatus(StrEnum):
    """How far an edit is. `unconfirmed` is not an end: the network is still read."""

    EDITING = "editing"
    EDITED = "edited"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"


class PostEdit(WireModel):
    """One edit of a live publication, with what it says."""

    version: int = Field(description="2 is the first edit; 1 is what was published.")
    at: datetime = Field(description="When it was asked for.")
    status: EditStatus = Field(description="How far it is. The network shows the last one that is `edited`.")
    text: str = Field(description="The whole text of this version.")
    title: str | None = Field(None, description="Its title, where the network has one.")
    description: str | None = Field(None, description="Its description, where the network has one.")
    link: str | None = Field(None, description="Its link, where an edit can change it.")
    alt_texts: tuple[str, ...] | None = Field(
        None, description="The alt text of each file, in their order, where an edit can change them."
    )
    ended_at: datetime | None = Field(None, description="When its outcome was known; null before.")
    unconfirmed_since: datetime | None = Field(
        None, description="Since when it is not certain. The network is read for a week from then."
    )
    failure: Failure | None = Field(None, description="Why it was refused or is not certain, and what to do.")
    confirmed_by: str | None = Field(
        None, description="`look`: the network was read; `answer`: only its answer says so; null before the end."
    )
