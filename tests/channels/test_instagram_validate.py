"""Each limit just inside and just outside, and pointers to what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.making import account, bench, draft, image, video

MIB = 1024 * 1024
STILL: dict[str, Any] = {"has_alpha": False, "animated": False}


def codes(given: Draft, **facts: Any) -> list[tuple[str, str]]:
    who = account("instagram", "17", facts=facts)
    return [(problem.pointer, problem.code) for problem in bench("instagram").channel.validate(given, who)]


def post(text: str = "Hello", **options: Any) -> Draft:
    return draft(text, media=(image(),), options=options)


def picture(**changes: Any) -> Draft:
    return draft(media=(image(**changes),))


def png(**changes: Any) -> Draft:
    return picture(**({"mime_type": "image/png", **STILL} | changes))


def commented(comment: str, **changes: Any) -> Draft:
    return draft("Hello", media=(image(),), first_comment=comment, **changes)


def reel(options: dict[str, Any] | None = None, **changes: Any) -> Draft:
    return draft(media=(video(**changes),), options=options or {})


def story(options: dict[str, Any] | None = None, **changes: Any) -> Draft:
    return draft(media=(video(**changes),), options={"kind": "story"} | (options or {}))


def carousel(count: int, **options: Any) -> Draft:
    return draft(media=tuple(image(n) if n % 2 else video(n) for n in range(count)), options=options)


def covered(cover: MediaAsset | None = None, **options: Any) -> Draft:
    """A reel and an image beside it, its cover unless `options` say another."""
    return draft(media=(video(0), cover or image(1)), options={"coverIndex": 1} | options)


TAG = {"username": "acme", "x": 0.5, "y": 0.5}


@pytest.mark.parametrize(("inside", "outside", "problem"), [
    (post("x" * 2200), post("x" * 2201), ("/text", "TEXT_TOO_LONG")),
    (post("👍" * 1100), post("👍" * 1101), ("/text", "TEXT_TOO_LONG")),
    (post("#a " * 30), post("#a " * 31), ("/text", "TOO_MANY_HASHTAGS")),
    (post("https://a.example/#x " * 40), post("#मानसून " * 31), ("/text", "TOO_MANY_HASHTAGS")),
    (post("@a.b " * 20), post("@a.b " * 21), ("/text", "TOO_MANY_MENTIONS")),
    (post("me@acme.example " * 30), post("@a," * 21), ("/text", "TOO_MANY_MENTIONS")),
    (post(""), draft("Hello"), ("/media", "MISSING_FIELD")),
    (post(), draft("x", media=(image(),), parts=("y",)), ("/parts", "TOO_MANY_PARTS")),
    # feed images
    (picture(bytes=20_000_000, **STILL), picture(bytes=20_000_001, **STILL), ("/media/0", "MEDIA_TOO_LARGE")),
    (picture(bytes=8 * MIB), picture(bytes=8 * MIB + 1), ("/media/0", "MEDIA_ALPHA")),
    (png(), png(has_alpha=True), ("/media/0", "MEDIA_ALPHA")),
    (png(mime_type="image/webp"), png(mime_type="image/webp", animated=True), ("/media/0", "MEDIA_ANIMATED")),
    (png(), png(mime_type="image/gif"), ("/media/0", "MEDIA_TYPE")),
    (png(), png(mime_type="image/avif"), ("/media/0", "MEDIA_TYPE")),
    (picture(width=1080, height=1350), picture(width=1080, height=1361), ("/media/0", "MEDIA_RATIO")),
    (picture(width=1080, height=566), picture(width=1080, height=563), ("/media/0", "MEDIA_RATIO")),
    (picture(alt="x" * 1000), picture(alt="x" * 1001), ("/media/0/alt", "ALT_TOO_LONG")),
    # reels
    (reel(duration_ms=3_000), reel(duration_ms=2_999), ("/media/0", "MEDIA_DURATION")),
    (reel(duration_ms=900_000), reel(duration_ms=900_001), ("/media/0", "MEDIA_DURATION")),
    (reel(bytes=300_000_000), reel(bytes=300_000_001), ("/media/0", "MEDIA_TOO_LARGE")),
    (reel(mime_type="video/quicktime"), reel(mime_type="video/webm"), ("/media/0", "MEDIA_TYPE")),
    (reel(width=1920, height=1080), reel(width=1921, height=1080), ("/media/0", "MEDIA_WIDTH")),
    (reel(width=1000, height=100), reel(width=1010, height=100), ("/media/0", "MEDIA_RATIO")),
    (reel(video_codec="hevc"), reel(video_codec="vp9"), ("/media/0", "MEDIA_CODEC")),
    (reel(video_codec=None, fps=None), reel(fps=61.0), ("/media/0", "MEDIA_FPS")),
    (reel(fps=60.0), reel(fps=22.0), ("/media/0", "MEDIA_FPS")),
    (reel({"thumbOffset": 10_000}), reel({"thumbOffset": 10_001}), ("/options/thumbOffset", "INVALID_OPTION")),
    (reel({"thumbOffset": 0}), reel({"thumbOffset": -1}), ("/options/thumbOffset", "INVALID_OPTION")),
    # carousels
    (carousel(10), carousel(11), ("/media", "MEDIA_TOO_MANY")),
    (carousel(2, kind="carousel"), carousel(1, kind="carousel"), ("/options/kind", "KIND_MEDIA_COUNT")),
    (carousel(2), carousel(2, kind="reel"), ("/options/kind", "KIND_MEDIA_COUNT")),
    (reel({"kind": "reel"}), reel({"kind": "image"}), ("/media/0", "MEDIA_KIND")),
    # stories
    (story(duration_ms=60_000), story(duration_ms=60_001), ("/media/0", "MEDIA_DURATION")),
    (story(bytes=100_000_000), story(bytes=100_000_001), ("/media/0", "MEDIA_TOO_LARGE")),
    (story(width=100, height=1000), story(width=94, height=1000), ("/media/0", "MEDIA_RATIO")),
    (draft(media=(image(width=100, height=1000),), options={"kind": "story"}), post("Hello", kind="story"), ("/text",
     "TEXT_UNSUPPORTED")),
    # first comments
    (commented("x" * 300), commented("x" * 301), ("/firstComment", "TEXT_TOO_LONG")),
    (commented("x" * 298 + "👍"), commented("x" * 299 + "👍"), ("/firstComment", "TEXT_TOO_LONG")),
    (commented("a #b #c #d #e"), commented("a #b #c #d #e #f"), ("/firstComment", "TOO_MANY_HASHTAGS")),
    (commented("see https://www.acme.example/#a"), commented("see https://acme.example and www.acme.example"),
     ("/firstComment", "TOO_MANY_LINKS")),
    (commented("OK, go"), commented("BUY NOW!"), ("/firstComment", "COMMENT_CAPITALS")),
    (commented("मानसून 100% 🎉"), commented(" \n"), ("/firstComment", "MISSING_FIELD")),
    (draft(media=(image(),), options={"kind": "story"}), draft(media=(image(),), options={"kind": "story"},
     first_comment="y"), ("/firstComment", "FIRST_COMMENT_UNSUPPORTED")),
    # options: networks only pull our copies, so a cover is a moment of the video
    (reel({"thumbOffset": 1}), reel({"coverUrl": "https://a.example/b.jpg"}), ("/options/coverUrl", "INVALID_OPTION")),
    (post(collaborators=["a", "b", "c"]), post(collaborators=list("abcd")), ("/options/collaborators",
     "INVALID_OPTION")),
    (post(locationId="123"), post(locationId="here"), ("/options/locationId", "INVALID_OPTION")),
    (post(userTags=[TAG] * 20), post(userTags=[TAG] * 21), ("/options/userTags", "INVALID_OPTION")),
    (post(userTags=[TAG]), post(userTags=[TAG, {"username": "a"}]), ("/options/userTags/1", "INVALID_OPTION")),
    (post(userTags=[TAG]), post(userTags=[{**TAG, "x": 1.1}]), ("/options/userTags/0/x", "INVALID_OPTION")),
    (reel({"userTags": [{"username": "a"}]}), reel({"userTags": [{"username": "a", "x": 0.5}]}), ("/options/userTags/0",
     "INVALID_OPTION")),
    (reel({"shareToFeed": True}), post(shareToFeed=True), ("/options/shareToFeed", "OPTION_NOT_FOR_KIND")),
    (carousel(2, shareToFeed=False), story({"shareToFeed": False}), ("/options/shareToFeed", "OPTION_NOT_FOR_KIND")),
    (reel({"thumbOffset": 1}), carousel(2, thumbOffset=1), ("/options/thumbOffset", "OPTION_NOT_FOR_KIND")),
    # people in a carousel: 0 is a video, 1 an image
    (carousel(2, userTags=[{**TAG, "mediaIndex": 1}, {"username": "a", "mediaIndex": 0}]), carousel(2, userTags=[{**TAG,
     "mediaIndex": 2}]), ("/options/userTags/0/mediaIndex", "INVALID_OPTION")),
    (post(userTags=[TAG]), carousel(2, userTags=[TAG]), ("/options/userTags/0/mediaIndex", "INVALID_OPTION")),
    (carousel(2, userTags=[{"username": "a", "mediaIndex": 0}]), carousel(2, userTags=[{"username": "a",
     "mediaIndex": 1}]), ("/options/userTags/0", "INVALID_OPTION")),
    (carousel(2, userTags=[{**TAG, "mediaIndex": 1}]), carousel(2, userTags=[{**TAG, "mediaIndex": 0}]),
     ("/options/userTags/0", "INVALID_OPTION")),
    (post(userTags=[TAG]), post(userTags=[{**TAG, "mediaIndex": 0}]), ("/options/userTags/0/mediaIndex",
     "OPTION_NOT_FOR_KIND")),
    # covers
    (covered(), covered(coverIndex=2), ("/options/coverIndex", "INVALID_OPTION")),
    (covered(), covered(coverIndex=0), ("/options/coverIndex", "INVALID_OPTION")),  # the video
    (covered(), covered(thumbOffset=1), ("/options/thumbOffset", "INVALID_OPTION")),
    (covered(), carousel(3, coverIndex=1), ("/options/coverIndex", "OPTION_NOT_FOR_KIND")),
    (covered(image(1, width=90, height=1600)), covered(image(1, mime_type="image/gif")), ("/media/1", "MEDIA_TYPE")),
    (covered(image(1, bytes=20_000_000, **STILL)), covered(image(1, bytes=20_000_001, **STILL)), ("/media/1",
     "MEDIA_TOO_LARGE")),
    # sound and trials
    (reel({"audioName": "Monsoon"}), reel({"audioName": ""}), ("/options/audioName", "INVALID_OPTION")),
    (reel({"audioName": "Monsoon"}), post(audioName="Monsoon"), ("/options/audioName", "OPTION_NOT_FOR_KIND")),
    (reel({"trialGraduation": "MANUAL"}), reel({"trialGraduation": "NEVER"}), ("/options/trialGraduation",
     "INVALID_OPTION")),
    (reel({"trialGraduation": "SS_PERFORMANCE"}), story({"trialGraduation": "SS_PERFORMANCE"}),
     ("/options/trialGraduation", "OPTION_NOT_FOR_KIND")),
    (post(collaborators=["a"]), story({"collaborators": ["a"]}), ("/options/collaborators", "OPTION_NOT_FOR_KIND")),
    (post(isAiGenerated=True), post(isAiGenerated="perhaps"), ("/options/isAiGenerated", "INVALID_OPTION")),
])  # fmt: skip
def test_limits(inside: Draft, outside: Draft, problem: tuple[str, str]) -> None:
    assert codes(inside) == []
    assert problem in codes(outside)


def test_stories_are_for_business_accounts() -> None:
    assert codes(story(), account_type="BUSINESS") == []
    assert codes(story(), account_type="MEDIA_CREATOR") == [("/options/kind", "FEATURE_NOT_ELIGIBLE")]
    assert codes(reel(), account_type="MEDIA_CREATOR") == []


@pytest.mark.parametrize(
    ("login", "scope"),
    [
        (None, "instagram_business_manage_comments"),
        ("instagram", "instagram_business_manage_comments"),
        ("facebook", "instagram_manage_comments"),
    ],
)
def test_a_comment_needs_a_permission_named_by_its_login(login: str | None, scope: str) -> None:
    channel = bench("instagram").channel
    without = account("instagram", "17", login=login, scopes=("something",))
    (problem,) = channel.validate(commented("Hi"), without)
    assert (problem.pointer, problem.code, problem.limit) == ("/firstComment", "MISSING_SCOPE", scope)
    assert channel.validate(post(), without) == []
    for known in ((scope,), ()):
        assert channel.validate(commented("Hi"), without.model_copy(update={"scopes": known})) == []


def test_each_media_is_pointed_at() -> None:
    given = draft(media=(image(0), image(1, bytes=20_000_001, **STILL), video(2, duration_ms=1)))
    assert codes(given) == [("/media/1", "MEDIA_TOO_LARGE"), ("/media/2", "MEDIA_DURATION")]


def test_a_cover_may_stand_before_its_reel() -> None:
    """Each file is pointed at where it was sent."""
    first = draft(media=(image(0), video(1)), options={"coverIndex": 0})
    assert codes(first) == []
    long = draft(media=(image(0), video(1, duration_ms=16 * 60_000)), options={"coverIndex": 0})
    assert codes(long) == [("/media/1", "MEDIA_DURATION")]
    assert codes(draft(media=(image(0), video(1)), options={"coverIndex": 0, "kind": "reel"})) == []


def test_what_is_wrong_with_a_cover_is_reported_with_its_limit() -> None:
    found = bench("instagram").channel.validate(covered(coverIndex=2, kind="reel"), None)
    (wrong,) = [problem for problem in found if problem.rule == "cover_index"]
    assert (wrong.limit, wrong.actual) == (1, 2)
    (wrong,) = bench("instagram").channel.validate(covered(thumbOffset=1), None)
    assert (wrong.rule, wrong.limit, wrong.actual) == ("one_cover", 1, 2)
    (wrong,) = bench("instagram").channel.validate(carousel(2, userTags=[{**TAG, "mediaIndex": 7}]), None)
    assert (wrong.rule, wrong.limit, wrong.actual) == ("user_tag_media", 1, 7)
