"""Stores an edit of a post that is locked, in the caller's transaction."""

from __future__ import annotations

from munadi.db.audit import record
from munadi.db.brands.limits import BrandRules
from munadi.db.contents.media_uses import forget_uses
from munadi.db.contents.metadata import replace_metadata
from munadi.db.tables import DraftRow
from munadi.domain.audit import Action
from munadi.domain.brand import ApprovalRule, Duplicates
from munadi.domain.event import EventType
from munadi.intake.checked import CheckedDrafts
from munadi.intake.duplicates import require_no_duplicates
from munadi.publishing import approvals
from munadi.publishing.acceptance import draft_values, planned_renditions
from munadi.publishing.changes import require_untouched
from munadi.publishing.content import LockedContent
from munadi.publishing.ending import EndChange
from munadi.publishing.leftovers import give_up_preparation
from munadi.publishing.media_use import store_media


async def store_edit(locked: LockedContent, drafts: CheckedDrafts, rules: BrandRules, end: EndChange) -> None:
    """Replace the drafts of a locked post. ChangeRefused TOO_LATE once any publication was claimed, and MediaGone.

    Raises ProblemsFound for a duplicate that the brand refuses; its row is locked then. `end` sets or checks the time
    to end of the post as it is afterwards. An approval is needed again.

    `draft_version` changes, and every preparation prepared so far is given up, only when the post would look different.
    """
    require_untouched(locked)
    if rules.duplicates is Duplicates.REFUSE:
        connection = await locked.session.connection()
        due, own_id = locked.content.scheduled_at, locked.content.id
        await connection.run_sync(require_no_duplicates, drafts.placed, due, own_id)
    content = locked.content
    await forget_uses(locked.session, content.id)
    await store_media(locked.session, content.brand_ref, content.id, drafts.media)
    content.version += 1
    publication_ids = [row.id for row in locked.publications]
    metadata = drafts.source.get("metadata") or {}
    if metadata != locked.view.metadata:
        await replace_metadata(locked.session, content.id, metadata)
    fresh = DraftRow(**draft_values(content.id, content.draft_version, publication_ids, drafts, locked.now))
    for row, each in zip(locked.publications, drafts.publications, strict=True):
        row.fingerprint, row.price = each.fingerprint, each.price
    if fresh.resolved == locked.draft.resolved:
        locked.draft.source, locked.draft.warnings = fresh.source, fresh.warnings
    else:
        content.draft_version += 1
        fresh.draft_version = content.draft_version
        locked.session.add(fresh)
        locked.draft = fresh
        for row, each in zip(locked.publications, drafts.publications, strict=True):
            row.lead_seconds, row.preparation_ready = each.lead.total_seconds(), False
            row.steps_left, row.renditions = list(each.steps), planned_renditions(each)
            # A running preparation of the old draft must not fail the new one.
            row.epoch += 1
            await give_up_preparation(locked.session, row, locked.now)
    await end(locked)
    record(locked.session, Action.CONTENT_UPDATED, target=content.id, brand_ref=content.brand_ref, now=locked.now)
    locked.wake()
    if content.approved_draft is not None or rules.approval is ApprovalRule.ALWAYS:
        await approvals.request(locked)
    await locked.emit(EventType.CONTENT_UPDATED)
    await locked.close()
