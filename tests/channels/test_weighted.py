"""Texts as X counts them. The lengths are those that X's published libraries give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.channels.weighted import addresses_in, weighted_length

LENGTHS = {
    "": 0,
    "This is a test.": 15,
    "http://test.com": 23,
    "https://test.com": 23,
    "test.com": 23,
    "Test https://test.com test https://test.com test.com test": 86,
    "https://www.acme.com/aloha " * 10: 240,
    "저찀쿿": 6,
    "故人西辞黄鹤楼，烟花三月下扬州。": 32,
    "😷👾😡🔥💩": 10,
    "👨‍👩‍👧‍👦": 2,
    "🙋🏽👨‍🎤": 4,
    "🇮🇳 1️⃣ #️⃣ ™ © ☺️": 17,
    "1 2 3 # *": 9,
    "A\u0301B": 2,  # composed
    "A\ufb2c": 4,  # composed into three
    "\u2000\u200d‐–—―‖‗‘’‚‛“”„‟′″‴‵‶‷": 22,
    "…€": 4,
    "readme.md": 23,
    "foo.zip, node.js": 23 + 9,
    "a.b 3.14 e.g. localhost.local": 29,
    "mail@acme.com @acme.com #acme.com": 33,
    "日本acme.com日本": 23 + 8,
    "https://localhost:80/x": 22,
    "https://acme.com/a_(b)).": 23 + 2,
    "(https://acme.com/sale?id=1!)": 23 + 3,
    "acme.com?id=1": 23 + 5,  # without a scheme and a path there is no query
    "acme.com/sale?id=1": 23,
    f"https://{'a' * 64}.com": 8 + 64 + 4,
    "https://acme.com/" + "a" * 4096: 17 + 4096,
}
ADDRESSES = [
    ("See https://acme.com/sale. Or acme.co.uk/x, HTTPS://ACME.COM!", 3),
    ("-acme.com /acme.com _acme.com acme.com@x", 0),
    ("acme.com-foo acme.com.", 1),
    ("https://日本語.jp/x", 1),
]


@pytest.mark.parametrize("text", LENGTHS, ids=lambda text: text[:30] or "none")
def test_the_length_of_a_text(text: str) -> None:
    assert weighted_length(text) == LENGTHS[text]


@pytest.mark.parametrize(("text", "count"), ADDRESSES)
def test_the_addresses_of_a_text(text: str, count: int) -> None:
    found = addresses_in(text)
    assert len(found) == count, found
    assert all(not one.endswith((".", ",", "!")) for one in found)


@given(st.text(st.sampled_from("ab.-_/:?()@ é日😀\u200d\u0301🇮") | st.characters(), max_size=60))
def test_a_text_weighs_between_its_characters_and_twice_as_much_unless_it_has_addresses(text: str) -> None:
    length = weighted_length(text)
    assert length <= 6 * len(text) + 23 * len(addresses_in(text))
    assert weighted_length(f"{text} https://acme.com/sale") == weighted_length(f"{text} ") + 23
