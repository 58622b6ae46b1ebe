"""Posts that are accepted and will look different: a table over the real channels, whose specs have the numbers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.domain.channel import Counted, MediaKind
from munadi.domain.media import MediaAsset
from munadi.intake.accounts import Target
from munadi.intake.drafts import PlacedDraft, place_draft
from munadi.intake.media import IntakeMedia
from munadi.intake.requests import ContentRequest, MediaRequest
from munadi.intake.warnings import PATTERNS, WarningCode, draft_warnings, preparation_warnings
from tests.channels.making import NOW, bench, image, video
from tests.channels.scenes import SCENES

PNG: dict[str, Any] = {"mime_type": "image/png", "has_alpha": False, "animated": False}
LINK = "https://acme.example/sale"
PIN = {"boardId": "549755885175000001"}
KIDS = {"madeForKids": False}
EVERYONE = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
Found = list[tuple[str, str]]


class StoredMedia(IntakeMedia):
    """Media by id, as if they had been stored before."""

    def __init__(self, media: tuple[MediaAsset, ...]) -> None:
        super().__init__()
        self._media = {asset.id: asset for asset in media}

    def asset(self, sent: MediaRequest) -> MediaAsset | None:
        return self._media.get(sent.id or "")


def placed(name: str, *media: MediaAsset, settings: dict[str, Any] | None = None, **own: Any) -> PlacedDraft:
    """The text and media are of the post, other fields are of the channel."""
    body = {
        "brandRef": "acme",
        "text": own.pop("text", "Sale"),
        "link": own.pop("link", None),
        "media": [{"id": asset.id} for asset in media],
        "channels": [{"channel": name} | own],
    }
    sent = ContentRequest.model_validate(body)
    return place_draft(sent, Target(0, sent.channels[0], bench(name, settings).channel, None), StoredMedia(media))


def warnings_of(found: PlacedDraft) -> Found:
    return [(warning.code, warning.pointer or "") for warning in draft_warnings([found])]


def alt(index: int = 0, **changes: Any) -> MediaAsset:
    return image(index, alt="Umbrellas", **changes)


TABLE: list[tuple[PlacedDraft, Found]] = [
    (placed("instagram", alt()), []),
    (placed("instagram", alt(), text=f"See {LINK}"), [("LINK_NOT_CLICKABLE", "/text")]),
    (placed("instagram", alt(), link=LINK), [("LINK_APPENDED", "/link"), ("LINK_NOT_CLICKABLE", "/link")]),
    (placed("tiktok", video(), text=f"See {LINK}"), [("LINK_NOT_CLICKABLE", "/text")]),
    (placed("bluesky", text=f"See {LINK}"), []),
    (placed("threads", text=f"See {LINK}"), []),
    (placed("x", text="See you there"), []),
    (placed("x", text="See acme.com"), [("LINK_COSTS_MORE", "/text")]),
    (placed("x", link=LINK), [("LINK_APPENDED", "/link"), ("LINK_COSTS_MORE", "/link")]),
    (placed("x", text="One", parts=["two", f"See {LINK}"]), [("LINK_COSTS_MORE", "/channels/0/parts/1")]),
    (placed("x", text="One", firstComment=LINK), [("LINK_COSTS_MORE", "/channels/0/firstComment")]),
    (placed("instagram", alt(), text="x" * 125), []),
    (placed("instagram", alt(), text="x" * 126), [("TEXT_CUT_IN_FEED", "/text")]),
    (placed("instagram", alt(), text="#a #b #c #d #e"), []),
    (placed("instagram", alt(), text="#a #b #c #d #e #f"), [("HASHTAGS_ABOVE_ADVISED", "/text")]),
    (placed("threads", text="#one"), []),
    (placed("threads", text="#one and #two"), [("HASHTAGS_ABOVE_ADVISED", "/text")]),
    (placed("bluesky", text="#one and #two"), []),
    (placed("youtube", video(), text=" ".join(f"#t{n}" for n in range(61))), [("HASHTAGS_ABOVE_ADVISED", "/text")]),
    (placed("instagram", image()), [("ALT_TEXT_MISSING", "/media/0/alt")]),
    (placed("instagram", alt(0), image(1), image(2)), [("ALT_TEXT_MISSING", "/media/1/alt")]),
    (placed("instagram", image(), options={"kind": "story"}), []),
    (placed("instagram", video(), image(1), options={"kind": "reel", "coverIndex": 1}), []),
    (placed("facebook", image()), [("ALT_TEXT_MISSING", "/media/0/alt")]),
    (placed("facebook", image(), options={"kind": "story"}), []),
    (placed("facebook", video()), []),
    (placed("threads", video()), [("ALT_TEXT_MISSING", "/media/0/alt")]),
    (placed("bluesky", image()), [("ALT_TEXT_MISSING", "/media/0/alt")]),
    (placed("pinterest", alt(), options=PIN), []),
    (placed("pinterest", alt(), text="", options=PIN), [("NOTHING_TO_FIND_BY", "/text")]),
    (placed("pinterest", alt(), text=" ", options={**PIN, "title": " "}), [("NOTHING_TO_FIND_BY", "/text")]),
    (placed("pinterest", alt(), text="", options={**PIN, "title": "Sale"}), []),
    (placed("pinterest", alt(), text="", link=LINK, options=PIN), []),
    (placed("pinterest", alt(), text="x" * 501, options=PIN), [("TEXT_CUT_IN_FEED", "/text")]),
    (placed("pinterest", alt(), text=f"See {LINK}", options=PIN), [("LINK_NOT_CLICKABLE", "/text")]),
    (placed("tiktok", image()), []),
    (placed("instagram", alt(**PNG)), [("IMAGE_CONVERTED", "/media/0")]),
    (placed("instagram", alt(0), alt(1, bytes=9_000_000)), [("IMAGE_CONVERTED", "/media/1")]),
    (placed("facebook", alt(**PNG)), []),
    (placed("tiktok", image(**PNG)), [("IMAGE_CONVERTED", "/media/0")]),
    (placed("tiktok", video(), options=EVERYONE), [("APP_UNAUDITED", "/channels/0/options/privacyLevel")]),
    (placed("tiktok", video(), options={"privacyLevel": "SELF_ONLY"}), []),
    (placed("tiktok", video(), options=EVERYONE, settings={"audited": True}), []),
    (placed("tiktok", video(), options={"privacyLevel": ["odd"]}), []),
    (placed("youtube", video(), options=KIDS), []),
]


@pytest.mark.parametrize(("found", "expected"), TABLE, ids=range(len(TABLE)))
def test_a_post_that_will_look_different_has_its_warnings(found: PlacedDraft, expected: Found) -> None:
    assert warnings_of(found) == expected


def test_a_warning_names_network_channel_and_numbers() -> None:
    (warning,) = draft_warnings([placed("instagram", alt(0), image(1), image(2))])
    assert warning.channel == "instagram"
    assert warning.message.startswith("Instagram takes alt texts")
    assert "2 of 3" in warning.message


def test_what_a_link_costs_is_told_with_the_number_of_posts() -> None:
    (warning,) = draft_warnings([placed("x", text=LINK, parts=["two", LINK])])
    assert warning.message == (
        "X charges 0.200 USD for a post with a link, 0.015 USD without one (prices of 2026-04-20); "
        "2 of the 3 posts of this thread have one"
    )


def test_a_warning_points_at_the_override() -> None:
    sent = ContentRequest.model_validate(
        {"brandRef": "acme", "text": "#one", "channels": [{"channel": "threads", "text": "#one #two"}]}
    )
    found = place_draft(sent, Target(0, sent.channels[0], bench("threads").channel, None), IntakeMedia())
    assert warnings_of(found) == [("HASHTAGS_ABOVE_ADVISED", "/channels/0/text")]


@pytest.mark.parametrize(("left", "late"), [(timedelta(minutes=1), True), (timedelta(minutes=40), False)])
def test_a_slot_before_the_end_of_the_preparation_is_warned_about(left: timedelta, late: bool) -> None:
    found = preparation_warnings([placed("youtube", video(), options=KIDS), placed("bluesky")], NOW, NOW + left)
    assert [(one.code, one.channel, one.pointer) for one in found] == (
        [("PREPARATION_MAY_BE_LATE", "youtube", "/scheduledAt")] if late else []
    )


@pytest.mark.parametrize(
    ("text", "hashtags", "mentions"),
    [
        ("#a #b", 2, 0),
        ("#ünïcode, (#x) and #1st", 3, 0),
        ("#1 is no tag, nor a#b, https://x.example/#c", 0, 0),
        ("@ann and @bob.example", 0, 2),
        ("ann@acme.example", 0, 0),
        ("", 0, 0),
    ],
)
def test_hashtags_and_mentions_are_recognized(text: str, hashtags: int, mentions: int) -> None:
    assert len(PATTERNS[Counted.HASHTAGS].findall(text)) == hashtags
    assert len(PATTERNS[Counted.MENTIONS].findall(text)) == mentions


@pytest.mark.parametrize("name", SCENES)
def test_the_notices_and_limits_of_a_spec_are_consistent(name: str) -> None:
    spec = bench(name).channel.spec
    assert {notice.code for notice in spec.notices} <= set(WarningCode)
    assert all(rule.takes_alt for rule in spec.media_rules if rule.max_alt_length)
    assert len({limit.counted for limit in spec.soft_limits}) == len(spec.soft_limits)
    assert len({rule.kind for rule in spec.media_rules} & set(MediaKind)) == len(spec.media_rules)


def test_every_warning_has_its_row_in_the_docs() -> None:
    rows = (Path(__file__).parents[2] / "docs" / "warnings.md").read_text()
    assert [code for code in WarningCode if f"| `{code}` |" not in rows] == []
