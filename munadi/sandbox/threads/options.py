"""What a container's parameters and its video must fulfil. Source: docs/networks/threads.md, sections 3 and 4."""

from __future__ import annotations

import re
from typing import Any

from munadi.sandbox.graph.errors import refuse, refuse_if
from munadi.sandbox.graph.parameters import flag, json_in, listed
from munadi.sandbox.media import VideoRules, video_facts
from munadi.sandbox.platform import names
from munadi.sandbox.threads import errors
from munadi.sandbox.threads.errors import bad_parameter, bad_parameter_if

TEXT_LENGTH, ALT_LENGTH, LINKS = 500, 1000, 5
MEDIA_TYPES = {"TEXT", "IMAGE", "VIDEO", "CAROUSEL"}
REPLY_CONTROLS = {"everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"}
LINK = re.compile(r"https?://[^\s]*[^\s.,;:!?)\]}']", re.IGNORECASE)
COUNTRY = re.compile(r"[A-Z]{2}")
STYLES = {"bold", "italic", "highlight", "underline", "strikethrough"}
LONG_TEXT, SPOILERS = 10_000, 10
WIDEST, VIDEO_BYTES, MAX_BITS_PER_SECOND = 10, 1_000_000_000, 100_000_000
VIDEO = VideoRules((0.01, 300.5), (0.01, WIDEST), largest=VIDEO_BYTES)
VIDEO_PROBLEMS = {
    "format": "FAILED_PROCESSING_VIDEO",
    "audio": "FAILED_PROCESSING_AUDIO",
    "seconds": "INVALID_DURATION",
    "bytes": "INVALID_DURATION",
    "ratio": "INVALID_ASPEC_RATIO",
    "size": "INVALID_ASPEC_RATIO",
    "frames": "INVALID_FRAME_RATE",
}
SHOWN = names(
    "topic_tag reply_control poll_attachment is_spoiler_media gif_attachment text_attachment text_entities "
    "enable_reply_approvals quote_post_id location_id allowlisted_country_codes"
)


def media_type_of(values: dict[str, str]) -> str:
    media_type = values.get("media_type", "").upper()
    bad_parameter_if(media_type not in MEDIA_TYPES, "Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}")
    if flag(values, "is_carousel_item") and media_type not in ("IMAGE", "VIDEO"):
        raise bad_parameter(f"Carousel items cannot be of the type {media_type}")
    return media_type


def check(values: dict[str, str], media_type: str, *, count_bytes: bool) -> None:
    """Raises the refusal of the first broken rule."""
    text = values.get("text", "")
    bad_parameter_if(media_type == "TEXT" and not text, "The parameter text is required.")
    refuse_if((len(text.encode()) if count_bytes else len(text)) > TEXT_LENGTH, errors.TEXT_TOO_LONG)
    _check_attachments(values, media_type)
    attached = {values.get("link_attachment"), _checked_long_text(values).get("link_attachment_url")} - {None}
    refuse_if(len(set(LINK.findall(text)) | attached) > LINKS, errors.LINK_LIMIT)
    _check_entities(values)
    if not all(COUNTRY.fullmatch(code) for code in listed(values, "allowlisted_country_codes")):
        raise refuse(errors.BAD_COUNTRIES)
    tag, control = values.get("topic_tag"), values.get("reply_control")
    if tag is not None and (not 1 <= len(tag) <= 50 or set(tag) & set(".&")):
        raise bad_parameter("Param topic_tag must be 1 to 50 characters without . and &")
    if control is not None and control not in REPLY_CONTROLS:
        raise bad_parameter("Param reply_control must be one of its documented values")


def first_link(values: dict[str, str], media_type: str) -> str | None:
    """The preview card's link: the attachment, else a text post's first link."""
    if media_type != "TEXT":
        return None
    found = LINK.search(values.get("text", ""))
    return values.get("link_attachment") or (found.group() if found else None)


def _check_attachments(values: dict[str, str], media_type: str) -> None:
    given = [name for name in ("link_attachment", "poll_attachment", "gif_attachment", "text_attachment")
             if name in values]  # fmt: skip
    bad_parameter_if(given and media_type != "TEXT", f"Params {' and '.join(given)} are for text posts only")
    if len(given) > 1 and given != ["link_attachment", "text_attachment"]:
        raise bad_parameter(f"Params {' and '.join(given)} cannot be combined")
    if "link_attachment" in values and not LINK.fullmatch(values["link_attachment"]):
        raise bad_parameter("Param link_attachment must be a valid URL")
    alt = values.get("alt_text", "")
    bad_parameter_if(alt and media_type not in ("IMAGE", "VIDEO"), "Param alt_text is for images and videos only")
    bad_parameter_if(len(alt) > ALT_LENGTH, "Param alt_text must be at most 1000 characters long")
    if "poll_attachment" in values:
        _check_poll(json_in(values, "poll_attachment", dict, errors.API))
    if "gif_attachment" in values:
        gif = json_in(values, "gif_attachment", dict, errors.API)
        if not gif.get("gif_id") or gif.get("provider") != "GIPHY":
            raise bad_parameter("Param gif_attachment must have a gif_id and the provider GIPHY")


def _check_poll(poll: dict[str, Any]) -> None:
    names = ("option_a", "option_b", "option_c", "option_d")
    if not {"option_a", "option_b"} <= set(poll) <= set(names):
        raise bad_parameter("Param poll_attachment must have option_a to option_d")
    if not all(isinstance(choice, str) and 1 <= len(choice) <= 25 for choice in poll.values()):
        raise bad_parameter("Poll options must be 1 to 25 characters long")


def _checked_long_text(values: dict[str, str]) -> dict[str, Any]:
    if "text_attachment" not in values:
        return {}
    long_text: dict[str, Any] = json_in(values, "text_attachment", dict, errors.API)
    words, link = long_text.get("plaintext"), long_text.get("link_attachment_url")
    if not isinstance(words, str) or not 1 <= len(words) <= LONG_TEXT:
        raise bad_parameter("The plaintext of text_attachment must be 1 to 10000 characters long")
    if link is not None and ("link_attachment" in values or not LINK.fullmatch(str(link))):
        raise bad_parameter("Param text_attachment must have one valid link_attachment_url, and the post none besides")
    end = 0
    for one in sorted(long_text.get("text_with_styling_info", []), key=_offset_of):
        if _offset_of(one) < end or not one.get("styling_info") or not set(one["styling_info"]) <= STYLES:
            raise bad_parameter("The styling info of text_attachment overlaps or has unknown styles")
        end = _offset_of(one) + int(one.get("length", 0))
    return long_text


def _check_entities(values: dict[str, str]) -> None:
    entities = json_in({"text_entities": "[]", **values}, "text_entities", list, errors.API)
    bad_parameter_if(len(entities) > SPOILERS, "Param text_entities must have at most 10 entries")
    for one in entities:
        if str(one.get("entity_type", "")).upper() != "SPOILER" or _offset_of(one) < 0 or int(one.get("length", 0)) < 1:
            raise bad_parameter("Param text_entities must have an entity_type, an offset and a length")


def _offset_of(stretch: dict[str, Any]) -> int:
    return int(stretch.get("offset", -1))


def video_problem(body: bytes) -> str | None:
    """The `error_message` that the container will have, or None for a good video."""
    problem = VIDEO.problem(body)
    if problem is not None:
        return VIDEO_PROBLEMS[problem]
    facts = video_facts(body)
    return "INVALID_BIT_RATE" if facts and len(body) * 8 / facts.seconds > MAX_BITS_PER_SECOND else None
