"""Every kind of post of Meta's networks with every option, and the post that the sandbox shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from munadi.domain.media import MediaAsset
from munadi.ports import PublicationDraft
from tests.channels.connected import film, jpeg, mp4, new
from tests.channels.making import image, video
from tests.channels.sandbox import Acme

LINK = "https://acme.example/sale"
QUOTED = "the id of a post"
TEAL, RED, SMALL, WEBP = jpeg(), jpeg(400, 320, "red"), jpeg(40, 60, "red"), jpeg(kind="WEBP")


@dataclass(frozen=True)
class Shown:
    """`files` are served by the ids of the media. `seen` is part of what `view` gives."""

    name: str
    text: str
    seen: dict[str, Any]
    media: tuple[MediaAsset, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)

    async def given(self, acme: Acme) -> PublicationDraft:
        """The post. Its quoted post is published first."""
        acme.put(**self.files)
        fields = dict(self.fields)
        if QUOTED in fields.get("options", {}).values():
            fields["options"] = fields["options"] | {"quotePostId": (await acme.post(new("Said before"))).post_id}
        sized = [one.model_copy(update={"bytes": len(self.files[one.id])}) for one in self.media]
        return new(self.text, media=tuple(sized), **fields)


def view(post: dict[str, Any]) -> dict[str, Any]:
    """A post of the sandbox: its media as (type, width, alt text), its options by Meta's names, its cover's digest."""
    raw = post["raw"]
    shown = {name: json.loads(text) if text[:1] in "[{" else text for name, text in raw.get("shown", {}).items()}
    media = [(one["mimeType"], one["width"], one["alt"]) for one in post["media"]]
    return {**post, "product": raw.get("product_type"), "media": media, "shown": shown, "cover": raw.get("cover")}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def posts(channel: str) -> list[Shown]:
    return {"facebook": facebook, "instagram": instagram, "threads": threads}[channel]()


@cache
def facebook() -> list[Shown]:
    upright, wide = film(540, 960, 3), film(320, 180, 3)
    reel, clip = video(0, width=540, height=960, fps=24.0), video(0, width=320, height=180, fps=24.0)
    place, titled = {"place": "4711"}, {"title": "A film"}
    story = {"options": {"kind": "story"}}
    covered = {"cover": digest(SMALL)}
    films = [("reel", reel, upright, titled | place | {"isAiGenerated": True}), ("video", clip, wide, titled)]
    return [
        Shown("text", "Hi", {"kind": "text", "text": "Hi"}),
        Shown("link", "Look", {"kind": "link", "link": LINK, "text": "Look"}, fields={"link": LINK, "options": place}),
        Shown("photos", "Two", {"kind": "album", "media": [("image/jpeg", 320, "Teal"), ("image/jpeg", 400, "")]},
              (image(0, alt="Teal"), image(1)), {"med_0": TEAL, "med_1": RED}),
        *(Shown(f"{kind} with a cover", "Film", {"kind": kind, **covered}, (asset, image(1)),
                {"med_0": content, "med_1": SMALL}, {"options": options | {"coverIndex": 1}})
          for kind, asset, content, options in films),
        *(Shown(f"{kind} after its cover", "Film", {"kind": kind, **covered}, (image(1), asset),
                {"med_0": content, "med_1": SMALL}, {"options": {"coverIndex": 0, "kind": kind}})
          for kind, asset, content, _ in films),
        Shown("photo story", "", {"kind": "story"}, (image(0),), {"med_0": TEAL}, story),
        Shown("video story", "", {"kind": "story"}, (reel,), {"med_0": upright}, story),
    ]  # fmt: skip


@cache
def instagram() -> list[Shown]:
    clip, tag = mp4(3), {"username": "a", "x": 0.5, "y": 0.5}
    tagged = {"collaborators": ["friend"], "locationId": "4711", "isAiGenerated": True}
    webp = image(0, mime_type="image/webp", has_alpha=False, animated=False, alt="Teal")
    people = [{**tag, "mediaIndex": 0}, {"username": "b", "mediaIndex": 1}]
    trial = {"coverIndex": 0, "audioName": "Monsoon", "trialGraduation": "MANUAL"}
    return [
        Shown("image made into a JPEG", "One", {"product": "FEED", "media": [("image/jpeg", 400, "Teal")]}, (webp,),
              {"med_0": WEBP, "med_0-jpeg": RED}, {"options": {"userTags": [tag], **tagged}}),
        Shown("carousel", "Three", {"text": "Three", "media": [
            ("image/jpeg", 320, ""), ("video/mp4", 90, ""), ("image/jpeg", 400, "Red")]},
              (image(0), video(1), image(2, alt="Red")), {"med_0": TEAL, "med_1": clip, "med_2": RED},
              {"options": {"shareToFeed": True, **tagged}}),
        Shown("people in a carousel", "People", {
            "shown": {"user_tags of 0": [tag], "user_tags of 1": [{"username": "b"}]}},
              (image(0), video(1)), {"med_0": TEAL, "med_1": clip}, {"options": {"userTags": people}}),
        Shown("reel", "A reel", {"product": "REELS", "text": "A reel"}, (video(),), {"med_0": clip},
              {"options": {"shareToFeed": False, "thumbOffset": 10}}),
        Shown("reel with a cover", "A reel", {"cover": digest(SMALL), "media": [("video/mp4", 90, "")], "shown": {
            "audio_name": "Monsoon", "trial_params": {"graduation_strategy": "MANUAL"}}},
              (image(0), video(1)), {"med_0": SMALL, "med_1": clip}, {"options": trial}),
        Shown("photo story", "", {"product": "STORY"}, (image(),), {"med_0": TEAL}, {"options": {"kind": "story"}}),
        Shown("video story", "", {"product": "STORY"}, (video(),), {"med_0": clip}, {"options": {"kind": "story"}}),
    ]  # fmt: skip


LONG: dict[str, Any] = {"text": "चाय " * 2000, "link": LINK,
                        "styles": [{"offset": 0, "length": 3, "styles": ["highlight"]}]}  # fmt: skip
LONG_SHOWN = {"plaintext": LONG["text"], "link_attachment_url": LINK, "text_with_styling_info": [
    {"offset": 0, "length": 3, "styling_info": ["highlight"]}]}  # fmt: skip


@cache
def threads() -> list[Shown]:
    many = tuple(image(index) for index in range(20))
    stretch = {"offset": 0, "length": 3}
    options: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (
            {"topicTag": "Sale", "replyControl": "mentioned_only"},
            {"topic_tag": "Sale", "reply_control": "mentioned_only"},
        ),
        ({"poll": ["चाय", "Coffee"]}, {"poll_attachment": {"option_a": "चाय", "option_b": "Coffee"}}),
        ({"gif": {"id": "xT9"}}, {"gif_attachment": {"gif_id": "xT9", "provider": "GIPHY"}}),
        (
            {"countries": ["IN", "DE"], "locationId": "77", "replyApprovals": True},
            {"allowlisted_country_codes": "IN,DE", "location_id": "77", "enable_reply_approvals": "true"},
        ),
        ({"textSpoilers": [stretch]}, {"text_entities": [{"entity_type": "SPOILER", **stretch}]}),
        ({"textAttachment": LONG}, {"text_attachment": LONG_SHOWN}),
    ]
    return [
        *(Shown(" ".join(given), "Hello", {"shown": shown}, fields={"options": given}) for given, shown in options),
        Shown("link", "Hello", {"link": LINK}, fields={"link": LINK}),
        Shown("quote", "As I said", {"shown": {"quote_post_id": QUOTED}}, (image(0),), {"med_0": TEAL},
              {"options": {"quotePostId": QUOTED}}),
        Shown("image", f"Hello\n\n{LINK}", {"kind": "image", "text": f"Hello\n\n{LINK}",
              "media": [("image/jpeg", 320, "Teal")], "shown": {"is_spoiler_media": "true"}},
              (image(0, alt="Teal"),), {"med_0": TEAL}, {"options": {"spoiler": True}}),
        Shown("video", "Film", {"media": [("video/mp4", 90, "Waves")]}, (video(0, alt="Waves"),), {"med_0": mp4(1)}),
        Shown("carousel", "Three", {"media": [
            ("image/jpeg", 320, ""), ("video/mp4", 90, "Waves"), ("image/jpeg", 400, "Red")]},
              (image(0), video(1, alt="Waves"), image(2, alt="Red")), {"med_0": TEAL, "med_1": mp4(1), "med_2": RED}),
        Shown("carousel of twenty", "Many", {"media": [("image/jpeg", 320, "")] * 20}, many,
              {one.id: TEAL for one in many}),
    ]  # fmt: skip
