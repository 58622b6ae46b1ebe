"""What the checks of a request find: a post that is ready to be stored, or the problems that refuse it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from munadi.domain.content import STORED, Draft
from munadi.domain.failure import Failure
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.publication import Warning_
from munadi.intake.account_trouble import Trouble
from munadi.intake.accounts import Target
from munadi.intake.drafts import PlacedDraft
from munadi.intake.fitting import lead_of
from munadi.intake.media import IntakeMedia
from munadi.intake.requests import ContentRequest
from munadi.intake.slots import ChosenSlot


@dataclass(frozen=True)
class CheckedPublication:
    """One publication to store: its account, its draft, how long before the due time its preparation begins, and what
    the network charges for it (`Channel.price`).

    `waits_for`: what its account needs from its owner before anything can be published.
    """

    channel: str
    account_id: str
    draft: Draft
    lead: timedelta
    fingerprint: str
    price: int = 0
    steps: tuple[str, ...] = ()
    waits_for: Failure | None = None


@dataclass(frozen=True)
class CheckedDrafts:
    """What a post will show, on every channel.

    `source` is the request with ids in place of URLs, from which a later edit starts. `media` are not stored yet: the
    caller keeps or discards them.
    """

    publications: tuple[CheckedPublication, ...]
    warnings: tuple[Warning_, ...]
    source: dict[str, Any]
    media: IntakeMedia
    placed: tuple[PlacedDraft, ...] = ()


@dataclass(frozen=True)
class CheckedPost:
    """A request without problems, ready to be stored."""

    request: ContentRequest
    due: datetime
    publish_by: datetime
    publish_by_explicit: bool
    withdraw_at: datetime | None
    drafts: CheckedDrafts
    slot: ChosenSlot | None = None


class PostRefused(ProblemsFound):
    """The problems of a request, with its warnings and the drafts that it would have had."""

    def __init__(self, problems: list[Problem], warnings: Sequence[Warning_], placed: Sequence[PlacedDraft]) -> None:
        super().__init__(problems, warnings)
        self.placed = tuple(placed)


def checked_drafts(
    request: ContentRequest,
    placed: Sequence[PlacedDraft],
    warnings: Sequence[Warning_],
    media: IntakeMedia,
    troubles: Sequence[tuple[Target, Trouble]],
) -> CheckedDrafts:
    """The drafts of a request without problems. `troubles`: of accounts that must be connected again first."""
    causes = {trouble.row.id: trouble.cause for _, trouble in troubles if trouble.cause is not None}
    publications, channels = [], []
    for each in placed:
        channel, sent, row = each.target.channel, each.target.sent, each.target.row
        assert row is not None, "an unknown account is a problem, and there are none"
        publications.append(
            CheckedPublication(
                channel=channel.spec.name.value,
                account_id=row.id,
                draft=each.draft,
                lead=lead_of(each),
                fingerprint=each.fingerprint,
                price=channel.price(each.draft),
                steps=channel.steps(each.draft),
                waits_for=causes.get(row.id),
            )
        )
        source = sent.model_dump(mode="json", by_alias=True, exclude_none=True)
        source["accountId"] = row.id
        if sent.media is not None:
            source["media"] = [{"id": asset.id, "alt": asset.alt} for asset in media.assets(sent.media)]
        channels.append(source)
    source = {
        "text": request.text,
        "link": request.link or None,
        "media": [asset.model_dump(mode="json") for asset in media.assets(request.media)] if request.media else [],
        "channels": channels,
        **request.model_dump(mode="json", by_alias=True, exclude_none=True, include=set(STORED)),
    }
    return CheckedDrafts(tuple(publications), tuple(warnings), source, media, tuple(placed))
