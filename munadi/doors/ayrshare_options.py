"""What Ayrshare's options of a network become.

Sources, read in autumn 2026: www.ayrshare.com/docs/apis/post/social-networks/youtube and …/pinterest; for
Instagram, TikTok and the names of the others, Ayrshare's blocks in github.com/Significant-Gravitas/AutoGPT
(`autogpt_platform/backend/backend/blocks/ayrshare`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from munadi.domain.channel import ChannelName

# Not an option of the network, but a field of the post there.
LINK, ALT = "link", "alt"
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Target:
    """Our option, and how its value is said there. `values`: the words that differ; empty: all are the same."""

    option: str
    values: Mapping[Any, Any] | None = None


@dataclass(frozen=True)
class Options:
    """One of Ayrshare's objects of options: its network, and what each of its fields becomes. `defaults`: what Ayrshare
    does without the field, where we do something else. `no_effect`: fields that change nothing here."""

    channel: ChannelName
    targets: Mapping[str, Target]
    defaults: Mapping[str, Any]
    no_effect: frozenset[str] = frozenset()


def _same(*names: str) -> dict[str, Target]:
    return {name: Target(name) for name in names}


_ALT = {"altText": Target(ALT)}
_WHO_SEES = {
    "public": "PUBLIC_TO_EVERYONE",
    "private": "SELF_ONLY",
    "followers": "FOLLOWER_OF_CREATOR",
    "friends": "MUTUAL_FOLLOW_FRIENDS",
}
OPTIONS: Mapping[str, Options] = {
    "youTubeOptions": Options(
        ChannelName.YOUTUBE,
        {**_same("title", "tags", "madeForKids", "categoryId"), "visibility": Target("privacyStatus")},
        defaults={"privacyStatus": "private"},
        no_effect=frozenset({"shorts"}),  # YouTube decides by the video's length and shape
    ),
    "pinterestOptions": Options(
        ChannelName.PINTEREST, {**_same("title", "boardId"), "link": Target(LINK), **_ALT}, defaults={}
    ),
    "instagramOptions": Options(
        ChannelName.INSTAGRAM,
        {
            **_same("audioName", "locationId", "userTags", "collaborators"),
            "shareReelsFeed": Target("shareToFeed"),
            "thumbNailOffset": Target("thumbOffset"),
            "stories": Target("kind", {True: "story"}),
            **_ALT,
        },
        defaults={},
    ),
    "tikTokOptions": Options(
        ChannelName.TIKTOK,
        {
            **_same("disableDuet", "disableStitch", "title", "autoAddMusic"),
            "disableComments": Target("disableComment"),
            "isAIGenerated": Target("aigc"),
            "isBrandedContent": Target("brandContent"),
            "isBrandOrganic": Target("brandOrganic"),
            "imageCoverIndex": Target("photoCoverIndex"),
            "thumbNailOffset": Target("coverTimestampMs"),
            "visibility": Target("privacyLevel", _WHO_SEES),
        },
        defaults={},
    ),
    "faceBookOptions": Options(ChannelName.FACEBOOK, _ALT, defaults={}),
    "twitterOptions": Options(ChannelName.X, _ALT, defaults={}),
    "linkedInOptions": Options(ChannelName.LINKEDIN, _ALT, defaults={}),
    "blueskyOptions": Options(ChannelName.BLUESKY, _ALT, defaults={}),
    "threadsOptions": Options(ChannelName.THREADS, _ALT, defaults={}),
}
