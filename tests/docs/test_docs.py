"""Docs tell what is true today: generated pages are fresh, links lead somewhere, every decision has its sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from munadi.domain.event import EventType
from scripts.generate_docs import EVENT_MEANING, NOTE, PAGES, REFERENCE

ROOT = Path(__file__).parents[2]
PROSE = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_fresh(name: str) -> None:
    page = PAGES[name]() if name.endswith(".json") else NOTE + PAGES[name]()
    assert (REFERENCE / name).read_text() == page, (
        f"docs/reference/{name} is stale: run `.venv/bin/python -m scripts.generate_docs`"
    )


def test_every_event_is_explained() -> None:
    assert set(EVENT_MEANING) == set(EventType)


@pytest.mark.parametrize("page", PROSE, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.name)
def test_a_decision_says_why_and_what_follows(page: Path) -> None:
    text = page.read_text()
    assert "**Why" in text
    assert "**Consequence.**" in text or "**Also decided.**" in text
