"""The limits of Instagram (docs/networks/instagram.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.limits import MIB, OPAQUE, Limit, film, of, opaque, picture
from tests.channels.making import draft, image, video

TAG = {"username": "acme", "x": 0.5, "y": 0.5}
STORY = {"kind": "story"}


def story(**facts: Any) -> Draft:
    return film(options=STORY, **facts)


def still_story(**fields: Any) -> Draft:
    return draft(fields.pop("text", ""), media=(image(),), options=STORY, **fields)


def commented(first_comment: str) -> Draft:
    return draft("Hello", media=(image(),), first_comment=first_comment)


def carousel(count: int, **options: Any) -> Draft:
    """A video, an image, and so on."""
    return draft(media=tuple(image(n) if n % 2 else video(n) for n in range(count)), options=options)


def covered(cover: MediaAsset | None = None, **options: Any) -> Draft:
    """A reel and an image beside it, its cover unless `options` say another."""
    return draft(media=(video(0), cover or image(1)), options={"coverIndex": 1} | options)


def tagged(*indexes: int | None, **tag: Any) -> Draft:
    """People in a carousel of a video and an image."""
    tags = [(tag or TAG) | ({} if index is None else {"mediaIndex": index}) for index in indexes]
    return carousel(2, userTags=tags)


POST, REEL, CAROUSEL = of(picture("Hello")), of(film()), of(carousel(2))
BARE, BESIDE = {"username": "a"}, {"username": "a", "x": 0.5}
LINKED, TWICE = "see https://www.acme.example/#a", "see https://acme.example and www.acme.example"
LIMITS = [
    Limit("/text TEXT_TOO_LONG", picture, "text", ["x" * 2200, "👍" * 1100], ["x" * 2201, "👍" * 1101]),
    Limit("/text TOO_MANY_HASHTAGS", picture, "text", ["#a " * 30, "https://a.example/#x " * 40],
          ["#a " * 31, "#मानसून " * 31]),
    Limit("/text TOO_MANY_MENTIONS", picture, "text", ["@a.b " * 20, "me@acme.example " * 30],
          ["@a.b " * 21, "@a," * 21]),
    Limit("/media MISSING_FIELD", draft, "text", [picture("")], ["Hello"]),
    Limit("/parts TOO_MANY_PARTS", draft, "", [], [draft("x", media=(image(),), parts=("y",))]),
    # feed images
    Limit("/media/0 MEDIA_TOO_LARGE", opaque, "bytes", [20_000_000], [20_000_001]),
    Limit("/media/0 MEDIA_ALPHA", picture, "bytes", [8 * MIB], [8 * MIB + 1]),
    Limit("/media/0 MEDIA_ALPHA", opaque, "has_alpha", [False], [opaque(mime_type="image/png", has_alpha=True)]),
    Limit("/media/0 MEDIA_ANIMATED", opaque, "mime_type", ["image/webp"],
          [opaque(mime_type="image/webp", animated=True)]),
    Limit("/media/0 MEDIA_TYPE", opaque, "mime_type", ["image/jpeg", "image/png"], ["image/gif", "image/avif"]),
    Limit("/media/0 MEDIA_RATIO", picture, "size", [(1080, 1350), (1080, 566)], [(1080, 1361), (1080, 563)]),
    Limit("/media/0/alt ALT_TOO_LONG", picture, "alt", ["x" * 1000], ["x" * 1001]),
    # reels
    Limit("/media/0 MEDIA_DURATION", film, "duration_ms", [3_000, 900_000], [2_999, 900_001]),
    Limit("/media/0 MEDIA_TOO_LARGE", film, "bytes", [300_000_000], [300_000_001]),
    Limit("/media/0 MEDIA_TYPE", film, "mime_type", ["video/quicktime"], ["video/webm"]),
    Limit("/media/0 MEDIA_WIDTH", film, "size", [(1920, 1080)], [(1921, 1080)]),
    Limit("/media/0 MEDIA_RATIO", film, "size", [(1000, 100)], [(1010, 100)]),
    Limit("/media/0 MEDIA_CODEC", film, "video_codec", ["hevc", None], ["vp9"]),
    Limit("/media/0 MEDIA_FPS", film, "fps", [60.0, None], [61.0, 22.0]),
    Limit("/options/thumbOffset INVALID_OPTION", REEL, "thumbOffset", [0, 10_000], [-1, 10_001]),
    Limit("/options/audioName INVALID_OPTION", REEL, "audioName", ["Monsoon"], [""]),
    Limit("/options/trialGraduation INVALID_OPTION", REEL, "trialGraduation", ["MANUAL", "SS_PERFORMANCE"], ["NEVER"]),
    # Networks only pull our copies, so a cover is a moment of the video or one of the media.
    Limit("/options/coverUrl INVALID_OPTION", REEL, "coverUrl", [], ["https://a.example/b.jpg"]),
    # carousels
    Limit("/media MEDIA_TOO_MANY", carousel, "count", [2, 10], [11]),
    Limit("/options/kind KIND_MEDIA_COUNT", CAROUSEL, "kind", ["carousel"], ["reel", carousel(1, kind="carousel")]),
    Limit("/media/0 MEDIA_KIND", REEL, "kind", ["reel"], ["image"]),
    # stories
    Limit("/media/0 MEDIA_DURATION", story, "duration_ms", [60_000], [60_001]),
    Limit("/media/0 MEDIA_TOO_LARGE", story, "bytes", [100_000_000], [100_000_001]),
    Limit("/media/0 MEDIA_RATIO", story, "size", [(100, 1000), picture(options=STORY, size=(100, 1000))], [(94, 1000)]),
    Limit("/text TEXT_UNSUPPORTED", still_story, "text", [""], ["Hello"]),
    Limit("/firstComment FIRST_COMMENT_UNSUPPORTED", still_story, "first_comment", [None], ["y"]),
    # first comments
    Limit("/firstComment TEXT_TOO_LONG", commented, "first_comment", ["x" * 300, "x" * 298 + "👍"],
          ["x" * 301, "x" * 299 + "👍"]),
    Limit("/firstComment TOO_MANY_HASHTAGS", commented, "first_comment", ["a #b #c #d #e"], ["a #b #c #d #e #f"]),
    Limit("/firstComment TOO_MANY_LINKS", commented, "first_comment", [LINKED], [TWICE]),
    Limit("/firstComment COMMENT_CAPITALS", commented, "first_comment", ["OK, go"], ["BUY NOW!"]),
    Limit("/firstComment MISSING_FIELD", commented, "first_comment", ["मानसून 100% 🎉"], [" \n"]),
    # options
    Limit("/options/collaborators INVALID_OPTION", POST, "collaborators", [["a", "b", "c"]], [["a", "b", "c", "d"]]),
    Limit("/options/locationId INVALID_OPTION", POST, "locationId", ["123"], ["here"]),
    Limit("/options/isAiGenerated INVALID_OPTION", POST, "isAiGenerated", [True], ["perhaps"]),
    Limit("/options/shareToFeed OPTION_NOT_FOR_KIND", REEL, "shareToFeed", [True, carousel(2, shareToFeed=False)],
          [POST(shareToFeed=True), of(story())(shareToFeed=False)]),
    Limit("/options/thumbOffset OPTION_NOT_FOR_KIND", CAROUSEL, "thumbOffset", [], [1]),
    Limit("/options/audioName OPTION_NOT_FOR_KIND", POST, "audioName", [], ["Monsoon"]),
    Limit("/options/trialGraduation OPTION_NOT_FOR_KIND", of(story()), "trialGraduation", [], ["SS_PERFORMANCE"]),
    Limit("/options/collaborators OPTION_NOT_FOR_KIND", of(story()), "collaborators", [POST(collaborators=["a"])],
          [["a"]]),
    # people
    Limit("/options/userTags INVALID_OPTION", POST, "userTags", [[TAG] * 20], [[TAG] * 21]),
    Limit("/options/userTags/1 INVALID_OPTION", POST, "userTags", [[TAG, TAG]], [[TAG, BARE]]),
    Limit("/options/userTags/0/x INVALID_OPTION", POST, "userTags", [[{**TAG, "x": 1}]], [[{**TAG, "x": 1.1}]]),
    Limit("/options/userTags/0 INVALID_OPTION", REEL, "userTags", [[BARE]], [[BESIDE]]),
    Limit("/options/userTags/0/mediaIndex INVALID_OPTION", tagged, "", [tagged(1)], [tagged(2), tagged(None)],
          reported=(1, 2)),
    Limit("/options/userTags/0 INVALID_OPTION", tagged, "", [tagged(0, username="a")],
          [tagged(1, username="a"), tagged(0)]),
    Limit("/options/userTags/0/mediaIndex user_tag_media", POST, "userTags", [[TAG]], [[{**TAG, "mediaIndex": 0}]]),
    # covers
    Limit("/options/coverIndex INVALID_OPTION", of(covered()), "coverIndex", [1], [2, 0]),  # 0 is the video
    Limit("/options/coverIndex cover_index", REEL, "coverIndex", [], [1], reported=(0, 1)),
    Limit("/options/thumbOffset one_cover", of(covered()), "thumbOffset", [None], [1], reported=(1, 2)),
    Limit("/options/coverIndex OPTION_NOT_FOR_KIND", carousel, "", [], [carousel(3, coverIndex=1)]),
    Limit("/media/1 MEDIA_TYPE", covered, "", [covered(image(1, width=90, height=1600))],
          [covered(image(1, mime_type="image/gif"))]),
    Limit("/media/1 MEDIA_TOO_LARGE", covered, "", [covered(image(1, bytes=20_000_000, **OPAQUE))],
          [covered(image(1, bytes=20_000_001, **OPAQUE))]),
    # Each file is pointed at where it was sent: a cover may stand before its reel.
    Limit("/media/1 MEDIA_DURATION", covered, "", [draft(media=(image(0), video(1)), options={"coverIndex": 0})],
          [draft(media=(image(0), video(1, duration_ms=900_001)), options={"coverIndex": 0})]),
]  # fmt: skip
