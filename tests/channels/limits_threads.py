"""The limits of Threads (docs/networks/threads.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import MIB, Limit, film, of, opaque, picture
from tests.channels.making import draft, image

FAMILY = "👨‍👩‍👧‍👦"  # one emoji of 25 bytes
LINK = "https://example.com/sale"


def carousel(count: int) -> Draft:
    return draft(media=tuple(image(index) for index in range(count)))


def links(count: int) -> str:
    return " ".join(f"https://example.com/{index}" for index in range(count))


def linked(link: str) -> Draft:
    return draft("a", link=link)


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
    # texts
    Limit("/text text_code_points", draft, "text", ["x" * 500, "ü" * 500, "日" * 500, "“" * 500],
          ["x" * 501, "ü" * 501, "日" * 501, "“" * 501]),
    Limit("/text text_emoji_bytes", draft, "text", [FAMILY * 20, "👍" * 125, "❤️" * 83 + "x" * 2],
          ["👍" * 126, "👍" * 125 + "x", FAMILY * 20 + "x", "❤️" * 83 + "x" * 3], reported=(500, 504)),
    Limit("/text MISSING_FIELD", draft, "text", ["x", draft(link=LINK), picture()], ["  \n", ""]),
    # links
    Limit("/text TOO_MANY_LINKS", draft, "text",
          [FULL, draft(links(4), link=LINK), draft(FULL, link="https://example.com/0")],
          [links(6), draft(FULL, link=LINK)], reported=(5, 6)),
    Limit("/link INVALID_LINK", linked, "link", ["http://a.example/", "https://a.example"],
          ["ftp://a.example/", "https://", "https://[::1"]),
    # images
    Limit("/media/0 MEDIA_ALPHA", picture, "bytes", [8 * MIB], [8 * MIB + 1]),
    Limit("/media/0 MEDIA_TOO_LARGE", opaque, "bytes", [20_000_000], [20_000_001]),
    Limit("/media/0 MEDIA_TYPE", opaque, "mime_type", ["image/png", "image/webp"], ["image/gif"]),
    Limit("/media/0 MEDIA_ANIMATED", opaque, "", [], [opaque(mime_type="image/webp", animated=True)]),
    Limit("/media/0 MEDIA_RATIO", picture, "size", [(1000, 100), (100, 2000), (4000, 4000)], [(1010, 100)]),
    Limit("/media/0/alt ALT_TOO_LONG", picture, "alt", ["x" * 1000], ["x" * 1001]),
    # videos
    Limit("/media/0 MEDIA_DURATION", film, "duration_ms", [1, 300_000], [0, 300_001]),
    Limit("/media/0 MEDIA_TOO_LARGE", film, "", [film(bytes=1_000_000_000, duration_ms=300_000)],
          [film(bytes=1_000_000_001, duration_ms=300_000)]),
    Limit("/media/0 MEDIA_TYPE", film, "mime_type", ["video/quicktime"], ["video/webm"]),
    Limit("/media/0 MEDIA_WIDTH", film, "size", [(1920, 1080)], [(1921, 1080)]),
    Limit("/media/0 MEDIA_RATIO", film, "size", [(1000, 100), (10, 1000)], [(1010, 100), (4, 1000)]),
    Limit("/media/0 MEDIA_CODEC", film, "video_codec", ["hevc", None], ["vp9"]),
    Limit("/media/0 MEDIA_CODEC", film, "audio_codec", [None], ["mp3"]),
    Limit("/media/0 MEDIA_FPS", film, "fps", [23.0, None], [22.0, 61.0]),
    Limit("/media/0 MEDIA_BITRATE", film, "", [film(bytes=12_500_000, duration_ms=1000)],
          [film(bytes=12_500_126, duration_ms=1000)]),
    Limit("/media/0/alt ALT_TOO_LONG", film, "alt", ["x" * 1000], ["x" * 1001]),
    Limit("/media MEDIA_TOO_MANY", carousel, "count", [2, 20], [21]),
    # options
    Limit(f"/options/topicTag {INVALID}", POST, "topicTag", ["x" * 50, "x", "two words", "a-b", "a+b"],
          ["x" * 51, "", "  ", "a.b", "a&b"]),
    Limit(f"/options/replyControl {INVALID}", POST, "replyControl",
          ["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"],
          ["nobody"]),
    Limit(f"/options/poll {INVALID}", POST, "poll", [["a", "b"], list("abcd")], [["a"], list("abcde")]),
    Limit(f"/options/poll/1 {INVALID}", POST, "poll", [["a", "x" * 25]], [["a", "x" * 26], ["a", ""]]),
    Limit(f"/options/quotePostId {INVALID}", POST, "quotePostId", ["1" * 32, SEEN(quotePostId="18")],
          ["1" * 33, "https://x", ""]),
    Limit(f"/options/gif/id {INVALID}", POST, "gif", [GIF], [{"id": ""}]),
    Limit(f"/options/gif/provider {INVALID}", POST, "gif", [{**GIF, "provider": "GIPHY"}],
          [{**GIF, "provider": "TENOR"}]),
    Limit("/options/poll OPTION_NOT_FOR_KIND", POST, "poll", [], [of_(poll=["a", "b"]) for of_ in (CARD, SEEN)]),
    Limit("/options/gif OPTION_NOT_FOR_KIND", POST, "gif", [], [of_(gif=GIF) for of_ in (CARD, SEEN)]),
    Limit("/options/spoiler OPTION_NOT_FOR_KIND", POST, "spoiler", [SEEN(spoiler=True)], [True]),
    Limit("/text MISSING_FIELD", of(draft("")), "gif", [], [GIF]),
    Limit(f"/options/gif {INVALID}", POST, "gif", [], [POST(gif=GIF, poll=["a", "b"])], reported=(1, 2)),
    Limit(f"/options/replyApprovals {INVALID}", POST, "replyApprovals", [True], ["often"]),
    Limit(f"/options/locationId {INVALID}", POST, "locationId", ["77"], ["here"]),
    Limit(f"/options/countries/1 {INVALID}", POST, "countries", [["IN", "DE"]], [["IN", "de"]]),
    Limit(f"/options/autoPublishText {INVALID}", POST, "autoPublishText", [], [True]),
    # text attachments and stretches; "für" has four bytes, however Threads counts
    Limit(f"{ATTACHED}/text {INVALID}", POST, "textAttachment", [{"text": "x" * 10_000}],
          [{"text": "x" * 10_001}, {"text": ""}]),
    Limit(f"{ATTACHED}/link {INVALID}", CARD, "textAttachment", [{"text": "x"}],
          [{"text": "x", "link": "https://b.example"}]),
    Limit(f"{ATTACHED}/link INVALID_LINK", POST, "textAttachment", [{"text": "x", "link": LINK}],
          [{"text": "x", "link": "ftp://b.example"}]),
    Limit("/text TOO_MANY_LINKS", of(draft(FULL)), "textAttachment", [{"text": "x", "link": "https://example.com/0"}],
          [{"text": "x", "link": LINK}]),
    Limit(f"{ATTACHED} {INVALID}", POST, "gif", [], [POST(textAttachment={"text": "x"}, gif=GIF)]),
    Limit(f"{ATTACHED}/styles/0 {INVALID}", POST, "textAttachment",
          [styled("four", (0, 2), (2, 2)), styled("für", (0, 4))],
          [styled("four", (2, 2), (0, 3)), styled("für", (0, 5))], reported=(3, 2)),
    Limit(f"{ATTACHED}/styles/0/styles/0 {INVALID}", POST, "textAttachment", [styled("x", (0, 1))],
          [styled("x", (0, 1), style="blink")]),
    Limit(f"/options/textSpoilers/0 {INVALID}", POST, "textSpoilers", [[spoiler(4)]], [[spoiler(5)]], reported=(5, 6)),
    Limit(f"/options/textSpoilers {INVALID}", POST, "textSpoilers", [[spoiler(0)] * 10], [[spoiler(0)] * 11]),
    Limit(f"/options/textSpoilers/0/length {INVALID}", POST, "textSpoilers", [], [[spoiler(0, 0)]]),
    # chains and comments
    Limit("/parts TOO_MANY_PARTS", draft, "parts", [draft("1", parts=("x",) * 19)], [("x",) * 20]),
    Limit("/parts/1 TEXT_TOO_LONG", draft, "parts", [draft("1", parts=("x", "x" * 500))], [("x", "x" * 501)]),
    Limit("/parts/0 TOO_MANY_LINKS", draft, "parts", [draft("1", parts=(FULL,))], [(links(6),)]),
    Limit("/parts/1 MISSING_FIELD", draft, "parts", [], [("x", " ")]),
    Limit("/firstComment TEXT_TOO_LONG", draft, "first_comment", [draft("1", first_comment="x" * 500)], ["x" * 501]),
    Limit("/firstComment MISSING_FIELD", draft, "first_comment", [], [" "]),
]  # fmt: skip
