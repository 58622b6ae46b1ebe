"""The limits of Nostr (docs/networks/nostr.md, section 4)."""

from __future__ import annotations

from tests.channels.limits import Limit, media, of
from tests.channels.making import draft, image, video

POST = of(draft("Hello"))
LIMITS = [
    # texts
    Limit("/text text_characters", draft, "text", ["x" * 4096, "👍" * 4096], ["x" * 4097], (4096, 4097)),
    Limit("/text not_empty", draft, "text", ["x"], [""]),
    # options
    Limit("/options/contentWarning INVALID_OPTION", POST, "contentWarning", ["x" * 200], ["x" * 201, ""]),
    Limit("/options/hashtags INVALID_OPTION", POST, "hashtags", [["sale"] * 30], [["sale"] * 31]),
    Limit("/options/hashtags/0 INVALID_OPTION", POST, "hashtags", [["sale"]], [["#sale"], ["a b"], [""]]),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(9)), video(9))],
          [media(*map(image, range(11)))]),
]  # fmt: skip
