"""The limits of Pinterest (docs/networks/pinterest.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import OPAQUE, Limit
from tests.channels.making import draft, image, video

BOARD = {"boardId": "549755885175000001"}


def pin(text: str = "Hello", options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    return draft(text, media=(image(**facts),), options=BOARD | (options or {}))


def film(options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    return draft("Hello", media=(video(**facts),), options=BOARD | (options or {}))


def media(*shown: Any) -> Draft:
    return draft("Hello", media=shown, options=BOARD)


def option(**changes: Any) -> Draft:
    return pin(options=changes)


def link(link: str) -> Draft:
    return pin().model_copy(update={"link": link})


ADDRESS = "https://acme.com/"
LIMITS = [
    # texts and links
    Limit("/text description_characters", pin, "text", ["x" * 800, "👍" * 800, ""], ["x" * 801], (800, 801)),
    Limit("/link INVALID_LINK", link, "link", [ADDRESS + "x" * (2048 - len(ADDRESS))], ["acme.com", "ftp://acme.com"]),
    Limit("/link link_length", link, "link", [], [ADDRESS + "x" * (2049 - len(ADDRESS))], (2048, 2049)),
    Limit("/firstComment FIRST_COMMENT_UNSUPPORTED", pin, "", [],
          [pin().model_copy(update={"first_comment": "More"})]),
    Limit("/parts TOO_MANY_PARTS", pin, "", [], [pin().model_copy(update={"parts": ("More",)})], (1, 2)),
    # options
    Limit("/options/boardId board", pin, "", [], [pin().model_copy(update={"options": {}})], (None, None)),
    Limit("/options/boardId string_pattern_mismatch", option, "boardId", ["1"], ["acme/umbrellas", ""]),
    Limit("/options/boardSectionId string_pattern_mismatch", option, "boardSectionId", ["1"], ["one"]),
    Limit("/options/title string_too_long", option, "title", ["x" * 100], ["x" * 101], (100, 101)),
    Limit("/options/dominantColor string_pattern_mismatch", option, "dominantColor", ["#6E7874"], ["teal", "#6E787"]),
    Limit("/options/coverTime cover_video", option, "coverTime", [], [1]),
    Limit("/options/coverTime cover_time", film, "", [film({"coverTime": 10})], [film({"coverTime": 11})],
          (10.0, 11)),
    Limit("/options/coverTime greater_than_equal", film, "", [film({"coverTime": 0})], [film({"coverTime": -1})],
          (0, -1)),
    Limit("/options/nonsense extra_forbidden", option, "nonsense", [], [1], (None, 1)),
    # media
    Limit("/media media_min", media, "", [media(image())], [media()], (1, 0)),
    Limit("/media media_max", media, "", [media(*map(image, range(5)))], [media(*map(image, range(6)))], (5, 6)),
    Limit("/media MEDIA_MIXED", media, "", [], [media(image(0), video(1))]),
    Limit("/media one_video", media, "", [media(video(0))], [media(video(0), video(1))], (1, 2)),
    Limit("/media/1 carousel_ratio", media, "", [media(image(0), image(1, width=1085))],
          [media(image(0), image(1, width=1100))], (1.0, 1.0185)),
    Limit("/media/0/alt carousel_alt", media, "", [media(image(0, alt="x" * 248), image(1, alt="x" * 249))],
          [media(image(0, alt="x" * 249), image(1, alt="x" * 249))], (500, 501)),
    Limit("/media/0 MEDIA_TYPE", pin, "mime_type", ["image/png", pin(**OPAQUE, mime_type="image/webp")],
          ["image/gif", "image/tiff"]),
    Limit("/media/0 MEDIA_ALPHA", pin, "", [], [pin(mime_type="image/webp", has_alpha=True, animated=False)]),
    Limit("/media/0 MEDIA_TOO_LARGE", pin, "bytes", [20_000_000], [20_000_001], (20_000_000, 20_000_001)),
    Limit("/media/0 MEDIA_WIDTH", pin, "width", [100], [99], (100, 99)),
    Limit("/media/0 min_height", pin, "height", [100], [99], (100, 99)),
    Limit("/media/0/alt ALT_TOO_LONG", pin, "alt", ["x" * 500], ["x" * 501], (500, 501)),
    Limit("/media/0 MEDIA_TYPE", film, "mime_type", ["video/quicktime", "video/x-m4v"], ["video/webm"]),
    Limit("/media/0 MEDIA_TOO_LARGE", film, "bytes", [2_000_000_000], [2_000_000_001], (2_000_000_000, 2_000_000_001)),
    Limit("/media/0 MEDIA_DURATION", film, "duration_ms", [4_000, 900_000], [3_999, 900_001]),
    Limit("/media/0 MEDIA_RATIO", film, "", [film(width=500, height=1000), film(width=1910, height=1000)],
          [film(width=490, height=1000), film(width=1920, height=1000)]),
    Limit("/media/0 MEDIA_CODEC", film, "video_codec", ["h264", "hevc"], ["vp9"], ("h264, hevc", "vp9")),
]  # fmt: skip
