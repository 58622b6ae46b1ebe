"""Shapes on the wire: the form of each call, and answers read leniently. Source: docs/networks/telegram.md, section 3.

Values that are no text are JSON. Formats are entities, never markup, so no text needs escaping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.telegram.spec import GIF, Options, Preview
from munadi.channels.text import collapsed
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.document_types import DOCUMENT_TYPES
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

# Telegram judges a photo by the end of its file's name too.
ENDS = {"image/jpeg": "jpg", "image/png": "png", GIF: "gif", "image/webp": "webp", "video/quicktime": "mov"}
ENDS |= {"video/mp4": "mp4", "video/webm": "webm", **DOCUMENT_TYPES}
Form = dict[str, str]
# What Telegram removes from a text, and what it makes a space.
_LEFT_OUT = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_CONTROL = re.compile("[\0-\x1f]")


def file_name(asset: MediaAsset, index: int) -> str:
    """The name by which a request refers to a file in it."""
    return f"file{index}.{ENDS.get(asset.mime_type, 'bin')}"


def shown_name(asset: MediaAsset, index: int) -> str:
    """The name under which a file is sent. Readers see that of a document: it is its own, but for a wrong ending."""
    if asset.kind is not MediaKind.DOCUMENT or not asset.name:
        return file_name(asset, index)
    return f"{asset.name.rpartition('.')[0] or asset.name}.{ENDS[asset.mime_type]}"


def kind_of(asset: MediaAsset, options: Options) -> str:
    """Telegram's kind of a file."""
    if options.as_documents or asset.kind is MediaKind.DOCUMENT:
        return "document"
    if asset.kind is MediaKind.VIDEO:
        return "video"
    return "animation" if asset.mime_type == GIF else "photo"


def post_call(chat: str, draft: Draft, options: Options, sources: Sequence[str]) -> tuple[str, Form]:
    """The post itself: method and form. `sources` are the draft's media as Telegram names them."""
    form = _common(chat, options)
    if options.poll is not None:
        return "sendPoll", form | _poll(draft.text, options)
    if not sources:
        return "sendMessage", form | text_form(draft.text, options)
    if len(sources) == 1:
        return media_call(chat, draft.media[0], draft.text, options, sources[0])
    media = [
        _medium(asset, options, source) | (caption_form(draft.text, options) if index == 0 else {})
        for index, (asset, source) in enumerate(zip(draft.media, sources, strict=True))
    ]
    return "sendMediaGroup", form | {"media": json.dumps(media)}


def media_call(chat: str, asset: MediaAsset, text: str, options: Options, source: str) -> tuple[str, Form]:
    """One file with its caption."""
    medium, kind = _medium(asset, options, source) | caption_form(text, options), kind_of(asset, options)
    form = {name: _plain(value) for name, value in medium.items() if name not in ("type", "media")}
    return f"send{kind.capitalize()}", _common(chat, options) | form | {kind: source}


def reply_call(chat: str, text: str, options: Options, parent: int) -> tuple[str, Form]:
    """A later part: an answer to a live message, refused where that is gone."""
    parent_of = {"reply_parameters": json.dumps({"message_id": parent})}
    return "sendMessage", _common(chat, options) | {"text": text} | parent_of


def ids_in(answer: Answer) -> list[int] | None:
    """The proof of a success: the ids of the messages that were sent. 0 is one that is not known yet."""
    result = answer.field("result")
    rows = result if isinstance(result, list) else [result]
    ids = [row.get("message_id") if isinstance(row, dict) else None for row in rows]
    known = [one for one in ids if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 1 << 53]
    return known if answer.field("ok") is True and ids and len(known) == len(ids) else None


def file_in(message: dict[str, Any], kind: str, name: str = "file_id") -> str | None:
    """An id of a message's file. Telegram may take a file for another kind, which cannot be sent as this one."""
    if kind != "photo":
        return text_in(message, kind, name)
    sizes = message.get("photo")
    return text_in(sizes[-1], name) if isinstance(sizes, list) and sizes else None


def same_text(message: dict[str, Any], sent: str) -> bool:
    """Whether a message shows the text that was sent, but for what Telegram leaves out or makes a space."""
    shown = text_in(message, "text") or text_in(message, "caption") or text_in(message, "poll", "question") or ""
    return _compared(shown) == _compared(sent)


def _common(chat: str, options: Options) -> Form:
    given = {
        "chat_id": chat,
        "message_thread_id": options.topic_id,
        "disable_notification": options.silent or None,
        "protect_content": options.protected or None,
    }
    return {name: _plain(value) for name, value in given.items() if value is not None}


def text_form(text: str, options: Options) -> Form:
    """A text with its formats and its preview."""
    shown = options.preview or Preview()
    preview = {
        "is_disabled": shown.disabled,
        "url": shown.url,
        "prefer_small_media": shown.size == "small",
        "prefer_large_media": shown.size == "large",
        "show_above_text": shown.above_text,
    }
    given = {"entities": _entities(options), "link_preview_options": {k: v for k, v in preview.items() if v}}
    return {"text": text, **{name: json.dumps(value) for name, value in given.items() if value}}


def caption_form(text: str, options: Options) -> dict[str, Any]:
    """The caption of a file, with its formats."""
    given = {"caption": text, "caption_entities": _entities(options), "show_caption_above_media": options.caption_above}
    return {name: value for name, value in given.items() if value} if text else {}


def _medium(asset: MediaAsset, options: Options, source: str) -> dict[str, Any]:
    kind = kind_of(asset, options)
    hidden = {"has_spoiler": True} if options.spoiler and kind != "document" else {}
    return {"type": kind, "media": source, **hidden, **({"supports_streaming": True} if kind == "video" else {})}


def _poll(question: str, options: Options) -> Form:
    assert options.poll is not None
    poll = options.poll
    form = {
        "question": question,
        "options": json.dumps([{"text": one} for one in poll.options]),
        "is_anonymous": _plain(poll.anonymous),
        "allows_multiple_answers": _plain(poll.multiple),
    }
    return form if poll.open_seconds is None else {**form, "open_period": str(poll.open_seconds)}


def _entities(options: Options) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_none=True) for one in options.entities]


def _compared(text: str) -> str:
    return collapsed(_CONTROL.sub(" ", _LEFT_OUT.sub("", text)))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
