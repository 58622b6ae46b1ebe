"""What Threads takes and how a post is planned, before anything is sent. Pure. Source: docs/networks/threads.md, 3.

Which attachments may be combined is undocumented beyond a text attachment with a link, so one is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import regex

from munadi.channels.channel import Rules
from munadi.channels.meta.rules import check_scope, check_video
from munadi.channels.text import (
    Problems,
    check_comment_shows,
    check_extras,
    check_media_count,
    check_media_files,
    check_text,
    is_blank,
    is_web_address,
    lengths,
    measure,
)
from munadi.channels.threads.spec import (
    AUDIO_CODECS,
    LEADS,
    LOCATION_SCOPE,
    MAX_BITS_PER_SECOND,
    MAX_LINKS,
    MAX_TEXT,
    REPLY_SCOPE,
    Kind,
    Options,
    Stretch,
    TextAttachment,
)
from munadi.channels.threads.wire import kind_of, shown_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind, TextLength, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem

_URL = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
# As Meta documents the length; the limit of plain characters is in the spec.
EMOJI_LIMIT = TextLimit(rule="text_emoji_bytes", unit=TextUnit.EMOJI_BYTES, maximum=MAX_TEXT)


class ThreadsRules(Rules[Options]):
    """What Threads takes. Its steps are the later parts of the chain, then the first comment."""

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found = Problems(self.spec)
        found += check_extras(self.spec, draft)
        attachment = options.text_attachment if options is not None else None
        for pointer, text, attached in _texts(draft, attachment.link if attachment else None):
            _text(found, pointer, text, attached)
        found += check_media_count(self.spec, draft.media) + check_media_files(self.spec, draft.media)
        for index, asset in enumerate(draft.media):
            _video(found, asset, f"/media/{index}")
        if draft.link and not is_web_address(draft.link):
            found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
        if is_blank(draft.text) and not (draft.link or draft.media):
            found.add("/text", "MISSING_FIELD", "not_empty", "needs a text, a link or media")
        if options is not None:
            check_options(found, draft, options, account)
        _replies(found, draft, account)
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each text, in characters and as Meta documents it."""
        limits = (*self.spec.text_limits, EMOJI_LIMIT)
        return [each for pointer, text, _ in _texts(draft, None) for each in lengths(limits, text, pointer)]

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time for Threads to fetch and process the media; a text needs its container too."""
        if options is None or any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return LEADS[Kind.VIDEO]
        return LEADS[kind_of(draft)]


def weight(text: str) -> int:
    """The length as Meta documents it: characters, an emoji as its UTF-8 bytes."""
    return measure(text, TextUnit.EMOJI_BYTES)


def links_in(text: str) -> set[str]:
    """The different links of a text, without the punctuation that ends a sentence."""
    return {found.rstrip(".,;:!?)]}'") for found in _URL.findall(text)}


def _texts(draft: Draft, second_link: str | None) -> list[tuple[str, str, set[str]]]:
    """Each text of the draft: its pointer, the text, and the links attached to it."""
    attached = {link for link in (draft.link, second_link) if link}
    texts: list[tuple[str, str, set[str]]] = [("/text", shown_text(draft), attached)]
    texts += [(f"/parts/{index}", part, set()) for index, part in enumerate(draft.parts)]
    return [*texts, ("/firstComment", draft.first_comment, set())] if draft.first_comment else texts


def _text(found: Problems, pointer: str, text: str, attached: set[str]) -> None:
    too_long = check_text(found.spec, text, pointer)
    found += too_long
    if not too_long and (actual := weight(text)) > MAX_TEXT:
        message = f"counts an emoji as its UTF-8 bytes, so takes at most {MAX_TEXT}; this text has {actual}"
        found.add(pointer, "TEXT_TOO_LONG", "text_emoji_bytes", message, MAX_TEXT, actual)
    links = links_in(text) | attached
    if len(links) > MAX_LINKS:
        message = f"takes at most {MAX_LINKS} different links; this has {len(links)}"
        found.add(pointer, "TOO_MANY_LINKS", "links", message, MAX_LINKS, len(links))


def _video(found: Problems, asset: MediaAsset, pointer: str) -> None:
    """Codecs, frame rate and bit rate, where the probe could read them."""
    if asset.kind is not MediaKind.VIDEO:
        return
    check_video(found, asset, pointer, AUDIO_CODECS)
    rate = asset.bytes * 8000 // asset.duration_ms if asset.duration_ms else 0
    if rate > MAX_BITS_PER_SECOND:
        message = f"takes at most {MAX_BITS_PER_SECOND} bits per second; this has {rate}"
        found.add(pointer, "MEDIA_BITRATE", "bitrate", message, MAX_BITS_PER_SECOND, rate)


def _replies(found: Problems, draft: Draft, account: ConnectedAccount | None) -> None:
    """Parts and comments are replies: each needs a text, and the connection a permission of its own."""
    for index, part in enumerate(draft.parts):
        if is_blank(part):
            found.add(f"/parts/{index}", "MISSING_FIELD", "not_empty", "needs a text in every part")
    check_comment_shows(found, draft)
    pointers = ["/parts"] * bool(draft.parts) + ["/firstComment"] * bool(draft.first_comment)
    check_scope(found, account, REPLY_SCOPE, "reply_scope", "publishes replies", pointers)


def check_options(found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
    """All violations, with pointers relative to the draft."""
    _attachments(found, draft, options)
    if options.spoiler is not None and not draft.media:
        message = "blurs media, and this post has none"
        found.add("/options/spoiler", "OPTION_NOT_FOR_KIND", "spoiler_media", message)
    _stretches(found, "/options/textSpoilers", options.text_spoilers, shown_text(draft))
    if options.text_attachment is not None:
        _text_attachment(found, draft, options.text_attachment)
    if options.location_id:
        check_scope(found, account, LOCATION_SCOPE, "location_scope", "tags a location", ["/options/locationId"])


def _attachments(found: Problems, draft: Draft, options: Options) -> None:
    """Polls, GIFs and long texts hang on a text alone, and only one of them does."""
    given = {"poll": options.poll, "gif": options.gif, "textAttachment": options.text_attachment}
    names = [name for name, value in given.items() if value is not None]
    for name in names:
        pointer, rule = f"/options/{name}", "poll_text" if name == "poll" else "attachment_text"
        if draft.media:
            message = f"takes {name} under a text alone, without media"
            found.add(pointer, "OPTION_NOT_FOR_KIND", rule, message, 0, len(draft.media))
        elif draft.link and name != "textAttachment":
            found.add(pointer, "OPTION_NOT_FOR_KIND", rule, f"takes {name} under a text alone, without a link")
        if is_blank(draft.text):
            found.add("/text", "MISSING_FIELD", rule, f"needs a text above {name}")
    if len(names) > 1:
        message = f"takes one attachment; this has {' and '.join(names)}"
        found.add(f"/options/{names[-1]}", "INVALID_OPTION", "one_attachment", message, 1, len(names))


def _text_attachment(found: Problems, draft: Draft, given: TextAttachment) -> None:
    pointer, end = "/options/textAttachment", 0
    _stretches(found, f"{pointer}/styles", given.styles, given.text)
    for index, one in sorted(enumerate(given.styles), key=lambda indexed: indexed[1].offset):
        if one.offset < end:
            message = f"takes styles that do not overlap: the one before ends at {end}, this begins at {one.offset}"
            found.add(f"{pointer}/styles/{index}", "INVALID_OPTION", "styles_overlap", message, end, one.offset)
        end = max(end, one.offset + one.length)
    if given.link and not is_web_address(given.link):
        found.add(f"{pointer}/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
    if given.link and draft.link:
        message = "takes one attached link, of the post or of its text attachment"
        found.add(f"{pointer}/link", "INVALID_OPTION", "one_link", message, 1, 2)


def _stretches(found: Problems, pointer: str, stretches: Sequence[Stretch], text: str) -> None:
    """Within the text in whatever unit Threads counts, of which a UTF-8 byte is the smallest."""
    longest = len(text.encode("utf-8"))
    for index, one in enumerate(stretches):
        end = one.offset + one.length
        if end > longest:
            message = f"takes stretches within the text: this one ends at {end} of {longest} bytes"
            found.add(f"{pointer}/{index}", "INVALID_OPTION", "text_range", message, longest, end)
