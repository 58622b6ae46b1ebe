"""Recorded figures, in recorded.json: `before` and `after`, each by database and row, with commit, date and machine.

A row that is measured again replaces only its own record.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded.json")
# By time (before, after), database and row.
Records = dict[str, dict[str, dict[str, dict[str, Any]]]]


def origin(checkout: Path) -> dict[str, str]:
    """What is measured, when and where."""
    return {
        "commit": _git(checkout, "rev-parse", "--short", "HEAD") + ("+" if _changed(checkout) else ""),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
    }


def load(file: Path = RECORDED) -> Records:
    """What is recorded."""
    found: Records = json.loads(file.read_text()) if file.exists() else {}
    return {"before": {}, "after": {}} | found


def save(
    when: str, database: str, row: str, figures: Mapping[str, float], where: Mapping[str, Any], file: Path = RECORDED
) -> None:
    """Record one row."""
    records = load(file)
    rounded = {name: round(value, 4) for name, value in figures.items()}
    records[when].setdefault(database, {})[row] = {**where, "figures": rounded}
    file.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")


def value(records: Records, when: str, database: str, key: str) -> float | None:
    """One recorded figure."""
    row, _, name = key.partition(".")
    found: float | None = records[when].get(database, {}).get(row, {}).get("figures", {}).get(name)
    return found


def _changed(checkout: Path) -> bool:
    """Whether the product differs from the commit."""
    product = ("munadi", "api", "activities", "workflows", "worker")
    return bool(_git(checkout, "status", "--porcelain", "--untracked-files=no", "--", *product))


def _git(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
