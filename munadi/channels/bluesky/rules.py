"""What Bluesky takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.channels.bluesky.embeds import moves, video_of, wants_card
from munadi.channels.bluesky.spec import LEAD, MAX_VIDEOS, VIDEO_LEAD, Options
from munadi.channels.bluesky.thread import mentioned
from munadi.channels.files import FileRule, check_video_count
from munadi.channels.rules import Rules
from munadi.channels.text import Problems
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset


class BlueskyRules(Rules[Options]):
    """The lexicon's limits. The steps after the post are the parts of its thread."""

    needs = ("text", "link", "media", "quote")

    def counted(self, draft: Draft, options: Options | None) -> Sequence[MediaAsset]:
        """What moves is a video."""
        video = {"kind": MediaKind.VIDEO}
        return [asset.model_copy(update=video) if moves(asset) else asset for asset in draft.media]

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """What moves is a video."""
        return self.rule_of_kind(self.counted(draft, options)[index].kind)

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report more than one video."""
        check_video_count(found, sum(map(moves, draft.media)), MAX_VIDEOS)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report options of a video that is not there."""
        for name in ("captions", "presentation") if video_of(draft) is None else ():
            if getattr(options, name):
                found.add(f"/options/{name}", "INVALID_OPTION", "video", f"takes {name} of a video")

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and resolve, much more for a video; none for a plain text."""
        if video_of(draft) is not None:
            return VIDEO_LEAD
        needed = draft.media or wants_card(draft) or (options and options.quote) or mentioned(draft)
        return LEAD if needed else timedelta(0)
