"""docs/promises.md names tests that exist, and every test over real processes is named there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
NAMED = set(TEST.findall(PAGE))


def test_each_promise_has_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("| tests |")]
    assert rows
    assert [row for row in rows if not TEST.search(row.rpartition(" | ")[2])] == []


def test_each_named_test_exists() -> None:
    assert sorted(name for name in NAMED if not (ROOT / name).is_file()) == []


def test_each_test_over_real_processes_is_named() -> None:
    folders = (ROOT / "tests" / "faults", ROOT / "tests" / "e2e")
    found = {str(file.relative_to(ROOT)) for folder in folders for file in folder.glob("test_*.py")}
    assert sorted(found - NAMED) == []
