"""What counts as the same post at one account (docs/decisions/025)."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.content import Draft
from munadi.intake.fingerprint import fingerprint_of
from tests.channels.making import image

LINK = "https://acme.example/sale"
ONE, TWO = image(0, sha256="1" * 64), image(1, sha256="2" * 64)
BASE: dict[str, Any] = {"text": "Café opens", "link": LINK, "media": (ONE, TWO), "parts": ("more",)}


def of(**changes: Any) -> str:
    return fingerprint_of(Draft(**(BASE | changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "  Café\r\n opens\n"},
        {"text": "Cafe\u0301 opens"},
        {"media": (ONE.model_copy(update={"id": "med_other", "alt": "Now described"}), TWO)},
        {"first_comment": "#sale"},
        {"options": {"kind": "carousel", "shareToFeed": True}},
    ],
    ids=["white space", "Unicode form", "another row of the same file, and an alt text", "a comment", "options"],
)
def test_these_make_no_difference(changes: dict[str, Any]) -> None:
    assert of(**changes) == of()


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Café opens!"},
        {"text": "café opens"},
        {"link": None},
        {"link": f"{LINK}?a=b"},
        {"media": (TWO, ONE)},
        {"media": (ONE,)},
        {"parts": ()},
        {"parts": ("more", "and more")},
        {"text": "Café", "parts": ("opens", "more")},
        {"options": {"kind": "story"}},
    ],
    ids=repr,
)
def test_these_are_other_posts(changes: dict[str, Any]) -> None:
    assert of(**changes) != of()


def test_a_text_of_nothing_but_marks_is_read_in_linear_time() -> None:
    """A run of marks is normalized in quadratic time: without the joiners this takes minutes."""
    assert of(text="a" + "\u0301\u0323" * 200_000) != of()
