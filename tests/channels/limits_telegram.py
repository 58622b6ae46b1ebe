"""The limits of Telegram for a channel without a storage chat (docs/networks/telegram.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import Limit, media, of
from tests.channels.making import document, draft, image, video

PAIR = "👍"  # counts 2


def picture(text: str = "Hello", **facts: Any) -> Draft:
    return draft(text, media=(image(**facts),))


def poll(*options: str, **more: Any) -> dict[str, Any]:
    return {"options": options or ("yes", "no"), **more}


def entity(offset: int = 0, length: int = 1, kind: str = "bold", **more: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "offset": offset, "length": length, **more}]


def asked(text: str) -> Draft:
    return draft(text, options={"poll": poll()})


AS_DOCUMENTS = of(draft("Hello", media=(document(0), image(1))))(asDocuments=True)
POST, PICTURE = of(draft("Hello")), of(picture())
LIMITS = [
    # texts
    Limit("/text caption_utf16", picture, "text", ["x" * 1024, PAIR * 512], ["x" * 1025, PAIR * 512 + "x"],
          (1024, 1025)),
    Limit("/text question_utf16", draft, "text", [asked("x" * 300)], [asked("x" * 301)], (300, 301)),
    # options
    Limit("/options/entities/0 entity_bounds", POST, "entities", [entity(4), entity(0, 5)], [entity(5), entity(0, 6)],
          (5, 6)),
    Limit("/options/entities/0 entity_cuts", of(draft(f"x{PAIR}y")), "entities",
          [entity(1, 2), entity(0, 3), entity(3, 1)], [entity(2, 2), entity(0, 2)], (3, 2)),
    Limit("/options/entities/0 entity_url", POST, "entities", [entity(kind="text_link", url="https://acme.com")],
          [entity(kind="text_link"), entity(url="https://acme.com")]),
    Limit("/options/poll/anonymous poll_anonymous", POST, "poll", [poll(anonymous=True)], [poll(anonymous=False)],
          ("true", "false")),
    Limit("/options/poll poll_media", PICTURE, "poll", [], [poll()], (0, 1)),
    Limit("/options/entities poll_entities", of(asked("Yes?")), "entities", [], [entity()], (0, 1)),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(10))), media(image(0), video(1))],
          [media(*map(image, range(11))), media(image(0), image(1, mime_type="image/gif"))]),
    Limit("/media/0 MEDIA_PIXELS", picture, "width", [picture(width=5000, height=5000)],
          [picture(width=5000, height=5001)], (10_000, 10_001)),
    Limit("/media visible_bytes", media, "", [media(video(0, bytes=25_000_000), video(1, bytes=25_000_000))],
          [media(video(0, bytes=25_000_000), video(1, bytes=25_000_001))], (50_000_000, 50_000_001)),
    Limit("/media documents_mixed", media, "", [media(document(0), document(1)), AS_DOCUMENTS],
          [media(document(0), image(1))], (1, 2)),
]  # fmt: skip
