"""The limits of Threads (docs/networks/threads.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from tests.channels.limits import Limit, film, of, picture
from tests.channels.making import draft

LINK = "https://example.com/sale"


def links(count: int) -> str:
    return " ".join(f"https://example.com/{index}" for index in range(count))


def styled(text: str, *stretches: tuple[int, int], style: str = "bold") -> dict[str, Any]:
    """A text attachment with stretches of a style, by offset and length."""
    styles = [{"offset": offset, "length": length, "styles": [style]} for offset, length in stretches]
    return {"text": text, "styles": styles}


def spoiler(offset: int, length: int = 1) -> dict[str, int]:
    return {"offset": offset, "length": length}


POST, SEEN, CARD = of(draft("Hello")), of(picture("Hi")), of(draft("Hi", link=LINK))
GIF: dict[str, Any] = {"id": "abc"}
FULL = links(5)
ATTACHED = "/options/textAttachment"
INVALID = "INVALID_OPTION"
LIMITS = [
    # links
    Limit("/text TOO_MANY_LINKS", draft, "text",
          [FULL, draft(links(4), link=LINK), draft(FULL, link="https://example.com/0")],
          [links(6), draft(FULL, link=LINK)], reported=(5, 6)),
    Limit("/media/0 MEDIA_BITRATE", film, "", [film(bytes=12_500_000, duration_ms=1000)],
          [film(bytes=12_500_126, duration_ms=1000)]),
    # options
    Limit("/options/poll OPTION_NOT_FOR_KIND", POST, "poll", [], [of_(poll=["a", "b"]) for of_ in (CARD, SEEN)]),
    Limit("/options/gif OPTION_NOT_FOR_KIND", POST, "gif", [], [of_(gif=GIF) for of_ in (CARD, SEEN)]),
    Limit("/options/spoiler OPTION_NOT_FOR_KIND", POST, "spoiler", [SEEN(spoiler=True)], [True]),
    Limit("/text MISSING_FIELD", of(draft("")), "gif", [], [GIF]),
    Limit(f"/options/gif {INVALID}", POST, "gif", [], [POST(gif=GIF, poll=["a", "b"])], reported=(1, 2)),
    # text attachments and stretches; "für" has four bytes, however Threads counts
    Limit(f"{ATTACHED}/link {INVALID}", CARD, "textAttachment", [{"text": "x"}],
          [{"text": "x", "link": "https://b.example"}]),
    Limit("/text TOO_MANY_LINKS", of(draft(FULL)), "textAttachment", [{"text": "x", "link": "https://example.com/0"}],
          [{"text": "x", "link": LINK}]),
    Limit(f"{ATTACHED} {INVALID}", POST, "gif", [], [POST(textAttachment={"text": "x"}, gif=GIF)]),
    Limit(f"{ATTACHED}/styles/0 {INVALID}", POST, "textAttachment",
          [styled("four", (0, 2), (2, 2)), styled("für", (0, 4))],
          [styled("four", (2, 2), (0, 3)), styled("für", (0, 5))], reported=(3, 2)),
    Limit(f"/options/textSpoilers/0 {INVALID}", POST, "textSpoilers", [[spoiler(4)]], [[spoiler(5)]], reported=(5, 6)),
    # chains and comments
    Limit("/parts/0 TOO_MANY_LINKS", draft, "parts", [draft("1", parts=(FULL,))], [(links(6),)]),
]  # fmt: skip
