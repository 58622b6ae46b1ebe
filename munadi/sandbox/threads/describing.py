"""What a container's parameters may say: text, links, attachments. Source: channels/threads.md, sections 3 and 4."""

from __future__ import annotations

import json
import re

from munadi.sandbox.graph.errors import refuse
from munadi.sandbox.graph.parameters import flag
from munadi.sandbox.threads import errors
from munadi.sandbox.threads.errors import bad_parameter

TEXT_LENGTH, ALT_LENGTH, LINKS = 500, 1000, 5
MEDIA_TYPES = {"TEXT", "IMAGE", "VIDEO", "CAROUSEL"}
REPLY_CONTROLS = {"everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"}
LINK = re.compile(r"https?://[^\s]*[^\s.,;:!?)\]}']", re.IGNORECASE)
SHOWN = ("topic_tag", "reply_control", "poll_attachment", "is_spoiler_media")


def media_type_of(values: dict[str, str]) -> str:
    media_type = values.get("media_type", "").upper()
    if media_type not in MEDIA_TYPES:
        raise bad_parameter("Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
    if flag(values, "is_carousel_item") and media_type not in ("IMAGE", "VIDEO"):
        raise bad_parameter(f"Carousel items cannot be of the type {media_type}")
    return media_type


def check(values: dict[str, str], media_type: str, *, count_bytes: bool) -> None:
    """Raises the refusal of the first rule that is broken."""
    text = values.get("text", "")
    if media_type == "TEXT" and not text:
        raise bad_parameter("The parameter text is required.")
    if (len(text.encode()) if count_bytes else len(text)) > TEXT_LENGTH:
        raise refuse(errors.TEXT_TOO_LONG)
    links = set(LINK.findall(text)) | ({values["link_attachment"]} if "link_attachment" in values else set())
    if len(links) > LINKS:
        raise refuse(errors.LINK_LIMIT)
    _check_attachments(values, media_type)
    tag, control = values.get("topic_tag"), values.get("reply_control")
    if tag is not None and (not 1 <= len(tag) <= 50 or set(tag) & set(".&")):
        raise bad_parameter("Param topic_tag must be 1 to 50 characters without . and &")
    if control is not None and control not in REPLY_CONTROLS:
        raise bad_parameter("Param reply_control must be one of its documented values")


def first_link(values: dict[str, str], media_type: str) -> str | None:
    """What becomes the preview card: the attachment, else a text post's first link."""
    if media_type != "TEXT":
        return None
    found = LINK.search(values.get("text", ""))
    return values.get("link_attachment") or (found.group() if found else None)


def _check_attachments(values: dict[str, str], media_type: str) -> None:
    given = [name for name in ("link_attachment", "poll_attachment", "gif_attachment", "text_attachment")
             if name in values]  # fmt: skip
    if given and media_type != "TEXT":
        raise bad_parameter(f"Param {given[0]} is for text posts only")
    if len(given) > 1:
        raise bad_parameter(f"Params {' and '.join(given)} cannot be combined")
    if "link_attachment" in values and not LINK.fullmatch(values["link_attachment"]):
        raise bad_parameter("Param link_attachment must be a valid URL")
    alt = values.get("alt_text", "")
    if alt and media_type not in ("IMAGE", "VIDEO"):
        raise bad_parameter("Param alt_text is for images and videos only")
    if len(alt) > ALT_LENGTH:
        raise bad_parameter("Param alt_text must be at most 1000 characters long")
    if "poll_attachment" in values:
        _check_poll(values["poll_attachment"])


def _check_poll(text: str) -> None:
    try:
        poll = json.loads(text)
    except ValueError:
        raise bad_parameter("Param poll_attachment must be a JSON object") from None
    names = ("option_a", "option_b", "option_c", "option_d")
    if not isinstance(poll, dict) or not {"option_a", "option_b"} <= set(poll) <= set(names):
        raise bad_parameter("Param poll_attachment must have option_a to option_d")
    if not all(isinstance(choice, str) and 1 <= len(choice) <= 25 for choice in poll.values()):
        raise bad_parameter("Poll options must be 1 to 25 characters long")
