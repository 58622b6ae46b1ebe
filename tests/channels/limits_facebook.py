"""The limits of Facebook Pages (docs/networks/facebook.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.limits import Limit, of, picture, sized
from tests.channels.making import draft, image, video

UPRIGHT: dict[str, Any] = {"size": (1080, 1920), "bytes": 5_000}
WIDE: dict[str, Any] = {"size": (1920, 1080), "bytes": 5_000}


def clip(index: int = 0, **facts: Any) -> MediaAsset:
    return sized(video, {"index": index, **UPRIGHT, **facts})


def reel(**facts: Any) -> Draft:
    return draft("x", media=(clip(**facts),), options={"kind": "reel"})


def film(**facts: Any) -> Draft:
    return draft("x", media=(clip(**WIDE | facts),), options={"kind": "video"})


def story(asset: MediaAsset | None = None, text: str = "", **facts: Any) -> Draft:
    """Of a video with these facts by default."""
    return draft(text, media=(asset or clip(**facts),), options={"kind": "story"})


def covered(cover: MediaAsset, index: int = 1, **options: Any) -> Draft:
    return draft("x", media=(clip(), cover), options={"coverIndex": index, **options})


def photos(count: int) -> Draft:
    return draft("x", media=tuple(image(index) for index in range(count)))


def link(url: str) -> Draft:
    return draft("x", link=url)


POST, REEL, FILM = of(draft("x")), of(reel()), of(film())
LIMITS = [
    Limit("/text content", draft, "text", ["x", draft("", link="https://acme.example/"), photos(1)], ["", " \n"]),
    Limit("/link link_host", link, "url",
          ["https://acme.example/", "https://notfacebook.com/", draft("x https://facebook.com/a", media=(image(),))],
          ["https://facebook.com/a", "https://www.facebook.com/a", "https://m.FACEBOOK.com/a", "https://fb.com/a",
           "https://fb.watch/a", "https://fb.me/a", "https://scontent.xx.fbcdn.net/a.jpg"]),
    # photos
    Limit("/media/0 media_ratio", picture, "size", [(4000, 100)], []),
    Limit("/media/0 alt_length", picture, "alt", ["x" * 5_000], []),
    # reels
    Limit("/media/0 media_min_height", reel, "size", [], [(540, 959)]),
    Limit("/media/0 fps", reel, "fps", [23.976, 60.0, None], [23.9, 60.1], reported=("24-60", 23.9)),
    Limit("/media/0 video_codec", reel, "video_codec", ["h264", "hevc", "vp9", "av1", None], ["mpeg4"]),
    Limit("/media/0 audio_codec", reel, "audio_codec", ["aac", None], ["mp3"]),
    Limit("/media/0 video_min_bytes", reel, "bytes", [1_024], [1_023]),
    Limit("/options/kind kind_media", of(photos(1)), "kind", ["post", reel(), film()], ["reel", "video"]),
    Limit("/options/kind kind_media", of(film()), "kind", ["video"], ["post"]),
    Limit("/options/kind kind_media_count", of(draft("x")), "kind", [], ["reel", draft("x", media=(clip(0), clip(1)))]),
    # videos
    Limit("/media/0 video_min_bytes", film, "bytes", [1_024], [1_000]),
    Limit("/media/0 video_codec", film, "video_codec", ["mpeg4"], []),
    Limit("/media/0 fps", film, "fps", [12.0], []),
    # stories
    Limit("/options/kind kind_media_count", story, "", [], [of(photos(n))(kind="story") for n in (0, 2)]),
    Limit("/text story_text", story, "text", [""], ["x"]),
    Limit("/firstComment story_comment", story, "", [],
          [draft("", media=(image(),), options={"kind": "story"}, first_comment="x")]),
    Limit("/media/0 video_min_bytes", story, "bytes", [1_024], [1_023]),
    # covers
    Limit("/options/coverIndex option_kind", of(photos(2)), "coverIndex", [], [1, covered(image(1), kind="story")]),
    Limit("/options/coverIndex cover_index", of(covered(image(1))), "coverIndex", [], [2]),
    Limit("/options/coverIndex cover_kind", of(covered(image(1))), "coverIndex",
          [draft("x", media=(image(1), clip()), options={"coverIndex": 0}),
           draft("x", media=(clip(**WIDE), image(1)), options={"coverIndex": 1, "kind": "video"})], [0]),
    # options
    Limit("/options/title option_kind", POST, "title", [REEL(title="t"), film(), FILM(title="t")],
          ["t", of(story(image()))(title="t")]),
    Limit("/options/place option_kind", FILM, "place", [POST(place="123456789"), REEL(place="1")], ["1"]),
    Limit("/options/isAiGenerated option_kind", FILM, "isAiGenerated", [REEL(isAiGenerated=True)],
          [False, POST(isAiGenerated=True)]),
]  # fmt: skip
