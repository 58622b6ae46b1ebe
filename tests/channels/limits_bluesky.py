"""The limits of Bluesky (docs/networks/bluesky.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import OPAQUE, Limit, of
from tests.channels.making import draft, image, video

KEY = "3n342ilh4f622"
FAMILY = "👨‍👩‍👧‍👦"  # one grapheme of 25 bytes
LIST = "at://did:plc:abc/app.bsky.graph.list/x"
LINK = "https://acme.example/sale"
VTT = "WEBVTT\n\n"


def track(length: int = 20, start: str = VTT, lang: str = "en") -> dict[str, str]:
    """Captions in one language."""
    return {"lang": lang, "text": start.ljust(length, "x")}


def picture(**facts: Any) -> Draft:
    return draft("Hello", media=(image(**facts),))


def film(**facts: Any) -> Draft:
    return draft("Hello", media=(video(**facts),))


def gif(**facts: Any) -> Draft:
    return picture(**{"mime_type": "image/gif", "animated": True, **facts})


def rendered(**facts: Any) -> Draft:
    """A picture that is sent as a smaller rendition when it is too large."""
    return picture(**{**OPAQUE, **facts})


def media(*shown: Any) -> Draft:
    return draft("Hello", media=shown)


POST, FILM = of(draft("Hello")), of(film())
LANGUAGE = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
LIMITS = [
    # options
    Limit("/options/langs too_long", POST, "langs", [["en", "hi", "pt-BR"]], [["en", "hi", "pt", "ta"]], (3, 4)),
    Limit("/options/langs/0 string_pattern_mismatch", POST, "langs", [["gsw"]], [["english!"]], (LANGUAGE, "english!")),
    Limit("/options/tags too_long", POST, "tags", [["x"] * 8], [["x"] * 9], (8, 9)),
    Limit("/options/tags/1 tag_graphemes", POST, "tags", [["x" * 64]], [["ok", "x" * 65]], (64, 65)),
    Limit("/options/tags/0 tag_bytes", POST, "tags", [[FAMILY * 25]], [[FAMILY * 26]], (640, 650)),
    Limit("/options/tags/0 tag", POST, "tags", [["yes"]], [["#no"], [" "]], (None, None)),
    Limit("/options/labels/0 literal_error", POST, "labels", [["porn"]], [["spicy"]],
          ("'sexual', 'nudity', 'porn', 'graphic-media' or '!no-unauthenticated'", "spicy")),
    Limit("/options/replyControl too_short", POST, "replyControl", [["nobody"]], [[]], (1, 0)),
    Limit("/options/replyControl too_long", POST, "replyControl",
          [["mentioned", "followers", "following", LIST, LIST]], [[LIST] * 6], (5, 6)),
    Limit("/options/replyControl/0 string_pattern_mismatch", POST, "replyControl", [[LIST]], [["friends"]]),
    Limit("/options/replyControl reply_control_alone", POST, "replyControl", [["followers", "mentioned"]],
          [["nobody", "mentioned"]], (None, None)),
    Limit("/options/quotesAllowed bool_parsing", POST, "quotesAllowed", [False], ["perhaps"], (None, "perhaps")),
    Limit("/options/nonsense extra_forbidden", POST, "nonsense", [], [1], (None, 1)),
    Limit("/options/quote quote", POST, "quote",
          [f"at://did:plc:abc/app.bsky.feed.post/{KEY}", f"at://acme.example/app.bsky.feed.post/{KEY}",
           f"https://bsky.app/profile/acme.example/post/{KEY}",
           f"https://bsky.app/profile/did:plc:abc/post/{KEY}/?ref=x"],
          ["at://did:plc:abc/a.b.c/x", f"at://acme/app.bsky.feed.post/{KEY}",
           "https://bsky.app/profile/acme.example", "https://x.example/1"]),
    # options of a video
    Limit("/options/captions/0/text captions_bytes", FILM, "captions",
          [[track(20_000)], [track(10_004, VTT + "é" * 9_996)]], [[track(20_001)]], (20_000, 20_001)),
    Limit("/options/captions/0/text captions_bytes", FILM, "captions", [], [[track(10_005, VTT + "é" * 9_997)]],
          (20_000, 20_002)),
    Limit("/options/captions/0/text captions_webvtt", FILM, "captions", [[track()], [track(start="\ufeffWEBVTT x")]],
          [[track(start="1\n")], [track(start="WEBVTTx")]], (None, None)),
    Limit("/options/captions too_long", FILM, "captions", [[track()] * 20], [[track()] * 21], (20, 21)),
    Limit("/options/captions/1/lang string_pattern_mismatch", FILM, "captions", [[track(lang="pt-BR")]],
          [[track(), track(lang="e")]], (LANGUAGE, "e")),
    Limit("/options/captions/0/text missing", FILM, "captions", [[]], [[{"lang": "en"}]], (None, None)),
    Limit("/options/captions video", FILM, "captions", [[track()]],
          [of(given)(captions=[track()]) for given in (draft("Hello"), picture())]),
    Limit("/options/presentation video", FILM, "presentation", ["gif"],
          [of(given)(presentation="gif") for given in (draft("Hello"), picture())]),
    Limit("/options/presentation literal_error", FILM, "presentation", ["default"], ["x" * 500],
          ("'default' or 'gif'", None)),  # a long value is not repeated
    # texts and the link
    Limit("/text text_graphemes", draft, "text", ["x" * 300, "é" * 300, draft("x" * 300, link=LINK)],
          ["x" * 301, "é" * 301, draft("x" * 301, link=LINK)], (300, 301)),
    Limit("/text text_bytes", draft, "text", [FAMILY * 120], [FAMILY * 121], (3000, 3025)),
    Limit("/text MISSING_FIELD", draft, "text", ["x", draft(media=(image(),)), draft(link=LINK)], [" \n", ""]),
    Limit("/link INVALID_LINK", draft, "link", [LINK, "http://a.example", "http://[::1]/"],
          ["acme.example", "https://", "http://[::1/"]),
    Limit("/firstComment FIRST_COMMENT_UNSUPPORTED", draft, "first_comment", [], [draft("x", first_comment="y")]),
    Limit("/parts TOO_MANY_PARTS", draft, "parts", [draft("x", parts=("y",) * 24)], [draft("x", parts=("y",) * 25)]),
    Limit("/parts/1 TEXT_TOO_LONG", draft, "parts", [draft("x", parts=("y" * 300,))],
          [draft("x", parts=("y", "y" * 301))]),
    Limit("/parts/1 MISSING_FIELD", draft, "parts", [draft("x", parts=("y",))], [draft("x", parts=("y", " "))]),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(10)))],
          [media(*map(image, range(11))), media(video(0), video(1)), media(*gif().media * 2)]),
    Limit("/media MEDIA_MIXED", media, "", [picture(), gif()],
          [media(image(0), video(1)), media(*gif().media, image(1))]),
    Limit("/media/0 MEDIA_TOO_LARGE", rendered, "bytes", [20_000_000], [20_000_001]),
    Limit("/media/0 MEDIA_ALPHA", picture, "bytes", [2_000_000],
          [picture(bytes=2_000_001, has_alpha=True, animated=False)]),
    Limit("/media/0 MEDIA_TYPE", picture, "mime_type", ["image/png"], ["image/tiff", gif(animated=False)]),
    Limit("/media/0/alt ALT_TOO_LONG", picture, "alt", ["x" * 2000], ["x" * 2001]),
    Limit("/media/0 MEDIA_TOO_LARGE", film, "bytes", [300_000_000, gif(bytes=300_000_000)],
          [300_000_001, gif(bytes=300_000_001)]),
    Limit("/media/0 MEDIA_DURATION", film, "duration_ms", [600_000], [600_001]),
    Limit("/media/0/alt ALT_TOO_LONG", film, "alt", ["x" * 1000], ["x" * 1001]),
    Limit("/media/0 MEDIA_TYPE", film, "mime_type", ["video/quicktime", "video/webm", "video/mpeg"],
          ["video/x-matroska", "video/3gpp", "video/mp2t"]),
]  # fmt: skip
