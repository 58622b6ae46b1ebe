"""Shapes on the wire: the body of a post, and answers read leniently. Source: docs/networks/x.md, sections 3 and 7."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from munadi.channels.answers import instant, object_in, text_in
from munadi.channels.http import given_id
from munadi.channels.posting import Row
from munadi.channels.text import collapsed
from munadi.channels.x.spec import GIF, Options
from munadi.domain.channel import MediaKind
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

READ_FIELDS: Mapping[str, str] = {
    "tweet.fields": "created_at,entities,attachments,note_tweet,referenced_tweets",
    "expansions": "attachments.media_keys",
}
# What X is renaming from tweets to posts: either may be in an answer.
NOTE, REFERENCES = ("note_tweet", "note_post"), ("referenced_tweets", "referenced_posts")
# X adds the scheme to an address without one.
_SCHEME = re.compile(r"\bhttps?://", re.I)


@dataclass(frozen=True)
class Medium:
    """A medium: `state` is empty where there is nothing to process; times are seconds."""

    id: str
    key: str
    state: str
    check_after: int | None
    expires_after: int | None
    problem: str


def post_body(text: str, options: Options, media_ids: Sequence[str]) -> dict[str, Any]:
    """The body of a post that answers no other."""
    poll = options.poll
    more = {
        "media": {"media_ids": list(media_ids)} if media_ids else None,
        "poll": poll and {"options": list(poll.options), "duration_minutes": poll.duration_minutes},
        "quote_tweet_id": options.quote_post_id,
    }
    return {**_common(text, options), **{name: value for name, value in more.items() if value is not None}}


def reply_body(text: str, options: Options, parent: str) -> dict[str, Any]:
    """A later part or the first comment: an answer to a live post."""
    return {**_common(text, options), "reply": {"in_reply_to_tweet_id": parent}}


def category_of(asset: MediaAsset) -> str:
    """X's category of a medium."""
    if asset.kind is MediaKind.VIDEO:
        return "tweet_video"
    return "tweet_gif" if asset.mime_type == GIF else "tweet_image"


def id_in(answer: Answer) -> str | None:
    """The proof of a post that was made."""
    return given_id(object_in(answer.body, "data").get("id"))


def read_medium(data: Mapping[str, Any]) -> Medium | None:
    """A medium, or None without its ids."""
    media_id, key = given_id(data.get("id")), text_in(data, "media_key")
    if media_id is None or key is None:
        return None
    info = object_in(data, "processing_info")
    state, problem = text_in(info, "state") or "", object_in(info, "error")
    reason = text_in(problem, "message") or text_in(problem, "name") or ""
    return Medium(
        media_id, key, state, _seconds(info, "check_after_secs"), _seconds(data, "expires_after_secs"), reason
    )


def is_page(body: Any) -> bool:
    """Whether this is a timeline: an empty one has no `data`."""
    count = object_in(body, "meta").get("result_count")
    rows = body.get("data", []) if isinstance(body, dict) else None
    known = isinstance(count, int) and not isinstance(count, bool) and isinstance(rows, list)
    return known and len(rows or []) == count and all(_is_post(one) for one in rows or [])


def read_rows(body: Mapping[str, Any]) -> list[Row]:
    """The posts of a timeline that `is_page`."""
    return [
        Row(
            id=given_id(one["id"]) or "",
            created_at=datetime.fromisoformat(one["created_at"]),
            text=_written(one),
            keys=_keys(one),
            parent=_parent(one),
        )
        for one in body.get("data", [])
    ]


def same_text(shown: str, sent: str) -> bool:
    """Whether a post's text is what was sent, but for how addresses are written."""
    return _compared(shown) == _compared(sent)


def _common(text: str, options: Options) -> dict[str, Any]:
    given = {
        "text": text or None,
        "reply_settings": options.reply_settings,
        "made_with_ai": options.made_with_ai or None,
        "paid_partnership": options.paid_partnership or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _seconds(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_post(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and given_id(one.get("id")) is not None
        and instant(one.get("created_at")) is not None
        and isinstance(one.get("text"), str)
    )


def _keys(one: dict[str, Any]) -> frozenset[str]:
    keys = object_in(one, "attachments").get("media_keys")
    return frozenset(str(key) for key in keys) if isinstance(keys, list) else frozenset()


def _parent(one: dict[str, Any]) -> str | None:
    listed = next((one[name] for name in REFERENCES if name in one), None)
    found = [other for other in listed if isinstance(other, dict)] if isinstance(listed, list) else []
    return next((given_id(other.get("id")) for other in found if other.get("type") == "replied_to"), None)


def _written(one: dict[str, Any]) -> str:
    """The text as it was written: long texts whole, short addresses replaced, those of media left out, unescaped."""
    note = next((object_in(one, name) for name in NOTE if name in one), {})
    text = text_in(note, "text") or one["text"]
    listed = object_in(note, "entities").get("urls") or object_in(one, "entities").get("urls")
    for address in listed if isinstance(listed, list) else []:
        short, full = text_in(address, "url"), text_in(address, "expanded_url")
        if short and full:
            text = text.replace(short, "" if text_in(address, "media_key") else full)
    return unescape(text)


def _compared(text: str) -> str:
    words = _SCHEME.sub("", collapsed(text).casefold()).split()
    return " ".join(word.rstrip("/") for word in words)
