"""What one server takes, and how it behaves. Source: docs/networks/mastodon.md, sections 1, 4 and 7.

It is read when an account is verified, and stored with the account's facts. Every number is the server's own claim, so
one that cannot be right is replaced by Mastodon's default.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from munadi.channels.answers import object_in
from munadi.channels.mastodon.spec import IMAGE, MAX_FPS, MAX_VIDEO_PIXELS, SPEC, TEXT, VIDEO
from munadi.domain.account import ConnectedAccount
from munadi.domain.model import Model
from munadi.ports import Answer

FACT = "instance"
LARGEST = 10**12
MAX_TYPES = 100
# The first API version that takes quotes (Mastodon 4.5).
QUOTES = 7
# From this version on a medium belongs to one post: a second post with it is refused. It also lists posts by their ids.
OWNED_MEDIA = LISTS_BY_ID = (4, 3)
# The server that has no removal, and that gives a post another id when it is edited.
SNAC = "snac"
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")
# Where each number stands in the server's `configuration`.
NUMBERS = {
    "characters": ("statuses", "max_characters"),
    "url_characters": ("statuses", "characters_reserved_per_url"),
    "max_media": ("statuses", "max_media_attachments"),
    "alt_characters": ("media_attachments", "description_limit"),
    "image_bytes": ("media_attachments", "image_size_limit"),
    "image_pixels": ("media_attachments", "image_matrix_limit"),
    "video_bytes": ("media_attachments", "video_size_limit"),
    "video_pixels": ("media_attachments", "video_matrix_limit"),
    "frame_rate": ("media_attachments", "video_frame_rate_limit"),
    "poll_options": ("polls", "max_options"),
    "poll_characters": ("polls", "max_characters_per_option"),
    "poll_shortest": ("polls", "min_expiration"),
    "poll_longest": ("polls", "max_expiration"),
}


class Instance(Model):
    """A server. Sizes in bytes and pixels, times of polls in seconds; `mime_types` is empty where it names none."""

    software: str = ""
    version: str = ""
    api: int = 0
    characters: int = TEXT.maximum
    url_characters: int = 23
    max_media: int = SPEC.max_media
    alt_characters: int = IMAGE.max_alt_length or 0
    image_bytes: int = IMAGE.max_bytes
    image_pixels: int = 33_177_600
    video_bytes: int = VIDEO.max_bytes
    video_pixels: int = MAX_VIDEO_PIXELS
    frame_rate: int = MAX_FPS
    mime_types: tuple[str, ...] = ()
    has_polls: bool = True
    poll_options: int = 4
    poll_characters: int = 50
    poll_shortest: int = 300
    poll_longest: int = 2_629_746

    @classmethod
    def of(cls, account: ConnectedAccount | None) -> Instance:
        """The server of an account; Mastodon's defaults where it is not known."""
        try:
            return cls.model_validate(account.facts.get(FACT, {}) if account else {})
        except ValidationError:
            return cls()

    @classmethod
    def read(cls, answer: Answer, software: str) -> Instance:
        """From the server's description of itself."""
        found, api = object_in(answer.body, "configuration"), object_in(answer.body, "api_versions").get("mastodon")
        numbers = {name: object_in(found, group).get(key) for name, (group, key) in NUMBERS.items()}
        types = object_in(found, "media_attachments").get("supported_mime_types")
        return cls(
            software=software,
            version=str(answer.field("version") or "")[:100],
            api=api if _is_number(api) else 0,
            mime_types=tuple(str(one)[:100] for one in types[:MAX_TYPES]) if isinstance(types, list) else (),
            has_polls=not found or bool(found.get("polls")),
            **{name: value for name, value in numbers.items() if _is_number(value)},
        )

    @property
    def is_mastodon(self) -> bool:
        """Mastodon itself, not a server that only speaks its API."""
        return self.software == "mastodon"

    @property
    def owns_media(self) -> bool:
        """Whether a medium can be in one post only, so that it proves which post is ours."""
        return self._is_mastodon_since(OWNED_MEDIA)

    @property
    def lists_by_id(self) -> bool:
        """Whether it shows several posts by their ids in one answer."""
        return self._is_mastodon_since(LISTS_BY_ID)

    @property
    def removes_posts(self) -> bool:
        """Whether an app can remove a post."""
        return self.software != SNAC

    @property
    def keeps_ids(self) -> bool:
        """Whether a post keeps its id for ever, so that a missing id is a missing post."""
        return self.software != SNAC

    @property
    def lists_private(self) -> bool:
        """Whether an account's list shows its owner the posts that are not public; other servers leave them out."""
        return self.is_mastodon

    def _is_mastodon_since(self, version: tuple[int, int]) -> bool:
        known = _VERSION.match(self.version)
        return self.is_mastodon and known is not None and (int(known[1]), int(known[2])) >= version


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST
