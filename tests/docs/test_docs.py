"""Generated pages are current, and every decision has its sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from munadi.domain.event import EventType
from munadi.domain.event_kinds import EVENT_KINDS
from scripts.generate_docs import NOTE, PAGES, REFERENCE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_fresh(name: str) -> None:
    page = PAGES[name]() if name.endswith(".json") else NOTE + PAGES[name]()
    assert (REFERENCE / name).read_text() == page, (
        f"docs/reference/{name} is stale: run `.venv/bin/python -m scripts.generate_docs`"
    )


def test_every_event_is_explained() -> None:
    assert list(EVENT_KINDS) == list(EventType)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda page: page.name)
def test_a_decision_says_why_and_what_follows(page: Path) -> None:
    text = page.read_text()
    assert "**Why" in text
    assert "**Consequence.**" in text or "**Also decided.**" in text
