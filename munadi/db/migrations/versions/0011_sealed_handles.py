"""sealed handles, and since which credentials an account has its connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: None = None
depends_on: None = None

HELD = "handle IS NOT NULL OR sealed_handle IS NOT NULL"
# Handles that will not be used. What is left in clear is in use: only a process that has the keys can seal it, and the
# worker does so as it starts.
UNUSED = {
    "sqlite": """
        UPDATE publications SET handle = NULL WHERE handle IS NOT NULL AND (
            handle = 'null'
            OR (status = 'published' AND next_look_at IS NULL AND stages = '[]')
            OR (status = 'canceled' AND NOT EXISTS (
                SELECT 1 FROM discards
                WHERE discards.publication_id = publications.id AND next_try_at IS NOT NULL AND NOT detached
            ))
        )
    """,
    "postgresql": """
        UPDATE publications SET handle = NULL WHERE handle IS NOT NULL AND (
            handle = 'null'::jsonb
            OR (status = 'published' AND next_look_at IS NULL AND stages = '[]'::jsonb)
            OR (status = 'canceled' AND NOT EXISTS (
                SELECT 1 FROM discards
                WHERE discards.publication_id = publications.id AND next_try_at IS NOT NULL AND NOT detached
            ))
        )
    """,
}
REMOVED = {
    "sqlite": "UPDATE discards SET handle = NULL WHERE outcome IS NOT NULL OR handle = 'null'",
    "postgresql": "UPDATE discards SET handle = NULL WHERE outcome IS NOT NULL OR handle = 'null'::jsonb",
}


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("connected_version", sa.Integer(), nullable=False, server_default="0"))
    for table in ("publications", "discards"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("sealed_handle", sa.LargeBinary(), nullable=True))
    # As it is: a colon would begin a parameter elsewhere.
    for statements in (UNUSED, REMOVED):
        op.get_bind().exec_driver_sql(statements[op.get_bind().dialect.name])
    op.create_index(
        "publications_with_handle",
        "publications",
        ["id"],
        sqlite_where=sa.text(HELD),
        postgresql_where=sa.text(HELD),
    )
