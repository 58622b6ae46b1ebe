"""The functions that read foreign texts, on texts that once blocked the process or are made to."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from api.deps import read_match
from api.http.problems import ProblemError
from munadi.channels.bluesky.facets import detect
from munadi.channels.errors import retry_after
from munadi.channels.facebook.wire import same_text
from munadi.channels.registry import REGISTRY
from munadi.channels.text import collapsed, is_blank, measure
from munadi.channels.threads.rules import links_in
from munadi.domain.channel import TextUnit
from munadi.domain.redaction import redact
from munadi.media.link_card import parse_link_card
from tests.channels.making import bench, draft

LENGTH = 60_000
SECONDS = 3.0
NINE_MENTIONS = "@[1] a " * 9 + "b"
PIECES = (
    "a", "@", "#", ".", "-", "(", "@[", "@[1]", "@[1] a ", " @a.b", " #a", " #-", "#\ufe0f", "https://", " https://a.b",
    "www.", "/", "-eyJ", "bearer ", "password=", ", ", '"', "\\", "<meta ", "<title", "&amp;", "\u0301\u0316", "\u200d",
    "😀", "🏽", "🇦", "e\u0301", "\n", " ", "\u3000", "A.", "1.", "%2F", "=", "'", "\0", "\u202e", "क्ष", "한",
)  # fmt: skip


def _seconds(call: Callable[[str], object], text: str) -> float:
    begun = time.thread_time()
    call(text)
    return time.thread_time() - begun


def _if_match(text: str) -> None:
    with pytest.raises(ProblemError):
        read_match(text)


READERS: dict[str, Callable[[str], object]] = {
    "same text": lambda text: same_text(NINE_MENTIONS, text),
    "same text, ours": lambda text: same_text(text, text[:-1]),
    "collapsed": collapsed,
    "blank": is_blank,
    "facets": detect,
    "redacted": redact,
    "links": links_in,
    "If-Match": _if_match,
    "Retry-After": lambda text: retry_after({"retry-after": text}, datetime.now(UTC)),
    "page": lambda text: parse_link_card(text, "https://a.example/"),
    **{f"measured in {unit.value}": lambda text, unit=unit: measure(text, unit) for unit in TextUnit},
}


@pytest.mark.parametrize("name", READERS)
def test_a_long_text_is_read_quickly(name: str) -> None:
    slow = {
        piece: spent
        for piece in PIECES
        if (spent := _seconds(READERS[name], piece * (LENGTH // len(piece)) + "\x01")) > SECONDS
    }
    assert slow == {}


@pytest.mark.parametrize("channel", [name.value for name in REGISTRY])
def test_every_channel_checks_a_long_text_quickly(channel: str) -> None:
    checked = bench(channel).channel
    slow = {
        piece: spent
        for piece in PIECES
        if (spent := _seconds(lambda text: checked.validate(draft(text, first_comment=text), None), piece * 20_000)) > 2
    }
    assert slow == {}


def test_mentions_are_compared_in_linear_time() -> None:
    """35 characters with mentions once took 36 s, nine mentions did not end."""
    ours = "".join(f"@[{number}] a " for number in range(9)) + "b"
    assert _seconds(lambda text: same_text(ours, text), "a " * 30_000 + "c") < SECONDS
    assert same_text(ours, "Acme a " * 9 + "b")
    assert not same_text(ours, "Acme a " * 8 + "b")


def test_a_header_that_once_blocked_the_api_is_refused_quickly() -> None:
    """Each comma with a space doubled the time: 200 characters would never have ended."""
    assert _seconds(_if_match, "," + " ," * 99 + "x") < SECONDS


def test_marks_are_ordered_in_linear_time() -> None:
    """Ordering a run of combining marks is quadratic in Python: 30 kB took half a second, 1 MB minutes."""
    assert _seconds(collapsed, "a" + "\u0301\u0316" * 250_000) < 2
    assert collapsed("e\u0301 \n  \u00e9") == "é é"
