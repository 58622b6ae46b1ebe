"""Videos that a network does not take as they are: what is made of them, where the post or its brand says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from munadi.channels.fit_plan import FitPlan
from munadi.channels.fitting import plan_fit
from munadi.db.contents.media import asset_of
from munadi.db.session import Database
from munadi.db.tables import BrandRow
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.fitting import Fit, FitMode
from munadi.domain.media import MediaAsset
from munadi.intake.drafts import PlacedDraft
from munadi.intake.media import IntakeMedia
from munadi.intake.requests import ContentRequest

_FIT = select(col(BrandRow.fit)).where(col(BrandRow.ref) == bindparam("brand_ref"))
# Of the time before the slot: others' videos may be converted first.
_SPARE = timedelta(minutes=1)
_LONGEST = timedelta(hours=12)


class Fitting(NamedTuple):
    """What a post, or its brand, says of videos that do not fit."""

    fit: Fit
    mode: FitMode


async def fitting_of(database: Database, request: ContentRequest, media: IntakeMedia) -> Fitting:
    """What is done with the videos of a request. The brand is asked only where the post does not say and has one."""
    mode = FitMode(request.fit_mode or FitMode.PAD)
    if request.fit is not None:
        return Fitting(Fit(request.fit), mode)
    if not has_video(map(asset_of, media.rows.values())):
        return Fitting(Fit.REFUSE, mode)
    return Fitting(await database.lookup(partial(_fit_of_brand, request.brand_ref)), mode)


def _fit_of_brand(brand_ref: str, connection: Connection) -> Fit:
    return Fit(connection.execute(_FIT, {"brand_ref": brand_ref}).scalar() or Fit.REFUSE)


def has_video(media: Iterable[MediaAsset]) -> bool:
    """Whether any of these files could be converted."""
    return any(asset.kind is MediaKind.VIDEO for asset in media)


def fit_draft(placed: PlacedDraft, fitting: Fitting) -> PlacedDraft:
    """The draft with what is made of its videos. Where the post is to be refused instead, `cure` is what would help."""
    draft, target = placed.draft, placed.target
    if not has_video(draft.media):
        return placed
    rules = target.channel.media_rules(draft, target.account)
    ruled = zip(draft.media, rules, strict=True)
    plans = [plan_fit(asset, rule, fitting.mode) if rule else None for asset, rule in ruled]
    made = {index: plan for index, plan in enumerate(plans) if plan is not None and plan.recipe is not None}
    expected = _with(draft, made)
    if fitting.fit is Fit.REFUSE:
        return replace(placed, cure=expected) if made else placed
    planned = tuple(plan.planned(index, draft.media[index]) for index, plan in made.items())
    hopeless = {index: plan for index, plan in enumerate(plans) if plan is not None and plan.because}
    # What no conversion cures is all that is said of such a file.
    left = _with(expected, hopeless)
    if hopeless and target.channel.validate(left, target.account):
        expected = left
    return replace(placed, draft=draft.model_copy(update={"renditions": planned}), fitted=expected)


def _with(draft: Draft, plans: dict[int, FitPlan]) -> Draft:
    media = tuple(plans[index].expected if index in plans else asset for index, asset in enumerate(draft.media))
    return draft.model_copy(update={"media": media})


def lead_of(placed: PlacedDraft) -> timedelta:
    """How long before the due time the preparation begins: what the channel needs, and the time for renditions."""
    lead = placed.target.channel.lead(placed.shown)
    if not placed.draft.renditions:
        return lead
    seconds = sum(one.seconds for one in placed.draft.renditions)
    return min(lead + _SPARE + timedelta(seconds=seconds), _LONGEST)
