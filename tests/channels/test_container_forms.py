"""The containers of a post at Instagram and Threads, with Meta's names for their parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from munadi.channels.meta.wire import PostRead, read_post
from tests.channels.calls import Saved
from tests.channels.containers import INSTAGRAM, THREADS, URL, ContainerNetwork
from tests.channels.making import NOW, image, publication, video

LINK = "https://example.com/sale"
SECOND = URL.replace("med_0", "med_1")
TAG = {"username": "c", "x": 0.5, "y": 0.25}
TEXT = {"media_type": "TEXT", "text": "Hi"}
ATTACHED = {"text": "Für später", "link": LINK, "styles": [{"offset": 0, "length": 3, "styles": ["bold", "italic"]}]}
CHILD = {"is_carousel_item": "true"}
EVERYWHERE = {"quotePostId": "18", "locationId": "77", "countries": ["IN", "DE"], "replyApprovals": True,
              "textSpoilers": [{"offset": 1, "length": 2}]}  # fmt: skip
EVERYWHERE_SENT = {
    "quote_post_id": "18",
    "location_id": "77",
    "allowlisted_country_codes": "IN,DE",
    "enable_reply_approvals": "true",
    "text_entities": [{"entity_type": "SPOILER", "offset": 1, "length": 2}],
}
STILL, FILM = image(0, alt="Alt"), video(0, alt="Alt")
# The network, the text, the media and the options of a post; then each container's form, the parent's last.
FORMS: list[tuple[ContainerNetwork, str, tuple[Any, ...], dict[str, Any], list[dict[str, Any]]]] = [
    (INSTAGRAM, "", (image(),), {}, [{"image_url": URL}]),
    (INSTAGRAM, "Hi", (STILL,),
     {"collaborators": ["a", "b"], "locationId": "7", "userTags": [TAG], "isAiGenerated": True},
     [{"image_url": URL, "caption": "Hi", "alt_text": "Alt", "collaborators": ["a", "b"], "location_id": "7",
       "user_tags": [TAG], "is_ai_generated": "true"}]),
    (INSTAGRAM, "Hi", (FILM,), {"shareToFeed": False, "thumbOffset": 1500, "userTags": [{"username": "c"}]},
     [{"media_type": "REELS", "video_url": URL, "caption": "Hi", "share_to_feed": "false", "thumb_offset": "1500",
       "user_tags": [{"username": "c"}]}]),
    (INSTAGRAM, "Hi", (video(0), image(1)),
     {"coverIndex": 1, "audioName": "Monsoon", "trialGraduation": "SS_PERFORMANCE"},
     [{"media_type": "REELS", "video_url": URL, "caption": "Hi", "cover_url": SECOND, "audio_name": "Monsoon",
       "trial_params": {"graduation_strategy": "SS_PERFORMANCE"}}]),
    (INSTAGRAM, "ignored", (image(),), {"kind": "story"}, [{"media_type": "STORIES", "image_url": URL}]),
    (INSTAGRAM, "ignored", (video(),), {"kind": "story"}, [{"media_type": "STORIES", "video_url": URL}]),
    (INSTAGRAM, "Hi", (FILM, image(1, alt="Alt")), {"shareToFeed": True, "userTags": [{**TAG, "mediaIndex": 1}]},
     [{**CHILD, "media_type": "VIDEO", "video_url": URL},
      {**CHILD, "image_url": SECOND, "alt_text": "Alt", "user_tags": [TAG]},
      {"media_type": "CAROUSEL", "children": "c1,c2", "caption": "Hi", "share_to_feed": "true"}]),
    (THREADS, "Hi", (), {"topicTag": "Sale", "replyControl": "followers_only"},
     [{**TEXT, "topic_tag": "Sale", "reply_control": "followers_only"}]),
    (THREADS, "", (image(),), {}, [{"media_type": "IMAGE", "image_url": URL}]),
    (THREADS, "Hi", (STILL,), {"spoiler": True},
     [{"media_type": "IMAGE", "image_url": URL, "alt_text": "Alt", "text": "Hi", "is_spoiler_media": "true"}]),
    (THREADS, "Hi", (FILM,), {"spoiler": False},
     [{"media_type": "VIDEO", "video_url": URL, "alt_text": "Alt", "text": "Hi", "is_spoiler_media": "false"}]),
    (THREADS, "Hi", (), {"poll": ["A", "B"]}, [{**TEXT, "poll_attachment": {"option_a": "A", "option_b": "B"}}]),
    (THREADS, "Hi", (), {"poll": list("wxyz")},
     [{**TEXT, "poll_attachment": {"option_a": "w", "option_b": "x", "option_c": "y", "option_d": "z"}}]),
    (THREADS, "Hi", (), {"gif": {"id": "xT9"}}, [{**TEXT, "gif_attachment": {"gif_id": "xT9", "provider": "GIPHY"}}]),
    (THREADS, "Hi", (), {"textAttachment": {"text": "x"}}, [{**TEXT, "text_attachment": {"plaintext": "x"}}]),
    (THREADS, "Hi", (), {"textAttachment": ATTACHED},
     [{**TEXT, "text_attachment": {
         "plaintext": "Für später", "link_attachment_url": LINK,
         "text_with_styling_info": [{"offset": 0, "length": 3, "styling_info": ["bold", "italic"]}]}}]),
    (THREADS, "Hi", (), EVERYWHERE, [{**TEXT, **EVERYWHERE_SENT}]),
    (THREADS, "Hi", (STILL, video(1)), {"topicTag": "Sale", "spoiler": True, **EVERYWHERE},
     [{**CHILD, "media_type": "IMAGE", "image_url": URL, "alt_text": "Alt"},
      {**CHILD, "media_type": "VIDEO", "video_url": SECOND},
      {"media_type": "CAROUSEL", "children": "c1,c2", "text": "Hi", "topic_tag": "Sale", "is_spoiler_media": "true",
       **EVERYWHERE_SENT}]),
]  # fmt: skip


def read(form: dict[str, str]) -> dict[str, Any]:
    """Lists and objects are written as JSON."""
    return {name: json.loads(text) if text[:1] in ("[", "{") else text for name, text in form.items()}


@pytest.mark.parametrize(("on", "text", "media", "options", "forms"), FORMS)
async def test_the_containers_of_a_post(
    on: ContainerNetwork, text: str, media: tuple[Any, ...], options: dict[str, Any], forms: list[dict[str, Any]]
) -> None:
    built = on.begun()
    await on.until_ready(built, publication(text, media=media, options=options), Saved())
    assert [read(form) for form in on.made(built)] == forms


@pytest.mark.parametrize(("text", "shown"), [("Hi", "Hi"), ("", LINK)])
async def test_a_link_of_threads_is_a_card_and_alone_it_is_the_text_too(text: str, shown: str) -> None:
    built = THREADS.begun()
    await THREADS.until_ready(built, publication(text, link=LINK), Saved())
    assert THREADS.made(built) == [{"media_type": "TEXT", "text": shown, "link_attachment": LINK}]


WHEN = NOW.strftime("%Y-%m-%dT%H:%M:%S+0000")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        *((odd, None) for odd in (None, [], "x", {}, {"id": None}, {"id": ""}, {"text": "Hi"}, {"caption": "Hi"})),
        ({"id": 18, "caption": "Hi", "timestamp": WHEN, "new": 1}, PostRead(id="18", text="Hi", timestamp=NOW)),
        ({"id": 18, "text": "Hi", "children": {"data": [{"id": "1"}]}}, PostRead(id="18", text="Hi", children=1)),
        ({"id": "18", "text": 5, "permalink": 7, "children": [1]}, PostRead(id="18")),
        *(({"id": "18", "timestamp": odd}, PostRead(id="18")) for odd in (None, 7, "soon", "2026-12-01T09:00:00")),
    ],
)
def test_a_post_is_read_leniently(fields: Any, wanted: PostRead | None) -> None:
    assert read_post(fields) == wanted
