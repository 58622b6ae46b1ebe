"""The limits of Discord for a bot's channel (docs/networks/discord.md, section 4)."""

from __future__ import annotations

from typing import Any

from tests.channels.limits import Limit, media, of
from tests.channels.making import document, draft, image, video

PAIR = "👍"  # counts 2
MIB = 1024 * 1024
ID = "1300000000000000009"


def embed(**parts: Any) -> dict[str, Any]:
    return {"title": "Sale", **parts}


POST = of(draft("Hello"))
LIMITS = [
    # texts
    Limit("/text text_utf16", draft, "text", ["x" * 2000, PAIR * 1000], ["x" * 2001, PAIR * 1000 + "x"], (2000, 2001)),
    Limit("/text not_empty", draft, "text", ["x"], [""]),
    # options
    Limit("/options/embed embed_empty", POST, "embed", [embed(), {"description": "x"}], [{}, {"title": " "}]),
    Limit("/options/embed/title INVALID_OPTION", POST, "embed", [embed(title="x" * 256)], [embed(title="x" * 257)]),
    Limit("/options/embed/description INVALID_OPTION", POST, "embed", [embed(description="x" * 4096)],
          [embed(description="x" * 4097)]),
    Limit("/options/embed/url INVALID_OPTION", POST, "embed", [embed(url="https://acme.com")],
          [embed(url="javascript:alert(1)")]),
    Limit("/options/embed/color INVALID_OPTION", POST, "embed", [embed(color=0), embed(color=0xFFFFFF)],
          [embed(color=0x1000000), embed(color=-1)]),
    Limit("/options/mentions/roles INVALID_OPTION", POST, "mentions", [{"roles": [ID] * 100}], [{"roles": [ID] * 101}]),
    Limit("/options/mentions/users/0 INVALID_OPTION", POST, "mentions", [{"users": [ID]}], [{"users": ["@asha"]}]),
    Limit("/options/threadId INVALID_OPTION", POST, "threadId", [ID], ["12", "../12345678901234567"]),
    Limit("/options/username INVALID_OPTION", POST, "username", ["x" * 80], ["x" * 81, ""]),
    Limit("/options/username username_word", POST, "username", ["Acme"], ["My Discord", "CLYDE"]),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(8)), video(8), document(9))],
          [media(*map(image, range(11)))]),
    Limit("/media visible_bytes", media, "",
          [media(video(0, bytes=10 * MIB), video(1, bytes=10 * MIB), document(2, bytes=4 * MIB))],
          [media(video(0, bytes=10 * MIB), video(1, bytes=10 * MIB), document(2, bytes=4 * MIB + 1))],
          (24 * MIB, 24 * MIB + 1)),
]  # fmt: skip
