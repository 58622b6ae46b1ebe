"""The containers of a post at Instagram and Threads, with Meta's names for their parameters."""

from __future__ import annotations

from typing import Any

from munadi.domain.publication import Ready
from tests.channels.case import Case, one
from tests.channels.containers import INSTAGRAM, THREADS, URL, ContainerNetwork
from tests.channels.making import image, publication, video

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


def forms(on: ContainerNetwork, draft: Any, *wanted: dict[str, Any]) -> Case:
    """All but the last are made together, and each is read once."""
    read, make = "GET ", [(on.make, form) for form in wanted]
    children = [*make[:-1], *[read] * (len(make) - 1)] if len(make) > 1 else []
    return one("ready", on.making, draft, Ready, requests=[*children, make[-1], read])


CASES = {
    **{
        f"{number} {' '.join(options)}": forms(on, publication(text, media=media, options=options), *wanted)
        for number, (on, text, media, options, wanted) in enumerate(FORMS)
    },
    # A link is a card, and alone it is the text too.
    **{
        f"a link below {text!r}": forms(
            THREADS, publication(text, link=LINK), {"media_type": "TEXT", "text": text or LINK, "link_attachment": LINK}
        )
        for text in ("Hi", "")
    },
}
