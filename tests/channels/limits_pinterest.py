"""The limits of Pinterest (docs/networks/pinterest.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import Limit
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
    Limit("/link link_length", link, "link", [], [ADDRESS + "x" * (2049 - len(ADDRESS))], (2048, 2049)),
    # options
    Limit("/options/boardId board", pin, "", [], [pin().model_copy(update={"options": {}})], (None, None)),
    Limit("/options/coverTime cover_video", option, "coverTime", [], [1]),
    Limit("/options/coverTime cover_time", film, "", [film({"coverTime": 10})], [film({"coverTime": 11})],
          (10.0, 11)),
    # media
    Limit("/media one_video", media, "", [media(video(0))], [media(video(0), video(1))], (1, 2)),
    Limit("/media/1 carousel_ratio", media, "", [media(image(0), image(1, width=1085))],
          [media(image(0), image(1, width=1100))], (1.0, 1.0185)),
    Limit("/media/0/alt carousel_alt", media, "", [media(image(0, alt="x" * 248), image(1, alt="x" * 249))],
          [media(image(0, alt="x" * 249), image(1, alt="x" * 249))], (500, 501)),
]  # fmt: skip
