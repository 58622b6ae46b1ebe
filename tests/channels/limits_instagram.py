"""The limits of Instagram (docs/networks/instagram.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.limits import Limit, film, of, picture
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
    Limit("/text TOO_MANY_HASHTAGS", picture, "text", ["#a " * 30, "https://a.example/#x " * 40],
          ["#a " * 31, "#मानसून " * 31]),
    Limit("/text TOO_MANY_MENTIONS", picture, "text", ["@a.b " * 20, "me@acme.example " * 30],
          ["@a.b " * 21, "@a," * 21]),
    # reels
    Limit("/options/thumbOffset INVALID_OPTION", REEL, "thumbOffset", [0, 10_000], [-1, 10_001]),
    # carousels
    Limit("/options/kind KIND_MEDIA_COUNT", CAROUSEL, "kind", ["carousel"], ["reel", carousel(1, kind="carousel")]),
    # stories
    Limit("/text TEXT_UNSUPPORTED", still_story, "text", [""], ["Hello"]),
    Limit("/firstComment FIRST_COMMENT_UNSUPPORTED", still_story, "first_comment", [None], ["y"]),
    # first comments
    Limit("/firstComment TOO_MANY_HASHTAGS", commented, "first_comment", ["a #b #c #d #e"], ["a #b #c #d #e #f"]),
    Limit("/firstComment TOO_MANY_LINKS", commented, "first_comment", [LINKED], [TWICE]),
    Limit("/firstComment COMMENT_CAPITALS", commented, "first_comment", ["OK, go"], ["BUY NOW!"]),
    # options
    Limit("/options/shareToFeed OPTION_NOT_FOR_KIND", REEL, "shareToFeed", [True, carousel(2, shareToFeed=False)],
          [POST(shareToFeed=True), of(story())(shareToFeed=False)]),
    Limit("/options/thumbOffset OPTION_NOT_FOR_KIND", CAROUSEL, "thumbOffset", [], [1]),
    Limit("/options/audioName OPTION_NOT_FOR_KIND", POST, "audioName", [], ["Monsoon"]),
    Limit("/options/trialGraduation OPTION_NOT_FOR_KIND", of(story()), "trialGraduation", [], ["SS_PERFORMANCE"]),
    Limit("/options/collaborators OPTION_NOT_FOR_KIND", of(story()), "collaborators", [POST(collaborators=["a"])],
          [["a"]]),
    # people
    Limit("/options/userTags/1 INVALID_OPTION", POST, "userTags", [[TAG, TAG]], [[TAG, BARE]]),
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
]  # fmt: skip
