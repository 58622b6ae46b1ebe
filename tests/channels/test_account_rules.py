"""Rules that depend on the account or on a setting: what is taken, what is refused, and what is sent again."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.channel import Resend
from munadi.ports import AnyChannel
from tests.channels.limits_tiktok import clip
from tests.channels.limits_youtube import clip as film
from tests.channels.limits_youtube import post, thumbnail
from tests.channels.making import account, bench, draft, image, publication, video
from tests.channels.scene_linkedin import MEMBER
from tests.channels.scene_linkedin import WHO as LINKEDIN_PAGE
from tests.channels.scene_pinterest import BOARD, OPTIONS
from tests.channels.scene_telegram import LOOKING, WHO
from tests.channels.scene_tiktok import CREATOR_INFO
from tests.channels.scene_x import PREMIUM, USER
from tests.channels.scene_x import WHO as BASIC
from tests.channels.scenes import SCENES


def channel(name: str, **settings: Any) -> AnyChannel:
    return bench(name, {**SCENES[name].settings, **settings}).channel


def tiktok(known: bool = True) -> Any:
    return SCENES["tiktok"].account.model_copy(update={"facts": {"creator_info": CREATOR_INFO} if known else {}})


def youtube(status: str | None) -> Any:
    return account("youtube", "UC1", facts={"long_uploads_status": status} if status else {})


def boards(facts: Any) -> Any:
    return account("pinterest", "1", facts={"boards": facts})


def group(*lacks: str) -> Any:
    return WHO.model_copy(update={"facts": {"type": "supergroup", "lacks": list(lacks)}})


def pin(board: str | None) -> Any:
    return publication("Hi", media=(image(),), options={"boardId": board} if board else {})


POLL = {"poll": {"options": ["a", "b"], "durationMinutes": 5}}
QUESTION = {"poll": {"options": ["a"]}}
HIS = "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY"
EVERY = "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, FOLLOWER_OF_CREATOR, SELF_ONLY"
MINE, OTHERS = {BOARD: "Umbrellas"}, f"{BOARD} (Umbrellas)"
LONG, LARGE = draft("x" * 25_000), draft("x", media=(video(width=1920, height=1080),))
QUOTE, PAIR = draft("$ACME and $XYZ", options={"quotePostId": "9"}), (image(0), image(1))
FOUND: list[tuple[str, dict[str, Any], Any, Any, list[tuple[Any, ...]]]] = [
    # X: subscriptions, and apps with an older plan
    *(("x", {}, PREMIUM, given, []) for given in (LONG, LARGE)),
    ("x", {}, BASIC, LONG, [("text_weighted", 280, 25_000)]),
    ("x", {}, PREMIUM, draft("x" * 25_001), [("text_weighted", 25_000, 25_001)]),
    ("x", {}, account("x", USER, facts={"subscription": "Basic"}), draft("x" * 281), [("text_weighted", 280, 281)]),
    ("x", {}, BASIC, QUOTE, [("cashtags",), ("quotes",)]),
    ("x", {"self_serve": "false"}, BASIC, QUOTE, []),
    ("x", {"self_serve": "false"}, BASIC, draft("x", options={"quotePostId": "9", **POLL}), [("poll_quote",)]),
    # Pinterest: the account's boards
    ("pinterest", {}, boards(MINE), pin(BOARD), []),
    ("pinterest", {}, boards(None), pin("17"), []),  # they are not known
    ("pinterest", {}, boards(MINE), pin("17"), [("own_board", OTHERS, "17")]),
    ("pinterest", {}, boards({}), pin("17"), [("own_board", None, "17")]),
    ("pinterest", {}, boards(MINE), pin(None), [("board", OTHERS, None)]),
    ("pinterest", {}, boards(None), pin(None), [("board", None, None)]),
    ("pinterest", {"carousels": False}, None, draft("Hi", media=PAIR, options=OPTIONS), [("carousels",)]),
    # LinkedIn: a page has no connections
    ("linkedin", {}, MEMBER, publication("x", options={"visibility": "CONNECTIONS"}), []),
    ("linkedin", {}, LINKEDIN_PAGE, publication("x", options={"visibility": "CONNECTIONS"}), [("visibility_page",)]),
    # TikTok: the creator's settings as they were last read
    *(("tiktok", {}, who, draft("x", media=(media,)), [("privacy_level", choice)])
      for who, choice in ((None, EVERY), (tiktok(known=False), EVERY), (tiktok(), HIS))
      for media in (video(), image())),
    ("tiktok", {}, tiktok(), clip(options={"privacyLevel": "FOLLOWER_OF_CREATOR"}),
     [("privacy_level", HIS, "FOLLOWER_OF_CREATOR")]),
    ("tiktok", {}, tiktok(), clip(duration_ms=300_000), []),
    ("tiktok", {}, tiktok(), clip(duration_ms=300_001), [("creator_max_duration", 300, 300.001)]),
    # YouTube: a channel without a verified phone number
    *(("youtube", {}, youtube(status), film(duration_ms=900_000), []) for status in ("eligible", "allowed")),
    *(("youtube", {}, youtube(status), film(duration_ms=900_001), [("unverified_duration", 900.0, 900.001)])
      for status in ("eligible", "disallowed")),
    *(("youtube", {}, youtube(status), film(duration_ms=900_001), [])
      for status in ("allowed", "longUploadsUnspecified", None)),
    ("youtube", {}, None, thumbnail(0), [("thumbnail_kind", "image", "video")]),
    # Telegram: what a group does not allow
    ("telegram", {}, group("texts"), draft("x"), [("may_post_texts",)]),
    ("telegram", {}, group("photos", "polls"), draft("x"), []),
    ("telegram", {}, group("videos", "texts"), draft("x", media=(image(0), video(1), video(2))),
     [("may_post_videos",)]),
    ("telegram", {}, group("texts", "photos"), draft("x", media=(image(0),), parts=("y",)),
     [("may_post_texts",), ("may_post_photos",)]),
    ("telegram", {}, group("documents"), draft("x", media=(image(0),), options={"asDocuments": True}),
     [("may_post_documents",)]),
    ("telegram", {}, group("animations"), draft("x", media=(image(0, mime_type="image/gif"),)),
     [("may_post_animations",)]),
    ("telegram", {}, group("polls", "texts"), draft("x?", options=QUESTION), [("may_post_polls",)]),
    *(("telegram", {}, who, draft("x?", options={"poll": {"options": ["a"], "anonymous": False}}), wanted)
      for who, wanted in ((group(), []), (WHO, [("poll_anonymous",)]))),
]  # fmt: skip


@pytest.mark.parametrize("row", FOUND, ids=[f"{row[0]} {number}" for number, row in enumerate(FOUND)])
def test_what_an_account_takes(row: tuple[str, dict[str, Any], Any, Any, list[tuple[Any, ...]]]) -> None:
    name, settings, who, given, wanted = row
    problems = channel(name, **settings).validate(given, who)
    found = [(one.rule, one.limit, one.actual) for one in problems]
    assert [one[: len(rule)] for one, rule in zip(found, wanted, strict=True)] == wanted
    assert not [one for one in problems if one.rule == "privacy_level" and str(one.limit) not in one.message]


@pytest.mark.parametrize(
    ("name", "given", "rules"),
    [
        ("x", draft("x" * 281 + " $ACME $XYZ", media=(image(bytes=25_000_000), video(1)), options={"nosuch": 1}),
         {"text_weighted", "cashtags", "extra_forbidden", "media_mixed", "moving_media", "media_bytes"}),
        ("linkedin", publication("", link="x", first_comment=" ", media=(image(bytes=25_000_000),),
                                 options={"nosuch": 1}), {"link", "not_empty", "media_bytes", "extra_forbidden"}),
        ("tiktok", draft("x" * 2201, media=(video(height=1, fps=5.0),), options={"brandContent": True}, parts=("a",)),
         {"max_parts", "caption_utf16", "media_height", "fps", "privacy_level"}),
        ("youtube", post("<" + "x" * 5000, first_comment="c" * 10_001, media=(), options={"tags": ["x"], "odd": 1}),
         {"description_bytes", "comment_length", "media_min", "made_for_kids", "extra_forbidden"}),
    ],
)  # fmt: skip
def test_every_problem_is_reported_at_once(name: str, given: Any, rules: set[str]) -> None:
    assert {one.rule for one in channel(name).validate(given, SCENES[name].account)} >= rules


TEXT, PICTURE, LATE = draft("Hi"), draft("Hi", media=(image(),)), Resend.ONCE_AFTER_LONG_ABSENCE
SENT_AGAIN = [
    ("x", TEXT, Resend.ONCE_AFTER_ABSENCE), ("x", PICTURE, Resend.ONCE_AFTER_ABSENCE),  # it refuses a copy
    # A pin without words cannot be found.
    *(("pinterest", draft(text, link=link, media=(image(),), options={"title": title} if title else {}), wanted)
      for text, link, title, wanted in (
        ("Hi", None, None, LATE), ("", "https://a.example", None, LATE), ("", None, "Hi", LATE),
        (" ", None, None, Resend.NEVER), ("", None, " ", Resend.NEVER))),
    ("telegram", TEXT, LATE),
    ("discord", TEXT, LATE), ("discord", PICTURE, LATE),  # its nonce is forgotten after minutes
    ("nostr", TEXT, Resend.SAME_HANDLE), ("nostr", PICTURE, Resend.SAME_HANDLE),  # the same event is the same note
    ("tiktok", clip(), Resend.SAME_HANDLE),  # only a file
    *(("tiktok", given, Resend.NEVER) for given in (clip(options={"mode": "pull"}), PICTURE)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "wanted"), SENT_AGAIN)
def test_whether_a_post_is_sent_again(name: str, given: Any, wanted: Resend) -> None:
    assert channel(name).resend(given, "post") is wanted


def test_an_absence_at_telegram_counts_only_after_late_effects() -> None:
    by_default = bench("telegram").channel
    assert by_default.resend(TEXT, "post") is Resend.NEVER
    for settings, seconds in ((LOOKING, 900), ({**LOOKING, "long_absence": 9}, 9)):
        spec = bench("telegram", settings).channel.spec
        assert spec.proof_of_absence(LATE).total_seconds() == seconds
