"""Facets point at bytes, not at characters, and read like the official client's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.channels.bluesky.facets import as_wire, detect, handles

DIDS = {"alice.test": "did:plc:alice", "bob.bsky.social": "did:plc:bob"}


def shown(text: str) -> list[tuple[str, str]]:
    """`(kind, the bytes the facet covers)` of each facet."""
    raw = text.encode()
    return [
        (
            one["features"][0]["$type"].rpartition("#")[2],
            raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(),
        )
        for one in as_wire(text, detect(text), {**DIDS, "é.test": None})
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("no facets here", []),
        # links
        ("see https://a.example/x?y=1#z now", [("link", "https://a.example/x?y=1#z")]),
        ("https://a.example.", [("link", "https://a.example")]),
        ("https://a.example/x, then", [("link", "https://a.example/x")]),
        ("really https://a.example/?", [("link", "https://a.example/")]),
        ("(https://a.example/x)", [("link", "https://a.example/x")]),
        ("(see https://a.example/x).", [("link", "https://a.example/x")]),
        ("https://a.example/x_(y)", [("link", "https://a.example/x_(y)")]),
        ("https:// https://)", []),
        ("bare munadi.dev/docs here", [("link", "munadi.dev/docs")]),
        ("not.atld e.g. v1.2.3 3.14", []),
        ("mail me@munadi.dev", []),
        ("\nhttps://a.example\nhttps://b.example", [("link", "https://a.example"), ("link", "https://b.example")]),
        # mentions
        ("@alice.test hi", [("mention", "@alice.test")]),
        ("thanks (@bob.bsky.social).", [("mention", "@bob.bsky.social")]),
        ("@alice.test's", [("mention", "@alice.test")]),
        ("@nobody.bsky.social", []),
        ("a@alice.test @alice @a..com @-a.com", []),
        # hashtags
        ("#one #two!", [("tag", "#one"), ("tag", "#two")]),
        ("#123 #1a #️⃣ # a#b", [("tag", "#1a")]),
        ("#日本語、 ＃wide", [("tag", "#日本語"), ("tag", "＃wide")]),
        ("#c++ #don't #a_b-c", [("tag", "#c++"), ("tag", "#don't"), ("tag", "#a_b-c")]),
        ("#a\u200bb", [("tag", "#a")]),
        (f"#{'x' * 64}", [("tag", f"#{'x' * 64}")]),
        (f"#{'x' * 65}", []),
        (f"#{'बि' * 64}", [("tag", f"#{'बि' * 64}")]),
        (f"#{'बि' * 65}", []),
        ("#👍🏽 #👨‍👩‍👧", [("tag", "#👍🏽"), ("tag", "#👨")]),  # a joiner ends a tag, in the official client too
        # text before a facet moves its bytes
        ("👨‍👩‍👧‍👦 https://a.example 🇮🇳", [("link", "https://a.example")]),
        ("मानसून @alice.test #बिक्री", [("mention", "@alice.test"), ("tag", "#बिक्री")]),
        ("日本 https://a.example/日本。", [("link", "https://a.example/日本。")]),
        # of two overlapping facets the first one is kept
        ("https://a.example/(@alice.test)", [("link", "https://a.example/(@alice.test)")]),
    ],
)
def test_detection(text: str, wanted: list[tuple[str, str]]) -> None:
    assert shown(text) == wanted


def test_the_shapes_on_the_wire() -> None:
    text = "é @alice.test a.example #Tag"
    text = text.replace("a.example", "munadi.dev")
    assert as_wire(text, detect(text), DIDS) == [
        {
            "index": {"byteStart": 3, "byteEnd": 14},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:alice"}],
        },
        {
            "index": {"byteStart": 15, "byteEnd": 25},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://munadi.dev"}],
        },
        {
            "index": {"byteStart": 26, "byteEnd": 30},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Tag"}],
        },
    ]


def test_each_handle_is_looked_up_once_in_any_case() -> None:
    assert handles("@Alice.test @alice.TEST @bob.bsky.social") == ["alice.test", "bob.bsky.social"]


@given(
    st.lists(
        st.sampled_from(["@alice.test", "#tag", "https://a.dev/x)", "a.dev", "é", "👨‍👩‍👧", "(", " ", "\n", ".", "#"])
    )
)
def test_facets_are_in_order_apart_and_on_character_borders(parts: list[str]) -> None:
    text = "".join(parts)
    raw, end = text.encode(), 0
    for facet in as_wire(text, detect(text), DIDS):
        start, stop = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        assert end <= start < stop <= len(raw)
        raw[start:stop].decode()
        end = stop
