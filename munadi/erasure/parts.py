"""Erases an account's part of a post that other accounts publish, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import DeliveryRow, DraftRow, EventRow, PublicationRow, SavedDraftRow
from munadi.db.webhooks.delivery_results import without_bodies
from munadi.domain.content import DraftCheck
from munadi.domain.problem import Problem
from munadi.erasure.deleting import delete_events, delete_publications
from munadi.publishing.content import LockedContent


async def erase_part(post: LockedContent, account_id: str) -> int | None:
    """Remove an account's publications from a locked post, from its revisions and its events. The highest position of
    the events that are deleted: those about these publications alone."""
    gone = {row.id: row for row in post.publications if row.account_id == account_id}
    post.publications = [row for row in post.publications if row.id not in gone]
    channels = {row.channel for row in gone.values()}
    session = post.session
    position = await delete_events(session, col(EventRow.publication_id).in_(gone))
    for event in (await session.exec(select(EventRow).where(EventRow.content_id == post.content.id))).all():
        event.data = _without_publications(event.data, gone, account_id)
    about = select(DeliveryRow).where(DeliveryRow.content_id == post.content.id)
    for delivery in (await session.exec(about)).all():
        delivery.log, delivery.bodies_at = without_bodies(delivery.log), None
    for draft in (await session.exec(select(DraftRow).where(DraftRow.content_id == post.content.id))).all():
        _strip(draft, gone, account_id, channels)
    for row in gone.values():
        session.expunge(row)
    await delete_publications(session, select(PublicationRow.id).where(col(PublicationRow.id).in_(gone)))
    post.wake()  # its workflow reads what is left
    await post.close()
    return position


async def erase_from_drafts(session: AsyncSession, brand_ref: str, account_id: str, now: datetime) -> None:
    """Remove what the brand's saved drafts have for the account, and what their last check said of it. A change that
    somebody makes to the former version is refused."""
    named = cast(col(SavedDraftRow.content), String).contains(account_id, autoescape=True)
    warned = cast(col(SavedDraftRow.checked), String).contains(account_id, autoescape=True)
    query = select(SavedDraftRow).where(SavedDraftRow.brand_ref == brand_ref, named | warned).with_for_update()
    message = "an account that the draft names was erased; what was written for it is gone"
    problem = Problem(pointer="/channels", code="ACCOUNT_UNKNOWN", message=message)
    for draft in (await session.exec(query)).all():
        channels = draft.content.get("channels")
        if isinstance(channels, list):
            draft.content = {**draft.content, "channels": [each for each in channels if not _names(each, account_id)]}
        check = DraftCheck(valid=False, problems=(problem,), warnings=())
        draft.checked, draft.version, draft.updated_at = check.model_dump(mode="json"), draft.version + 1, now
    await session.flush()


def _names(sent: Any, account_id: str) -> bool:
    """Whether an entry of a draft's `channels`, which may be anything, names the account."""
    return isinstance(sent, Mapping) and _account_of(sent) == account_id


def _account_of(sent: Mapping[str, Any]) -> Any:
    """The account that something names, as it was sent or as it is stored."""
    return sent.get("accountId") or sent.get("account_id")


def _strip(draft: DraftRow, gone: Collection[str], account_id: str, channels: Collection[str]) -> None:
    """Remove what was written for the account, and warnings about it, from a revision."""
    source = dict(draft.source)
    source["channels"] = [
        each for each in source.get("channels") or () if not _is_for(each, account_id, channels, draft)
    ]
    draft.source = source
    draft.resolved = {key: value for key, value in draft.resolved.items() if key not in gone}
    draft.warnings = _without_account(draft.warnings, account_id, channels)
    flag_modified(draft, "source")


def _is_for(sent: Any, account_id: str, channels: Collection[str], draft: DraftRow) -> bool:
    """Whether an entry of `channels` is the account's: it names the account, or its network alone."""
    if isinstance(sent, str):
        return sent in channels
    named = _account_of(sent)
    return bool(named == account_id if named else sent.get("channel") in channels)


def _without_publications(
    data: Mapping[str, Any], gone: Mapping[str, PublicationRow], account_id: str
) -> dict[str, Any]:
    content = data.get("content")
    if not isinstance(content, Mapping):
        return dict(data)
    channels = {row.channel for row in gone.values()}
    publications = [each for each in content.get("publications") or () if each.get("id") not in gone]
    warnings = _without_account(content.get("warnings") or (), account_id, channels)
    return {**data, "content": {**content, "publications": publications, "warnings": warnings}}


def _without_account(
    warnings: Sequence[dict[str, Any]], account_id: str, channels: Collection[str]
) -> list[dict[str, Any]]:
    """Those that are not about the account. A warning without an account is about a network."""
    named = [_account_of(each) for each in warnings]
    return [
        each
        for each, named_account in zip(warnings, named, strict=True)
        if named_account != account_id and (named_account is not None or each.get("channel") not in channels)
    ]
