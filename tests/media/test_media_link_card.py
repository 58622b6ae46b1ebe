"""A page's own words, from any HTML, quickly and without ever raising."""

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


def test_twitter_then_the_plain_ones():
    page = '<meta name=twitter:image content=//cdn.example/b.png><meta name=description content="Plain">'
    page += "<TITLE a=b> A &lt; B </TITLE>"
    assert parse_link_card(page, BASE) == LinkCard(
        title="A < B", description="Plain", image_url="https://cdn.example/b.png"
    )


def test_an_empty_value_does_not_hide_a_good_one():
    page = '<meta property="og:title" content=" "><meta property="og:title" content="Good">'
    page += '<meta property="og:image" content="">'
    assert parse_link_card(page, BASE) == LinkCard(title="Good")


@pytest.mark.parametrize("page", ["", "plain text", "<html></html>", "\x00\x00", "{}", "<meta>", "<title></title>"])
def test_nothing_said_is_nothing(page):
    assert parse_link_card(page, BASE) == LinkCard()


@pytest.mark.parametrize(
    "image", ["javascript:alert(1)", "data:image/png;base64,AA", "http://[bad", "file:///a", "x" * 3000]
)
def test_a_picture_that_is_no_web_address_is_left_out(image):
    assert parse_link_card(f'<meta property="og:image" content="{image}">', BASE).image_url is None


def test_long_texts_are_cut_and_odd_characters_removed():
    page = f'<meta property="og:title" content="{"ä" * 4000}"><meta name="description" content="a\x07b\u202ec\ud800d">'
    card = parse_link_card(page, BASE)
    assert card.title == "ä" * 300
    assert card.description == "a b c d"


def test_an_emoji_sequence_stays_whole():
    assert parse_link_card("<title>👩‍👩‍👧 हिन्दी</title>", BASE).title == "👩‍👩‍👧 हिन्दी"


@given(st.text(alphabet=st.sampled_from("<>/=\"'!-[]&#;x metailoncpry:gtd\n\x00"), max_size=400))
def test_junk_never_raises(page):
    parse_link_card(page, BASE)
    parse_link_card(f'<meta property="og:image" content="{page}">', page)


@pytest.mark.parametrize(
    "piece",
    [
        "<meta ",
        "<meta '",
        '<meta a="',
        "<title ",
        "<!--",
        "<![",
        "&#",
        "<meta a='b",
        '<meta content="&#x">',
        "<meta x=y>",
    ],
)
def test_a_megabyte_of_junk_is_read_in_no_time(piece):
    started = time.monotonic()
    parse_link_card(piece * (1_000_000 // len(piece)), BASE)
    assert time.monotonic() - started < 1
