"""What the documentation of Instagram and Threads says of the values in a container's parameters.

Meta's SDK and the reference of Threads have the names (`meta_names`, `threads_names`). Source of the values:
docs/networks/instagram.md and docs/networks/threads.md, sections 3 and 4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from tests.judges.requests import sent_to

LINK = re.compile(r"https?://[^\s]*[^\s.,;:!?)\]}']", re.IGNORECASE)
STYLES = {"bold", "italic", "highlight", "underline", "strikethrough"}
ATTACHMENTS = ("link_attachment", "poll_attachment", "gif_attachment", "text_attachment")
REPLY_CONTROLS = {"everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"}


def threads(request: httpx.Request) -> Iterator[str]:
    """A new container of Threads."""
    values = _container(request, "threads", "threads")
    if values is None:
        return
    is_text = values.get("media_type") == "TEXT"
    given = [name for name in ATTACHMENTS if name in values]
    alt, tag = values.get("alt_text", ""), values.get("topic_tag")
    wrong = {
        "attachments are for texts": given and not is_text,
        "attachments that exclude each other": len(given) > 1 and given != ["link_attachment", "text_attachment"],
        "link_attachment": not LINK.fullmatch(values.get("link_attachment", "https://a.example")),
        "alt_text": len(alt) > 1000 or (alt and values.get("media_type") not in ("IMAGE", "VIDEO")),
        "topic_tag": tag is not None and (not 1 <= len(tag) <= 50 or set(tag) & set(".&")),
        "reply_control": values.get("reply_control", "everyone") not in REPLY_CONTROLS,
        "poll_attachment": not _is_poll(_json(values, "poll_attachment", dict)),
        "gif_attachment": _json(values, "gif_attachment", dict).get("provider", "GIPHY") != "GIPHY",
        "text_attachment": not _is_long_text(_json(values, "text_attachment", dict), "link_attachment" in values),
        "text_entities": not _are_spoilers(_json(values, "text_entities", list)),
    }
    yield from (name for name, is_so in wrong.items() if is_so)


def instagram(request: httpx.Request) -> Iterator[str]:
    """A new container of Instagram."""
    values = _container(request, "instagram", "media")
    if values is None:
        return
    kind, is_video = values.get("media_type", "IMAGE"), "video_url" in values
    strategy = _json(values, "trial_params", dict).get("graduation_strategy", "MANUAL")
    tags = _json(values, "user_tags", list)
    wrong = {
        "collaborators": len(_json(values, "collaborators", list)) > 3,
        "thumb_offset": int(values.get("thumb_offset", 0)) < 0,
        "trial_params": strategy not in ("MANUAL", "SS_PERFORMANCE"),
        "user_tags of a carousel": tags and kind == "CAROUSEL",
        "user_tags": len(tags) > 20 or not all(_is_tag(tag, kind, is_video) for tag in tags),
    }
    yield from (name for name, is_so in wrong.items() if is_so)


def _container(request: httpx.Request, channel: str, edge: str) -> dict[str, str] | None:
    """The parameters, if the request makes a container."""
    base = f"{request.url.scheme}://{request.url.netloc.decode()}/{channel}"
    sent = sent_to([f"{base}/graph", f"{base}/fbgraph"], request)
    return sent.params if sent is not None and (sent.method, sent.edge) == ("POST", edge) else None


def _json(values: Mapping[str, str], name: str, kind: type) -> Any:
    """A value that is JSON; an empty one without it. A list may be written with commas."""
    text = values.get(name, "")
    if kind is list and text and text[0] != "[":
        return text.split(",")
    found = json.loads(text) if text else kind()
    assert isinstance(found, kind), f"{name} is not a {kind.__name__}"
    return found


def _is_poll(poll: dict[str, Any]) -> bool:
    names = {"option_a", "option_b", "option_c", "option_d"}
    return not poll or (
        {"option_a", "option_b"} <= set(poll) <= names and all(1 <= len(option) <= 25 for option in poll.values())
    )


def _is_long_text(text: dict[str, Any], has_link: bool) -> bool:
    if not text:
        return True
    end, link = 0, text.get("link_attachment_url")
    for one in sorted(text.get("text_with_styling_info", []), key=lambda each: int(each["offset"])):
        if one["offset"] < end or not one["styling_info"] or not set(one["styling_info"]) <= STYLES:
            return False
        end = one["offset"] + one["length"]
    return 1 <= len(text["plaintext"]) <= 10_000 and (link is None or (not has_link and bool(LINK.fullmatch(link))))


def _are_spoilers(entities: list[dict[str, Any]]) -> bool:
    return len(entities) <= 10 and all(
        str(one["entity_type"]).upper() == "SPOILER" and one["offset"] >= 0 and one["length"] >= 1 for one in entities
    )


def _is_tag(tag: dict[str, Any], kind: str, is_video: bool) -> bool:
    """In images with x and y from 0 to 1, in reels without."""
    placed = [axis in tag and 0 <= tag[axis] <= 1 for axis in ("x", "y")]
    fits = kind == "STORIES" or (not any(axis in tag for axis in ("x", "y")) if is_video else all(placed))
    return bool(tag.get("username")) and fits
