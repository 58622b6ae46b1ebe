"""The limits of LinkedIn (docs/networks/linkedin.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import Limit, media, of, picture
from tests.channels.making import document, draft, image, video


def film(**facts: Any) -> Draft:
    return draft("Hello", media=(video(**{"bytes": 100_000, **facts}),))


def sheet(**facts: Any) -> Draft:
    return draft("Hello", media=(document(**facts),))


def poll(*options: str, **changes: Any) -> dict[str, Any]:
    return {"question": "Well?", "options": options or ("yes", "no"), **changes}


POST, PICTURE, LINK = of(draft("Hello @Acme")), of(picture()), of(draft("Hello", link="https://acme.example"))
PAIR, FILM = media(image(0), image(1)), video(1, bytes=100_000)
URN = "urn:li:organization:1"
LIMITS = [
    # options
    Limit("/options/poll/options/1 poll_characters", POST, "poll", [poll("a", "b" * 30)], [poll("a", "b" * 31)],
          (30, 31)),
    Limit("/options/poll poll_media", PICTURE, "poll", [], [poll()], (0, 1)),
    Limit("/options/poll poll_link", LINK, "poll", [], [poll()]),
    Limit("/options/title OPTION_NOT_FOR_KIND", POST, "title",
          [PICTURE(title="x"), LINK(title="x"), of(sheet())(title="x")], ["x", of(PAIR)(title="x")]),
    Limit("/options/title MISSING_FIELD", of(sheet(name=None)), "title", ["x"], [sheet(name=None)]),
    Limit("/options/mentions/Bazaar INVALID_OPTION", POST, "mentions", [], [{"Bazaar": URN}], ("@Bazaar", None)),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(20)))],
          [media(*map(image, range(21))), media(FILM, FILM), media(document(0), document(1))]),
    Limit("/media/0 MEDIA_PAGES", sheet, "pages", [300, None], [301], (300, 301)),
]  # fmt: skip
