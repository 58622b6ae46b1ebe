"""What Bluesky takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.bluesky.embeds import moves, video_of, wants_card
from munadi.channels.bluesky.spec import LEAD, MAX_VIDEOS, VIDEO_LEAD, Options
from munadi.channels.bluesky.thread import mentioned, texts
from munadi.channels.channel import Rules
from munadi.channels.text import (
    Problems,
    check_extras,
    check_media_count,
    check_media_files,
    check_text,
    is_blank,
    is_web_address,
    lengths,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind, TextLength
from munadi.domain.content import Draft
from munadi.domain.problem import Problem


class BlueskyRules(Rules[Options]):
    """The lexicon's limits. The steps after the post are the parts of its thread."""

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations of texts, media, link and options, with pointers relative to the draft."""
        found = Problems(self.spec)
        found += check_extras(self.spec, draft)
        for pointer, text in texts(draft):
            found += check_text(self.spec, text, pointer)
        _media(found, draft)
        if options is not None and video_of(draft) is None:
            for name in ("captions", "presentation"):
                if getattr(options, name):
                    found.add(f"/options/{name}", "INVALID_OPTION", "video", f"takes {name} of a video")
        if draft.link and not is_web_address(draft.link):
            found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
        if is_blank(draft.text) and not (draft.link or draft.media or draft.options.get("quote")):
            found.add("/text", "MISSING_FIELD", "not_empty", "needs a text, a link, media or a quote")
        for index, part in enumerate(draft.parts):
            if is_blank(part):
                found.add(f"/parts/{index}", "MISSING_FIELD", "not_empty", "needs a text in every part of a thread")
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each post of the thread."""
        return [each for pointer, text in texts(draft) for each in lengths(self.spec.text_limits, text, pointer)]

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and resolve, much more for a video; none for a plain text."""
        return lead_of(draft, options)


def lead_of(draft: Draft, options: Options | None) -> timedelta:
    """How long before the slot preparation should begin; zero when there is nothing to prepare."""
    if video_of(draft) is not None:
        return VIDEO_LEAD
    needed = draft.media or wants_card(draft) or (options and options.quote) or mentioned(draft)
    return LEAD if needed else timedelta(0)


def _media(found: Problems, draft: Draft) -> None:
    shown = [asset.model_copy(update={"kind": MediaKind.VIDEO}) if moves(asset) else asset for asset in draft.media]
    found += check_media_count(found.spec, shown) + check_media_files(found.spec, shown)
    videos = sum(1 for asset in shown if asset.kind is MediaKind.VIDEO)
    if videos > MAX_VIDEOS:
        message = f"takes {MAX_VIDEOS} video in a post"
        found.add("/media", "MEDIA_TOO_MANY", "videos_max", message, MAX_VIDEOS, videos)
