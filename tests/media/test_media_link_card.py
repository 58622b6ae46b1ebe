"""The card of a page, from any HTML, quickly and without an exception."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.media.link_card import LinkCard, parse_link_card

BASE = "https://acme.example/shop/sale"


def test_open_graph_comes_first():
    page = """<!doctype html><html><head><title>Fallback</title>
      <meta name="description" content="Plain">
      <meta name="twitter:title" content="Tweeted">
      <META content='Monsoon &amp; more > "all"' property='og:title'>
      <meta property="og:description" content="Umbrellas
         for   everyone">
      <meta property="og:image" content="/i/a.jpg"></head>"""
    assert parse_link_card(page, BASE) == LinkCard(
        title='Monsoon & more > "all"',
        description="Umbrellas for everyone",
        image_url="https://acme.example/i/a.jpg",
    )


@pytest.mark.parametrize(
    ("page", "card"),
    [
        (
            '<meta name=twitter:image content=//cdn.example/b.png><meta name=description content="Plain">'
            "<TITLE a=b> A &lt; B </TITLE>",
            LinkCard(title="A < B", description="Plain", image_url="https://cdn.example/b.png"),
        ),
        (  # an empty value does not hide a good one
            '<meta property="og:title" content=" "><meta property="og:title" content="Good">'
            '<meta property="og:image" content="">',
            LinkCard(title="Good"),
        ),
        ("<title>👩‍👩‍👧 हिन्दी</title>", LinkCard(title="👩‍👩‍👧 हिन्दी")),
        (
            f'<meta property="og:title" content="{"ä" * 4000}">'
            '<meta name="description" content="a\x07b\u202ec\ud800d">',
            LinkCard(title="ä" * 300, description="a b c d"),
        ),
        *(
            (page, LinkCard())
            for page in ("", "plain text", "<html></html>", "\x00\x00", "{}", "<meta>", "<title></title>")
        ),
    ],
)
def test_a_page_and_its_card(page, card):
    assert parse_link_card(page, BASE) == card


@pytest.mark.parametrize(
    "image", ["javascript:alert(1)", "data:image/png;base64,AA", "http://[bad", "file:///a", "x" * 3000]
)
def test_a_picture_that_is_no_web_address_is_left_out(image):
    assert parse_link_card(f'<meta property="og:image" content="{image}">', BASE).image_url is None


@given(st.text(alphabet=st.sampled_from("<>/=\"'!-[]&#;x metailoncpry:gtd\n\x00"), max_size=400))
def test_junk_never_raises_and_gives_only_web_addresses(page):
    card = parse_link_card(page, BASE)
    pictured = parse_link_card(f'<meta property="og:image" content="{page}">', page)
    for url in (card.image_url, pictured.image_url):
        assert url is None or url.lower().startswith(("http://", "https://"))


PIECES = [
    "<meta ", "<meta '", '<meta a="', "<title ", "<!--", "<![", "&#", "<meta a='b", '<meta content="&#x">',
    "<meta x=y>",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_of_junk_is_read_quickly(piece):
    started = time.monotonic()
    parse_link_card(piece * (1_000_000 // len(piece)), BASE)
    assert time.monotonic() - started < 3
