"""The default limits of Mastodon (docs/networks/mastodon.md, section 4)."""

from __future__ import annotations

from typing import Any

from tests.channels.limits import Limit, media, of, picture
from tests.channels.making import draft, image, video

FAMILY = "👨‍👩‍👧‍👦"  # one grapheme
ADDRESS = "https://acme.example/" + "sale/" * 30  # counts as 23
MENTION = "@acme@social.example"  # counts as 5


def poll(*options: str, seconds: int = 3600) -> dict[str, Any]:
    return {"options": options or ("yes", "no"), "expiresIn": seconds}


POST, PICTURE = of(draft("Hello")), of(picture())
LIMITS = [
    # texts
    Limit("/text text_characters", draft, "text", ["x" * 500, FAMILY * 500, f"{ADDRESS} " + "x" * 476,
          f"{MENTION} " + "x" * 494, "http://localhost " + "x" * 483,
          f"({ADDRESS}). " + "x" * 473],
          ["x" * 501, FAMILY * 501, f"{ADDRESS} " + "x" * 477, f"{MENTION} " + "x" * 495,
           "http://localhost " + "x" * 484], (500, 501)),
    Limit("/text text_characters", of(draft("x" * 400)), "contentWarning", ["x" * 100], ["x" * 101], (500, 501)),
    # options
    Limit("/options/poll/options poll_options", POST, "poll", [poll(*"abcd")], [poll(*"abcde")], (4, 5)),
    Limit("/options/poll/options/1 poll_characters", POST, "poll", [poll("a", FAMILY * 50)], [poll("a", "b" * 51)],
          (50, 51)),
    Limit("/options/poll/options/2 poll_distinct", POST, "poll", [], [poll("a", "b", "a")], (1, 2)),
    Limit("/options/poll/expiresIn poll_seconds", POST, "poll", [poll(seconds=300), poll(seconds=2_629_746)],
          [poll(seconds=299), poll(seconds=2_629_747)], ("300-2629746", 299)),
    Limit("/options/poll poll_media", PICTURE, "poll", [], [poll()], (0, 1)),
    Limit("/options/focus/0/media focus_media", PICTURE, "focus", [], [[{"media": 1, "x": 0, "y": 0}]], (0, 1)),
    Limit("/options/focus/1/media focus_once", PICTURE, "focus", [], [[{"media": 0, "x": 0, "y": 0}] * 2], (1, 2)),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(4)))],
          [media(*map(image, range(5))), media(video(0), video(1))]),
]  # fmt: skip
