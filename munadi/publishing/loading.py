"""Loads the rows of posts: the statements that begin every transaction on a post, built once per process.

The lock comes first and alone: joined to others, PostgreSQL would show their rows as they were before it waited for the
lock. Each function is one call through the async driver for all its statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.orm import Session
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.prebuilt import Prebuilt, PrebuiltRows
from munadi.db.tables import ContentRow, DraftRow, PublicationRow

# A post, its publications by place, and its current draft.
PostRows = tuple[ContentRow, list[PublicationRow], DraftRow]

_BY_ID = select(ContentRow).where(col(ContentRow.id) == bindparam("key"))
READ = PrebuiltRows(_BY_ID)
LOCK = PrebuiltRows(_BY_ID.with_for_update().execution_options(populate_existing=True))
_CONTENT_OF = select(PublicationRow.content_id).where(col(PublicationRow.id) == bindparam("key")).scalar_subquery()
_BY_PUBLICATION = select(ContentRow).where(col(ContentRow.id) == _CONTENT_OF)
READ_BY_PUBLICATION = PrebuiltRows(_BY_PUBLICATION)
LOCK_BY_PUBLICATION = PrebuiltRows(_BY_PUBLICATION.with_for_update().execution_options(populate_existing=True))
_PUBLICATIONS = PrebuiltRows(
    select(PublicationRow).where(col(PublicationRow.content_id) == bindparam("key")).order_by(col(PublicationRow.place))
)
_DRAFT = PrebuiltRows(
    select(DraftRow).where(
        col(DraftRow.content_id) == bindparam("key"), col(DraftRow.draft_version) == bindparam("version")
    )
)

_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
# In one order for all who lock several posts, so that no two wait for each other.
_LOCK_ALL = (
    select(ContentRow)
    .where(col(ContentRow.id).in_(_KEYS))
    .order_by(col(ContentRow.id))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_PUBLICATIONS_OF_ALL = (
    select(PublicationRow).where(col(PublicationRow.content_id).in_(_KEYS)).order_by(col(PublicationRow.place))
)
_DRAFTS_OF_ALL = (
    select(DraftRow)
    .join(ContentRow, col(ContentRow.id) == col(DraftRow.content_id))
    .where(col(DraftRow.content_id).in_(_KEYS), col(DraftRow.draft_version) == col(ContentRow.draft_version))
)

_OTHER_OWNER = Prebuilt(
    select(PublicationRow.id).where(
        col(PublicationRow.account_id) == bindparam("account_id"),
        col(PublicationRow.provider_post_id) == bindparam("post_id"),
        col(PublicationRow.id) != bindparam("publication_id"),
    )
)


def load_post(session: Session, query: PrebuiltRows[ContentRow], key: str) -> PostRows | None:
    """The rows of the post that `query` (READ, LOCK, or either by publication) selects; None when there is none."""
    for content in query.find(session, {"key": key}):
        publications = _PUBLICATIONS.find(session, {"key": content.id})
        draft = _DRAFT.find(session, {"key": content.id, "version": content.draft_version})
        if not draft:
            raise LookupError(f"{content.id} has no draft {content.draft_version}")
        return content, list(publications), draft[0]
    return None


def lock_posts(session: Session, content_ids: Sequence[str]) -> list[PostRows]:
    """Lock and load several posts, in the order of their ids. Those that do not exist are left out."""
    contents = session.scalars(_LOCK_ALL, {"keys": list(content_ids)}).all()
    keys = [content.id for content in contents]
    publications: dict[str, list[PublicationRow]] = {key: [] for key in keys}
    for row in session.scalars(_PUBLICATIONS_OF_ALL, {"keys": keys}):
        publications[row.content_id].append(row)
    drafts = {draft.content_id: draft for draft in session.scalars(_DRAFTS_OF_ALL, {"keys": keys})}
    return [(content, publications[content.id], drafts[content.id]) for content in contents]


async def owned_by_another(session: AsyncSession, row: PublicationRow, post_id: str) -> bool:
    """Whether the post is already recorded as another publication of the same account."""
    given = {"account_id": row.account_id, "post_id": post_id, "publication_id": row.id}
    return bool(await _OTHER_OWNER.rows(session, given))
