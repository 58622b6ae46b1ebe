"""What docs/architecture.md says that a post costs, so that tests compare it with what they count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
KINDS = ("SELECT", "INSERT", "UPDATE")
_ROW = re.compile(r"\| \*\*(?P<name>[a-z ]+)\*\* \| .+ \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|")


def stated_costs() -> dict[str, tuple[int, ...]]:
    """By the name of a transaction: SELECTs, INSERTs, UPDATEs, and trips to the thread of SQLite's writer."""
    return {found["name"]: tuple(map(int, found.groups()[1:])) for found in _ROW.finditer(PAGE.read_text())}


def stated_events() -> list[int]:
    """The events in the history of a post that is due at once, and of one that is due later."""
    found = re.search(r"at once makes (\d+) history events.*?scheduled one makes (\d+)", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return [int(each) for each in found.groups()]


def count(statements: Iterable[str]) -> tuple[int, ...]:
    """The number of SELECTs, INSERTs and UPDATEs."""
    words = [each.split(None, 1)[0] for each in statements]
    return tuple(words.count(kind) for kind in KINDS)
