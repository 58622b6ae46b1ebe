"""The attachments of an emulated Threads post: quotes, GIFs, long texts, spoilers, countries."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_threads import Threads, error, without_delays


@pytest.fixture
def threads(sandbox: Sandbox) -> Threads:
    return without_delays(sandbox)


def test_a_quote_reads_back(threads: Threads) -> None:
    first = threads.post("Hello")
    quote = threads.post("As I said", quote_post_id=first)
    found = threads.get(quote, fields="is_quote_post,quoted_post").json()
    assert (found["is_quote_post"], found["quoted_post"]) == (True, {"id": first})
    assert threads.get(first, fields="is_quote_post").json()["is_quote_post"] is False
    assert error(threads.create(media_type="TEXT", text="x", quote_post_id="18000000000000000")) == (100, 33)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("gif_attachment", '{"gif_id":"a","provider":"GIPHY"}', '{"gif_id":"a","provider":"TENOR"}'),
        ("gif_attachment", '{"gif_id":"a","provider":"GIPHY"}', "a"),
        ("text_attachment", '{"plaintext":"x"}', '{"plaintext":""}'),
        ("text_attachment", '{"plaintext":"x","link_attachment_url":"https://a.example"}', "[]"),
        (
            "text_attachment",
            '{"plaintext":"xy","text_with_styling_info":[{"offset":0,"length":2,"styling_info":["bold"]}]}',
            '{"plaintext":"xy","text_with_styling_info":[{"offset":0,"length":2,"styling_info":["blink"]}]}',
        ),
        (
            "text_entities",
            '[{"entity_type":"SPOILER","offset":0,"length":1}]',
            '[{"entity_type":"BOLD","offset":0,"length":1}]',
        ),
        ("allowlisted_country_codes", "IN,DE", "India"),
    ],
)
def test_attachments_are_checked(threads: Threads, name: str, good: str, bad: str) -> None:
    assert threads.create(media_type="TEXT", text="Hello", **{name: good}).status_code == 200
    assert error(threads.create(media_type="TEXT", text="Hello", **{name: bad})) == (100, None)


def test_attachments_are_for_texts_and_one_at_a_time(threads: Threads) -> None:
    gif = '{"gif_id":"a","provider":"GIPHY"}'
    both = threads.create(media_type="TEXT", text="x", gif_attachment=gif, link_attachment="https://a.example")
    assert error(both) == (100, None)
    picture = threads.create(media_type="IMAGE", image_url="https://a.example/x.jpg", gif_attachment=gif)
    assert error(picture) == (100, None)
    long_text = '{"plaintext":"x"}'
    linked = threads.create(media_type="TEXT", text="x", text_attachment=long_text, link_attachment="https://a.example")
    assert linked.status_code == 200
    twice = '{"plaintext":"x","link_attachment_url":"https://b.example"}'
    linked = threads.create(media_type="TEXT", text="x", text_attachment=twice, link_attachment="https://a.example")
    assert error(linked) == (100, None)
