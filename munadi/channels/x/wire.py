"""Shapes on the wire: the body of a post, and answers read leniently. Source: docs/networks/x.md, sections 3 and 7."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Any, NamedTuple

from munadi.channels.answers import instant, object_in, text_in, whole_number
from munadi.channels.http import given, given_id
from munadi.channels.posting import Row
from munadi.channels.text import collapsed
from munadi.channels.uploads import Progress
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
HISTORY = ("edit_history_tweet_ids", "edit_history_post_ids")
# X names the time of the next read; without it, and at most.
CHECK_AFTER, LONGEST_CHECK = 2, 60
FAILED, WORKING = "failed", ("pending", "in_progress")
# X adds the scheme to an address without one.
_SCHEME = re.compile(r"\bhttps?://", re.I)


class Medium(NamedTuple):
    """A medium on its way. `life`: how long X keeps it, where X says so."""

    id: str
    key: str
    life: timedelta | None
    progress: Progress


def post_body(text: str, options: Options, media_ids: Sequence[str]) -> dict[str, Any]:
    """The body of a post that answers no other."""
    poll = options.poll
    more = {
        "media": {"media_ids": list(media_ids)} if media_ids else None,
        "poll": poll and {"options": list(poll.options), "duration_minutes": poll.duration_minutes},
        "quote_tweet_id": options.quote_post_id,
    }
    return {**_common(text, options), **given(more)}


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
    seconds = whole_number(data.get("expires_after_secs"))
    life = None if seconds is None else timedelta(seconds=seconds)
    return Medium(media_id, key, life, _progress(object_in(data, "processing_info")))


def _progress(info: Mapping[str, Any]) -> Progress:
    """Without a state there is nothing to process."""
    state, problem, seconds = info.get("state"), object_in(info, "error"), whole_number(info.get("check_after_secs"))
    if state in WORKING:
        return Progress(after=timedelta(seconds=min(CHECK_AFTER if seconds is None else seconds, LONGEST_CHECK)))
    reason = text_in(problem, "message") or text_in(problem, "name") or ""
    return Progress(is_ready=state != FAILED, failed=reason if state == FAILED else None)


def read_rows(body: Any) -> list[Row] | None:
    """The posts of a timeline, of which an empty one has no `data`; None for what is no timeline."""
    count, listed = whole_number(object_in(body, "meta").get("result_count")), object_in(body).get("data", [])
    if not isinstance(listed, list) or len(listed) != count or not all(_is_post(one) for one in listed):
        return None
    return [
        Row(
            id=given_id(one["id"]) or "",
            created_at=datetime.fromisoformat(one["created_at"]),
            text=_written(one),
            keys=_keys(one),
            parent=_parent(one),
        )
        for one in listed
    ]


def same_text(shown: str, sent: str) -> bool:
    """Whether a post's text is what was sent, but for how addresses are written."""
    return _compared(shown) == _compared(sent)


def _common(text: str, options: Options) -> dict[str, Any]:
    return given(
        {
            "text": text or None,
            "reply_settings": options.reply_settings,
            "made_with_ai": options.made_with_ai or None,
            "paid_partnership": options.paid_partnership or None,
        }
    )


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
