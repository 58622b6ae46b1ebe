"""A text of characters that show nothing is no text, wherever a network needs one. Beside words they stay."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.text import is_blank
from munadi.domain.content import Draft
from tests.channels.making import account, bench, draft, video
from tests.channels.test_limits import CHANNELS, codes

UNSEEN = ("\u200b", "\u00ad", "\u2060\ufeff", "\u200e\u202e\n", "\u3164", "\u00a0\u2003", "\u0000\u0007", "\ufe0f")
NEEDS_TEXT = ("bluesky", "discord", "facebook", "google_business", "linkedin", "mastodon", "nostr", "telegram")
NEEDS_TEXT += ("threads", "x")
COMMENTED = ("facebook", "instagram", "linkedin", "mastodon", "threads", "x", "youtube")
THREADED = ("bluesky", "mastodon", "threads", "x")


@pytest.mark.parametrize("text", UNSEEN)
def test_what_shows_nothing_is_blank_and_one_more_character_is_not(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}.{text}")


@pytest.mark.parametrize("text", ["👍", "\u093f", "\u0600", "नमस्ते\u200d", "0"])
def test_what_shows_something_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("text", UNSEEN[:4])
def test_a_text_that_shows_nothing_is_refused_like_an_empty_one(name: str, text: str) -> None:
    found = codes(name, draft(text))
    assert found == codes(name, draft(""))
    assert (("/text", "MISSING_FIELD") in found) is (name in NEEDS_TEXT)


@pytest.mark.parametrize("name", COMMENTED)
def test_a_first_comment_has_to_show_something(name: str) -> None:
    assert ("/firstComment", "MISSING_FIELD") in codes(name, draft("x", first_comment="\u200b"))
    assert ("/firstComment", "MISSING_FIELD") not in codes(name, draft("x", first_comment="\u200bx"))


@pytest.mark.parametrize("name", THREADED)
def test_every_part_of_a_thread_has_to_show_something(name: str) -> None:
    assert ("/parts/0", "MISSING_FIELD") in codes(name, draft("x", parts=("\u2060",)))
    assert ("/parts/0", "MISSING_FIELD") not in codes(name, draft("x", parts=("\u2060x",)))


def test_the_title_of_a_video_has_to_show_something() -> None:
    def title(text: str, **options: Any) -> list[str]:
        given: Draft = draft(text, media=(video(),), options={"madeForKids": False, **options})
        return [found.rule or "" for found in CHANNELS["youtube"].validate(given, account("youtube", "17"))]

    assert title("\u200b\n\u200e") == title("x", title="\u200b") == ["title_required"]
    assert title("\u200b\nx") == title("\u200bx") == []


def test_an_unseen_character_in_a_text_stays() -> None:
    text = "न्‍या \u200bनहीं\u2060"
    given = draft(text)
    assert bench("bluesky").channel.validate(given, account("bluesky", "17")) == []
    assert given.text == text
