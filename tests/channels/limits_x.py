"""The limits of X for an account without a subscription (docs/networks/x.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import Limit, media, of, picture
from tests.channels.making import draft, image, video

FAMILY = "👨‍👩‍👧‍👦"  # counts 2
ADDRESS = "https://acme.com/" + "sale/" * 60  # counts 23


def film(**facts: Any) -> Draft:
    return draft("Hello", media=(video(**{"width": 720, "height": 1280, **facts}),))


def poll(*options: str, minutes: int = 60) -> dict[str, Any]:
    return {"options": options or ("yes", "no"), "durationMinutes": minutes}


POST, PICTURE = of(draft("Hello")), of(picture())
FILM = video(1, width=720, height=1280)
LIMITS = [
    # texts
    Limit("/text text_weighted", draft, "text",
          ["x" * 280, FAMILY * 140, "の" * 140, f"{ADDRESS} " + "x" * 256, "acme.com " + "x" * 256, "€" * 140],
          ["x" * 281, FAMILY * 140 + "x", "の" * 140 + "x", f"{ADDRESS} " + "x" * 257, "acme.com " + "x" * 257],
          (280, 281)),
    Limit("/text TOO_MANY_CASHTAGS", draft, "text", ["$ACME and $5, US$ABC", "$ACME"], ["$ACME and $XYZ"], (1, 2)),
    # options
    Limit("/options/quotePostId quotes", POST, "quotePostId", [], ["1860000000000000001"]),
    Limit("/options/poll/options/1 poll_characters", POST, "poll", [poll("a", "b" * 25)], [poll("a", "b" * 26)],
          (25, 26)),
    Limit("/options/poll poll_media", PICTURE, "poll", [], [poll()], (0, 1)),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(4)))],
          [media(*map(image, range(5))), media(FILM, FILM), media(image(0), image(1, mime_type="image/gif"))]),
    Limit("/media/0 MEDIA_PIXELS", film, "width", [film(width=1280, height=1024)],
          [film(width=1281, height=720), film(width=1025, height=1025)], ("1280x1024", "1281x720")),
]  # fmt: skip
