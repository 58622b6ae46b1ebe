"""The limits of LinkedIn (docs/networks/linkedin.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from munadi.domain.document_types import DOCUMENT_TYPES
from tests.channels.limits import OPAQUE, Limit, of
from tests.channels.making import document, draft, image, video


def picture(**facts: Any) -> Draft:
    return draft("Hello", media=(image(**facts),))


def film(**facts: Any) -> Draft:
    return draft("Hello", media=(video(**{"bytes": 100_000, **facts}),))


def sheet(**facts: Any) -> Draft:
    return draft("Hello", media=(document(**facts),))


def media(*shown: Any) -> Draft:
    return draft("Hello", media=shown)


def poll(*options: str, **changes: Any) -> dict[str, Any]:
    return {"question": "Well?", "options": options or ("yes", "no"), **changes}


POST, PICTURE, LINK = of(draft("Hello @Acme")), of(picture()), of(draft("Hello", link="https://acme.example"))
PAIR, FILM = media(image(0), image(1)), video(1, bytes=100_000)
URN = "urn:li:organization:1"
LIMITS = [
    # texts
    Limit("/text text_utf16", draft, "text", ["x" * 3000, "👍" * 1500], ["x" * 3001, "👍" * 1500 + "x"], (3000, 3001)),
    Limit("/text MISSING_FIELD", draft, "text", ["x", draft(media=(image(),))],
          [" \n", "", draft(link="https://acme.example")]),
    Limit("/firstComment TEXT_TOO_LONG", draft, "first_comment", [draft("x", first_comment="y" * 1250)],
          [draft("x", first_comment="y" * 1251)], (1250, 1251)),
    Limit("/firstComment MISSING_FIELD", draft, "first_comment", [], [draft("x", first_comment=" ")]),
    Limit("/parts TOO_MANY_PARTS", draft, "parts", [], [draft("x", parts=("y",))], (1, 2)),
    Limit("/link INVALID_LINK", draft, "link", [draft("x", link="https://acme.com")], [draft("x", link="nonsense")]),
    # options
    Limit("/options/visibility literal_error", POST, "visibility", ["PUBLIC", "CONNECTIONS", "LOGGED_IN"], ["ALL"]),
    Limit("/options/nonsense extra_forbidden", POST, "nonsense", [], [1], (None, 1)),
    Limit("/options/poll/options too_short", POST, "poll", [poll()], [poll("one")], (2, 1)),
    Limit("/options/poll/options too_long", POST, "poll", [poll(*"abcd")], [poll(*"abcde")], (4, 5)),
    Limit("/options/poll/options/1 poll_characters", POST, "poll", [poll("a", "b" * 30)], [poll("a", "b" * 31)],
          (30, 31)),
    Limit("/options/poll/options/0 string_too_short", POST, "poll", [], [poll("", "b")]),
    Limit("/options/poll/question string_too_long", POST, "poll", [poll(question="x" * 140)],
          [poll(question="x" * 141)], (140, 141)),
    Limit("/options/poll/duration literal_error", POST, "poll", [poll(duration="FOURTEEN_DAYS")],
          [poll(duration="TWO_DAYS")]),
    Limit("/options/poll poll_media", PICTURE, "poll", [], [poll()], (0, 1)),
    Limit("/options/poll poll_link", LINK, "poll", [], [poll()]),
    Limit("/options/title OPTION_NOT_FOR_KIND", POST, "title",
          [PICTURE(title="x"), LINK(title="x"), of(sheet())(title="x")], ["x", of(PAIR)(title="x")]),
    Limit("/options/title string_too_long", PICTURE, "title", ["x" * 399], ["x" * 400], (399, 400)),
    Limit("/options/title MISSING_FIELD", of(sheet(name=None)), "title", ["x"], [sheet(name=None)]),
    Limit("/options/mentions/Acme string_pattern_mismatch", POST, "mentions", [{"Acme": URN}],
          [{"Acme": "urn:li:share:1"}, {"Acme": "acme"}]),
    Limit("/options/mentions/a@b string_pattern_mismatch", POST, "mentions", [], [{"a@b": URN}]),
    Limit("/options/mentions/Bazaar INVALID_OPTION", POST, "mentions", [], [{"Bazaar": URN}], ("@Bazaar", None)),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(20)))],
          [media(*map(image, range(21))), media(FILM, FILM), media(document(0), document(1))]),
    Limit("/media MEDIA_MIXED", media, "", [], [media(image(0), FILM), media(document(0), image(1))]),
    Limit("/media/0 MEDIA_TYPE", picture, "mime_type", ["image/png", "image/gif"], ["image/tiff", "image/avif"]),
    Limit("/media/0 MEDIA_ALPHA", lambda **facts: picture(**{**OPAQUE, "mime_type": "image/webp", **facts}),
          "has_alpha", [False], [True]),
    Limit("/media/0 MEDIA_TOO_LARGE", lambda **facts: picture(**{**OPAQUE, **facts}), "bytes", [20_000_000],
          [20_000_001]),
    Limit("/media/0 MEDIA_PIXELS", picture, "width", [picture(width=6000, height=6000)],
          [picture(width=6013, height=6013)], (36_152_319, 36_156_169)),
    Limit("/media/0/alt ALT_TOO_LONG", picture, "alt", ["x" * 4086], ["x" * 4087], (4086, 4087)),
    Limit("/media/0 MEDIA_TYPE", film, "mime_type", ["video/mp4"], ["video/quicktime"]),
    Limit("/media/0 MEDIA_TOO_SMALL", film, "bytes", [75_000], [74_999], (75_000, 74_999)),
    Limit("/media/0 MEDIA_TOO_LARGE", film, "bytes", [500_000_000], [500_000_001], (500_000_000, 500_000_001)),
    Limit("/media/0 MEDIA_DURATION", film, "duration_ms", [3000, 1_800_000], [2999, 1_800_001]),
    Limit("/media/0 MEDIA_TYPE", sheet, "mime_type", list(DOCUMENT_TYPES), ["application/zip"]),
    Limit("/media/0 MEDIA_TOO_LARGE", sheet, "bytes", [100_000_000], [100_000_001], (100_000_000, 100_000_001)),
    Limit("/media/0 MEDIA_PAGES", sheet, "pages", [300, None], [301], (300, 301)),
]  # fmt: skip
