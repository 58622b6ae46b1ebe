"""Revisions of a version that does not exist yet, beside those of this one."""

from __future__ import annotations

from pathlib import Path

from munadi.db import migrate

_TEXT = '''"""Adds a table."""

from alembic import op

revision = {name!r}
down_revision = {after!r}
{marked}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE made_by_{name} (id INTEGER)")
'''


def revision(name: str, *, after: str | None = None, oldest_code: str | None = None) -> str:
    """The text of a revision that adds a table. Without `oldest_code` it does not say which code may run on it."""
    marked = "" if oldest_code is None else f"oldest_code = {oldest_code!r}"
    return _TEXT.format(name=name, after=after or migrate.head(), marked=marked)


def versions_with(folder: Path, *revisions: str) -> Path:
    """A folder with all revisions of this version, and these."""
    versions = folder / "versions"
    versions.mkdir()
    for file in (migrate.MIGRATIONS / "versions").glob("*.py"):
        (versions / file.name).write_text(file.read_text())
    for number, added in enumerate(revisions):
        (versions / f"{9990 + number}_of_a_test.py").write_text(added)
    return versions
