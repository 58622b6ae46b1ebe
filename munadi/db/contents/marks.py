"""Marks of posts: small values that differ once what the API shows of a post has changed.

Many clients wait for a change of a post at once, and to compare marks costs less than to read each post.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select
from sqlmodel import col

from munadi.db.tables import ContentRow, PublicationRow

# PostgreSQL and SQLite bound the parameters of a statement.
AT_ONCE = 500
Mark = tuple[object, ...]

_POST = (col(ContentRow.id), col(ContentRow.updated_at), col(ContentRow.version), col(ContentRow.sequence))
# What is changed without the row of the post: attempts, edits, and looks at what is live.
_PUBLICATIONS = (
    func.max(col(PublicationRow.updated_at)),
    func.sum(col(PublicationRow.revision)),
    func.sum(col(PublicationRow.attempt_count)),
    func.max(col(PublicationRow.watch_at)),
)
_MARKS = (
    select(*_POST, *_PUBLICATIONS)
    .join(PublicationRow, col(PublicationRow.content_id) == col(ContentRow.id))
    .group_by(*_POST)
)


def read_marks(connection: Connection, content_ids: Sequence[str]) -> Mapping[str, Mark]:
    """The mark of each post that exists. `AT_ONCE` posts at most."""
    rows = connection.execute(_MARKS.where(col(ContentRow.id).in_(content_ids)))
    return {content_id: tuple(mark) for content_id, *mark in rows}
