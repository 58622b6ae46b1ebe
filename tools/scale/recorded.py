"""What was measured for docs/scale.md, kept in `measured.json` beside this file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PATH = Path(__file__).parent / "measured.json"


def recorded() -> dict[str, Any]:
    """Rows by what they measure, and the machine's cores."""
    found: dict[str, Any] = json.loads(PATH.read_text()) if PATH.exists() else {}
    return found


def record(name: str, rows: Sequence[DataclassInstance], key: Sequence[str]) -> None:
    """Store rows in place of those with the same values of `key`."""
    kept = recorded()
    merged = {tuple(row[part] for part in key): row for row in [*kept.get(name, []), *map(asdict, rows)]}
    kept |= {"cores": os.cpu_count(), name: [merged[each] for each in sorted(merged)]}
    PATH.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
