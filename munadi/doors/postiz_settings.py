"""What Postiz's settings of a network become.

Source, read in autumn 2026: github.com/gitroomhq/postiz-app, the classes of YouTube, TikTok, Pinterest, Instagram, X
and Facebook in `libraries/nestjs-libraries/src/dtos/posts/providers-settings`, and
docs.postiz.com/public-api/providers/youtube.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from munadi.domain.channel import ChannelName

# Not an option of the network, but a field of the post there.
LINK = "link"


class NoEquivalent(Exception):
    """The value has none here."""


def _same(value: Any) -> Any:
    return value


def _not(value: Any) -> Any:
    return not value


def _yes(value: Any) -> bool:
    if value not in ("yes", "no", True, False):
        raise NoEquivalent
    return value in ("yes", True)


def _labels(value: Any) -> Any:
    if not isinstance(value, list):
        raise NoEquivalent
    return [each.get("label") if isinstance(each, dict) else each for each in value]


def _people(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise NoEquivalent
    kept = [{name: each[name] for name in ("x", "y") if each.get(name) is not None} for each in value]
    return [{"username": each.get("label"), **place} for each, place in zip(value, kept, strict=True)]


def _only(*words: str) -> Callable[[Any], Any]:
    def one_of(value: Any) -> Any:
        if value not in words:
            raise NoEquivalent
        return value

    return one_of


@dataclass(frozen=True)
class Setting:
    """Our option, None for a setting that has no effect here; how its value is said there; and the value that means
    nothing, for which the option is left out."""

    option: str | None
    convert: Callable[[Any], Any] = _same
    unset: Any = None


NOTHING = Setting(None)
SETTINGS: Mapping[ChannelName, Mapping[str, Setting]] = {
    ChannelName.YOUTUBE: {
        "title": Setting("title"),
        "type": Setting("privacyStatus"),
        "selfDeclaredMadeForKids": Setting("madeForKids", _yes),
        "tags": Setting("tags", _labels),
    },
    ChannelName.PINTEREST: {
        "title": Setting("title"),
        "link": Setting(LINK),
        "dominant_color": Setting("dominantColor"),
        "board": Setting("boardId"),
    },
    ChannelName.TIKTOK: {
        "title": Setting("title"),
        "privacy_level": Setting("privacyLevel"),
        "duet": Setting("disableDuet", _not),
        "stitch": Setting("disableStitch", _not),
        "comment": Setting("disableComment", _not),
        "autoAddMusic": Setting("autoAddMusic", _yes),
        "brand_content_toggle": Setting("brandContent"),
        "brand_organic_toggle": Setting("brandOrganic"),
        "disclose": NOTHING,  # the two toggles say it
        "videoDurationSec": NOTHING,  # it is read in the file
    },
    ChannelName.INSTAGRAM: {
        "post_type": Setting("kind", _only("story"), unset="post"),
        "is_trial_reel": NOTHING,  # the strategy says it
        "graduation_strategy": Setting("trialGraduation"),
        "collaborators": Setting("collaborators", _labels),
        "user_tags": Setting("userTags", _people),
    },
    ChannelName.X: {"who_can_reply_post": Setting("replySettings", unset="everyone")},
    ChannelName.FACEBOOK: {"url": Setting(LINK)},
}
