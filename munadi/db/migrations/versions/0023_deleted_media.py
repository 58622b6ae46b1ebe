"""deleted media, and which posts and drafts use a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: None = None
depends_on: None = None

_IS_TO_REMOVE = sa.text("deleted_at IS NOT NULL AND removed_at IS NULL")
_USES = sa.table("media_uses", sa.column("media_id"), sa.column("used_by"))
# Posts that may still be sent, or retried.
_OF_POSTS = sa.text(
    """
    SELECT c.id AS used_by, d.source AS named, d.resolved AS resolved
    FROM contents c JOIN drafts d ON d.content_id = c.id AND d.draft_version = c.draft_version
    WHERE c.status NOT IN ('published', 'canceled') OR c.next_look_at IS NOT NULL
    """
).columns(sa.column("used_by", sa.String()), sa.column("named", Json), sa.column("resolved", Json))
_OF_DRAFTS = sa.text("SELECT id AS used_by, content AS named, NULL AS resolved FROM saved_drafts").columns(
    sa.column("used_by", sa.String()), sa.column("named", Json), sa.column("resolved", Json)
)
BATCH = 500


def upgrade() -> None:
    op.add_column("media", sa.Column("deleted_at", UtcDateTime(), nullable=True))
    op.add_column("media", sa.Column("removing_at", UtcDateTime(), nullable=True))
    op.add_column("media", sa.Column("removed_at", UtcDateTime(), nullable=True))
    op.create_index("media_to_remove", "media", ["id"], sqlite_where=_IS_TO_REMOVE, postgresql_where=_IS_TO_REMOVE)
    op.create_table(
        "media_uses",
        sa.Column("media_id", sa.String(), sa.ForeignKey("media.id"), primary_key=True),
        sa.Column("used_by", sa.String(), primary_key=True),
    )
    op.create_index(op.f("ix_media_uses_used_by"), "media_uses", ["used_by"])
    connection = op.get_bind()
    _record_uses(connection)
    # True for what is recorded here, false for what an older process stores from now on.
    recorded: sa.Column[bool] = sa.Column("uses_recorded", sa.Boolean(), nullable=False, server_default=sa.false())
    if connection.dialect.name == "sqlite":
        op.add_column("drafts", recorded)
        op.execute("UPDATE drafts SET uses_recorded = 1")
    else:
        recorded.server_default = sa.DefaultClause(sa.true())
        op.add_column("drafts", recorded)
        op.alter_column("drafts", "uses_recorded", server_default=sa.false())
    op.create_index(
        "drafts_with_unrecorded_uses",
        "drafts",
        ["content_id"],
        sqlite_where=sa.text("uses_recorded = 0"),
        postgresql_where=sa.text("NOT uses_recorded"),
    )


def _record_uses(connection: sa.Connection) -> None:
    """Record what waiting posts and saved drafts use already."""
    known = set(connection.execute(sa.text("SELECT id FROM media")).scalars())
    for query in (_OF_POSTS, _OF_DRAFTS):
        for rows in connection.execute(query).partitions(BATCH):
            uses = [{"media_id": media_id, "used_by": row.used_by} for row in rows for media_id in _ids(row) & known]
            if uses:
                connection.execute(sa.insert(_USES), uses)


def _ids(row: sa.Row[Any]) -> set[str]:
    drafts = row.resolved.values() if isinstance(row.resolved, dict) else ()
    named = row.named if isinstance(row.named, dict) else {}
    return {media_id for part in (named, *_list(named.get("channels")), *drafts) for media_id in _of(part)}


def _of(part: Any) -> Iterator[str]:
    for each in _list(part.get("media")) if isinstance(part, dict) else ():
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            yield each["id"]


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
