"""What Threads takes and how a post is planned, before anything is sent. Pure. Source: docs/networks/threads.md, 3.

Which attachments may be combined is undocumented beyond a text attachment with a link, so one is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import regex

from munadi.channels.meta.rules import check_scope
from munadi.channels.rules import Alone, PollRule, Rules, check_poll
from munadi.channels.text import Problems, is_blank, is_web_address, measure
from munadi.channels.threads.spec import (
    BOUNDS,
    EMOJI_LIMIT,
    LEADS,
    LOCATION_SCOPE,
    MAX_LINKS,
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

_URL = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
POLL_RULE, RULE = "poll_text", "attachment_text"


class ThreadsRules(Rules[Options]):
    """What Threads takes. Its steps are the later parts of the chain, then the first comment."""

    needs, bounds = ("text", "link", "media"), BOUNDS
    alone = (
        Alone("poll", "media", POLL_RULE, "takes poll under a text alone, without media"),
        Alone("poll", "link", POLL_RULE, "takes poll under a text alone, without a link"),
        Alone("gif", "media", RULE, "takes gif under a text alone, without media"),
        Alone("gif", "link", RULE, "takes gif under a text alone, without a link"),
        Alone("textAttachment", "media", RULE, "takes textAttachment under a text alone, without media"),
    )

    def texts(self, draft: Draft) -> list[tuple[str, str]]:
        """A card hangs on a text, so without a text the link is it."""
        return [("/text", shown_text(draft)), *super().texts(draft)[1:]]

    def limits(self, pointer: str, draft: Draft, account: ConnectedAccount | None) -> Sequence[TextLimit]:
        """In characters, and as Meta documents it."""
        return (*self.spec.text_limits, EMOJI_LIMIT)

    def exceeding(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[TextLength]:
        """A text of too many characters is too long by Meta's count too, which is not reported then."""
        found = super().exceeding(draft, options, account)
        plain = {one.pointer for one in found if one.rule != EMOJI_LIMIT.rule}
        return [one for one in found if one.rule != EMOJI_LIMIT.rule or one.pointer not in plain]

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report texts with too many links, and replies that the connection may not make."""
        attachment = options.text_attachment if options is not None else None
        attached = {link for link in (draft.link, attachment.link if attachment else None) if link}
        for pointer, text in self.texts(draft):
            links = links_in(text) | (attached if pointer == "/text" else set())
            found.at_most(
                MAX_LINKS,
                len(links),
                pointer,
                "TOO_MANY_LINKS",
                "links",
                "takes at most {limit} different links; this has {actual}",
            )
        pointers = ["/parts"] * bool(draft.parts) + ["/firstComment"] * bool(draft.first_comment)
        check_scope(found, account, REPLY_SCOPE, "reply_scope", "publishes replies", pointers)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report attachments without their text or beside each other, and stretches outside their text."""
        _attachments(found, draft, options)
        if options.spoiler is not None and not draft.media:
            message = "blurs media, and this post has none"
            found.add("/options/spoiler", "OPTION_NOT_FOR_KIND", "spoiler_media", message)
        _stretches(found, "/options/textSpoilers", options.text_spoilers, shown_text(draft))
        if options.text_attachment is not None:
            _text_attachment(found, draft, options.text_attachment)
        if options.location_id:
            check_scope(found, account, LOCATION_SCOPE, "location_scope", "tags a location", ["/options/locationId"])

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


def _attachments(found: Problems, draft: Draft, options: Options) -> None:
    """Polls, GIFs and long texts hang on a text, and only one of them does."""
    given = {"poll": options.poll, "gif": options.gif, "textAttachment": options.text_attachment}
    names = [name for name, value in given.items() if value is not None]
    if options.poll:
        check_poll(found, PollRule(), options.poll, at="/options/poll")
    if is_blank(draft.text):
        for name in names:
            rule = POLL_RULE if name == "poll" else RULE
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
