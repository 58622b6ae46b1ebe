"""What LinkedIn takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.linkedin.spec import (
    COMMENT,
    LEAD,
    MAX_PIXELS,
    MIN_VIDEO_BYTES,
    POLL_CHARACTERS,
    VIDEO_LEAD,
    Options,
    is_page,
)
from munadi.channels.linkedin.wire import title_of, wants_card
from munadi.channels.text import Problems, is_blank, is_web_address, too_long
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.problem import Problem


class LinkedInRules(Rules[Options]):
    """One post, and a first comment."""

    comment_limits = (COMMENT,)

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found = Problems(self.spec)
        found += super().validate(draft, options, account)
        _texts(found, draft)
        found += [too_long(self.spec, each) for each in self.comment_lengths(draft) if each.actual > each.maximum]
        _media(found, draft)
        if options is not None:
            _options(found, draft, options)
            if options.visibility == "CONNECTIONS" and account is not None and is_page(account):
                message = "takes CONNECTIONS from members only: a page has none"
                found.add("/options/visibility", "FEATURE_NOT_ELIGIBLE", "visibility_page", message)
        return found

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and to process; none for a text or a poll."""
        if any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return VIDEO_LEAD
        return LEAD if draft.media or wants_card(draft) else timedelta(0)


def _texts(found: Problems, draft: Draft) -> None:
    if is_blank(draft.text) and not draft.media:
        found.add("/text", "MISSING_FIELD", "not_empty", "needs a text or media")
    if draft.first_comment is not None and is_blank(draft.first_comment):
        found.add("/firstComment", "MISSING_FIELD", "not_empty", "needs a text in a first comment")
    if draft.link and not is_web_address(draft.link):
        found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")


def _media(found: Problems, draft: Draft) -> None:
    for kind in (MediaKind.VIDEO, MediaKind.DOCUMENT):
        if len(draft.media) > 1 and any(asset.kind is kind for asset in draft.media):
            message = f"takes one {kind}, without other media"
            found.exceed("/media", "MEDIA_TOO_MANY", f"one_{kind}", message, 1, len(draft.media))
    for index, asset in enumerate(draft.media):
        pixels = asset.width * asset.height
        if asset.kind is MediaKind.IMAGE and pixels >= MAX_PIXELS:
            message = "takes images of fewer pixels"
            found.exceed(f"/media/{index}", "MEDIA_PIXELS", "pixels", message, MAX_PIXELS - 1, pixels)
        if asset.kind is MediaKind.VIDEO and asset.bytes < MIN_VIDEO_BYTES:
            message = "takes larger videos"
            found.exceed(f"/media/{index}", "MEDIA_TOO_SMALL", "min_bytes", message, MIN_VIDEO_BYTES, asset.bytes)


def _options(found: Problems, draft: Draft, options: Options) -> None:
    if options.poll and draft.media:
        message = "takes a poll without media"
        found.add("/options/poll", "OPTION_NOT_FOR_KIND", "poll_media", message, 0, len(draft.media))
    if options.poll and draft.link:
        found.add("/options/poll", "OPTION_NOT_FOR_KIND", "poll_link", "takes a poll without a link")
    for index, option in enumerate(options.poll.options if options.poll else ()):
        if len(option) > POLL_CHARACTERS:
            message, at = "takes a shorter option of a poll", f"/options/poll/options/{index}"
            found.exceed(at, "INVALID_OPTION", "poll_characters", message, POLL_CHARACTERS, len(option))
    if options.title and not (len(draft.media) == 1 or wants_card(draft)):
        message = "takes a title for one image, one video, one document or the card of a link"
        found.add("/options/title", "OPTION_NOT_FOR_KIND", "title", message)
    if [asset.kind for asset in draft.media] == [MediaKind.DOCUMENT] and not title_of(draft, options):
        message = "needs a title for a document whose file has no name"
        found.add("/options/title", "MISSING_FIELD", "document_title", message)
    for name in options.mentions:
        if f"@{name}" not in draft.text:
            pointer = f"/options/mentions/{name.replace('~', '~0').replace('/', '~1')}"
            found.add(
                pointer, "INVALID_OPTION", "mention", "finds no such name after an @ in the text", f"@{name}"[:100]
            )
