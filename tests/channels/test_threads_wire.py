"""Container parameters of Threads by Meta's names, the steps of a chain, and answers read leniently."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from munadi.channels.meta.wire import read_post
from munadi.channels.threads.rules import ThreadsRules
from munadi.channels.threads.spec import SPEC, Kind, Options
from munadi.channels.threads.wire import (
    carousel_form,
    child_form,
    kind_of,
    parent_of,
    reply_form,
    shown_text,
    single_form,
    text_of,
)
from munadi.domain.content import Draft
from tests.channels.making import StoredMedia, draft, image, video

STORE = StoredMedia()
URL = "https://munadi.example/media/med_0"
LINK = "https://example.com/sale"
STEPS = ThreadsRules(SPEC)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (draft("Hi"), Kind.TEXT),
        (draft(media=(image(),)), Kind.IMAGE),
        (draft(media=(video(),)), Kind.VIDEO),
        (draft(media=(image(0), video(1))), Kind.CAROUSEL),
    ],
)
def test_the_kind_follows_from_the_media(given: Draft, kind: Kind) -> None:
    assert kind_of(given) is kind


@pytest.mark.parametrize(("given", "options", "form"), [
    (draft("Hi"), {}, {"media_type": "TEXT", "text": "Hi"}),
    (draft("Hi", link=LINK), {}, {"media_type": "TEXT", "text": "Hi", "link_attachment": LINK}),
    (draft(link=LINK), {}, {"media_type": "TEXT", "text": LINK, "link_attachment": LINK}),
    (draft("Hi"), {"topicTag": "Sale", "replyControl": "followers_only"}, {"media_type": "TEXT", "text": "Hi",
     "topic_tag": "Sale", "reply_control": "followers_only"}),
    (draft(media=(image(),)), {}, {"media_type": "IMAGE", "image_url": URL}),
    (draft("Hi", media=(image(alt="Teal"),)), {"spoiler": True}, {"media_type": "IMAGE", "image_url": URL,
     "alt_text": "Teal", "text": "Hi", "is_spoiler_media": "true"}),
    (draft("Hi", media=(video(alt="Waves"),)), {"spoiler": False}, {"media_type": "VIDEO", "video_url": URL,
     "alt_text": "Waves", "text": "Hi", "is_spoiler_media": "false"}),
])  # fmt: skip
def test_a_single_container(given: Draft, options: dict[str, Any], form: dict[str, str]) -> None:
    assert single_form(given, Options.model_validate(options), STORE) == form


@pytest.mark.parametrize("choices", [["Ja", "Nein"], ["a", "b", "c"], ["a", "b", "c", "d"]])
def test_a_poll_is_json(choices: list[str]) -> None:
    form = single_form(draft("Hi"), Options.model_validate({"poll": choices}), STORE)
    assert list(json.loads(form["poll_attachment"]).values()) == choices
    assert list(json.loads(form["poll_attachment"]))[:2] == ["option_a", "option_b"]


def test_a_gif_is_json() -> None:
    form = single_form(draft("Hi"), Options.model_validate({"gif": {"id": "xT9"}}), STORE)
    assert json.loads(form["gif_attachment"]) == {"gif_id": "xT9", "provider": "GIPHY"}


def test_a_text_attachment_is_json() -> None:
    given = {"text": "Für später", "link": LINK, "styles": [{"offset": 0, "length": 3, "styles": ["bold", "italic"]}]}
    form = single_form(draft("Hi"), Options.model_validate({"textAttachment": given}), STORE)
    assert json.loads(form["text_attachment"]) == {
        "plaintext": "Für später",
        "link_attachment_url": LINK,
        "text_with_styling_info": [{"offset": 0, "length": 3, "styling_info": ["bold", "italic"]}],
    }
    plain = single_form(draft("Hi"), Options.model_validate({"textAttachment": {"text": "x"}}), STORE)
    assert json.loads(plain["text_attachment"]) == {"plaintext": "x"}


def test_what_any_kind_of_post_may_have() -> None:
    options = Options.model_validate({
        "quotePostId": "18", "locationId": "77", "countries": ["IN", "DE"], "replyApprovals": True,
        "textSpoilers": [{"offset": 1, "length": 2}],
    })  # fmt: skip
    extras = {
        "quote_post_id": "18",
        "location_id": "77",
        "allowlisted_country_codes": "IN,DE",
        "enable_reply_approvals": "true",
        "text_entities": '[{"entity_type": "SPOILER", "offset": 1, "length": 2}]',
    }
    assert single_form(draft("Hi"), options, STORE) == {"media_type": "TEXT", "text": "Hi", **extras}
    assert extras.items() <= single_form(draft("Hi", media=(image(),)), options, STORE).items()
    assert extras.items() <= carousel_form(draft("Hi"), options, ["c1", "c2"]).items()


def test_a_carousel_has_its_text_on_the_parent() -> None:
    given = draft("Hi", media=(image(0, alt="A"), video(1)))
    assert child_form(given.media[0], STORE) == {
        "is_carousel_item": "true",
        "media_type": "IMAGE",
        "image_url": URL,
        "alt_text": "A",
    }
    assert child_form(given.media[1], STORE)["media_type"] == "VIDEO"
    options = Options.model_validate({"topicTag": "Sale", "spoiler": True})
    assert carousel_form(given, options, ["c1", "c2"]) == {
        "media_type": "CAROUSEL",
        "children": "c1,c2",
        "text": "Hi",
        "topic_tag": "Sale",
        "is_spoiler_media": "true",
    }


def test_nothing_ever_publishes_at_creation() -> None:
    """auto_publish_text would make the invisible step visible."""
    for given in (draft("Hi"), draft("Hi", link=LINK), draft("Hi", media=(image(),))):
        assert "auto_publish_text" not in single_form(given, Options(), STORE)
    assert "auto_publish_text" not in reply_form("Hi", "1")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (draft("Hi", link=LINK), "Hi"),
        (draft(link=LINK), LINK),
    ],
)
def test_where_the_link_goes(given: Draft, shown: str) -> None:
    assert shown_text(given) == shown


def test_a_chain_is_its_parts_and_then_the_comment() -> None:
    given = draft("one", parts=("two", "three"), first_comment="by the way")
    assert STEPS.steps(given) == ("part-2", "part-3", "comment")
    assert [parent_of(step) for step in STEPS.steps(given)] == ["post", "part-2", "post"]
    assert [text_of(given, step) for step in ("post", *STEPS.steps(given))] == ["one", "two", "three", "by the way"]
    assert STEPS.steps(draft("one")) == ()
    with pytest.raises(ValueError, match="part-4"):
        text_of(given, "part-4")


@pytest.mark.parametrize("given", [None, [], "x", {}, {"id": None}, {"text": "Hi"}])
def test_what_is_no_post(given: Any) -> None:
    assert read_post(given) is None


def test_a_post_reads_leniently() -> None:
    whole = read_post(
        {"id": 18, "text": "Hi", "timestamp": "2026-12-01T09:00:00+0000", "children": {"data": [{"id": "1"}]}, "x": 1}
    )
    assert whole is not None
    assert (whole.id, whole.text, whole.children) == ("18", "Hi", 1)
    assert whole.timestamp == datetime(2026, 12, 1, 9, tzinfo=UTC)
    odd = read_post({"id": "18", "text": 5, "permalink": None, "timestamp": "yesterday", "children": [1]})
    assert odd is not None
    assert (odd.text, odd.permalink, odd.timestamp, odd.children) == ("", None, None, None)
    naive = read_post({"id": "18", "timestamp": "2026-12-01T09:00:00"})
    assert naive is not None
    assert naive.timestamp is None
