"""The limits of Bluesky (docs/networks/bluesky.md, section 4)."""

from __future__ import annotations

from tests.channels.limits import Limit, film, gif, media, of, picture
from tests.channels.making import draft, image, video

KEY = "3n342ilh4f622"
FAMILY = "👨‍👩‍👧‍👦"  # one grapheme of 25 bytes
LINK = "https://acme.example/sale"
VTT = "WEBVTT\n\n"


def track(length: int = 20, start: str = VTT, lang: str = "en") -> dict[str, str]:
    """Captions in one language."""
    return {"lang": lang, "text": start.ljust(length, "x")}


POST, FILM = of(draft("Hello")), of(film())
LIMITS = [
    # options
    Limit("/options/tags/1 tag_graphemes", POST, "tags", [["x" * 64]], [["ok", "x" * 65]], (64, 65)),
    Limit("/options/tags/0 tag_bytes", POST, "tags", [[FAMILY * 25]], [[FAMILY * 26]], (640, 650)),
    Limit("/options/tags/0 tag", POST, "tags", [["yes"]], [["#no"], [" "]], (None, None)),
    Limit("/options/replyControl reply_control_alone", POST, "replyControl", [["followers", "mentioned"]],
          [["nobody", "mentioned"]], (None, None)),
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
    Limit("/options/captions video", FILM, "captions", [[track()]],
          [of(given)(captions=[track()]) for given in (draft("Hello"), picture())]),
    Limit("/options/presentation video", FILM, "presentation", ["gif"],
          [of(given)(presentation="gif") for given in (draft("Hello"), picture())]),
    # texts and the link
    Limit("/text text_graphemes", draft, "text", [draft("x" * 300, link=LINK)], [draft("x" * 301, link=LINK)]),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(*map(image, range(10)))],
          [media(*map(image, range(11))), media(video(0), video(1)), media(*gif().media * 2)]),
]  # fmt: skip
