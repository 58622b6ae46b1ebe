"""Write the next database revision from what changed in munadi/db/tables/.

    .venv/bin/python scripts/new_migration.py "say what changes"

Builds an empty SQLite database up to the newest revision, compares it with the tables in the code, and writes
munadi/db/migrations/versions/NNNN_….py. Read it before you commit it: a rename looks like a drop and an add.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from munadi.db.migrate import new_revision, upgrade


def main() -> int:
    """0 written, 1 nothing to write, 2 usage."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="munadi-migration-") as folder:
        url = f"sqlite:///{folder}/empty.db"
        upgrade(url)
        path = new_revision(url, sys.argv[1])
    if "    pass" in path.read_text():
        path.unlink()
        print("nothing changed: the newest revision has all of munadi/db/tables/")
        return 1
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([Path(sys.executable).with_name("ruff"), *arguments, path], check=True)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
