"""Generated pages are current, and every decision has its sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from munadi.domain.event import EventType
from munadi.domain.event_kinds import EVENT_KINDS
from scripts.generate_docs import NOTE, PAGES, REFERENCE, of_document

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text() == NOTE + PAGES[name](), (
        f"docs/reference/{name} is stale: run `.venv/bin/python -m scripts.generate_docs`"
    )


def test_what_is_made_of_the_openapi_document_is_fresh() -> None:
    made = of_document()
    assert {"openapi.json", "answers.py", "generated.py", "generated.json"} < {path.name for path in made}
    stale = [str(path.relative_to(ROOT)) for path, text in made.items() if path.read_text() != text]
    assert stale == [], "run `.venv/bin/python -m scripts.generate_docs`"


def test_every_event_is_explained() -> None:
    assert list(EVENT_KINDS) == list(EventType)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda page: page.name)
def test_a_decision_says_why_and_what_follows(page: Path) -> None:
    text = page.read_text()
    assert "**Why" in text
    assert "**Consequence.**" in text or "**Also decided.**" in text
