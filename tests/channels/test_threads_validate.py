"""Each limit of Threads just inside and just outside, and pointers to what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.threads.rules import links_in, weight
from munadi.domain.content import Draft
from munadi.domain.problem import Problem
from tests.channels.making import account, bench, draft, image, video

MIB = 1024 * 1024
FAMILY = "👨‍👩‍👧‍👦"  # one emoji of 25 bytes
LINK = "https://example.com/sale"
RANGE = "INVALID_OPTION"
PLAIN = {"has_alpha": False, "animated": False}


def problems(given: Draft, **account_changes: Any) -> list[Problem]:
    return bench("threads").channel.validate(given, account("threads", "26", **account_changes))


def codes(given: Draft, **account_changes: Any) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in problems(given, **account_changes)]


def post(text: str = "Hello", **options: Any) -> Draft:
    return draft(text, options=options)


def picture(**changes: Any) -> Draft:
    return draft(media=(image(**changes),))


def film(**changes: Any) -> Draft:
    return draft(media=(video(**changes),))


def carousel(count: int) -> Draft:
    return draft(media=tuple(image(index) for index in range(count)))


def links(count: int) -> str:
    return " ".join(f"https://example.com/{index}" for index in range(count))


def styled(text: str, *stretches: tuple[int, int]) -> dict[str, Any]:
    """A text attachment with bold stretches, by offset and length."""
    styles = [{"offset": offset, "length": length, "styles": ["bold"]} for offset, length in stretches]
    return {"text": text, "styles": styles}


def spoiler(offset: int) -> dict[str, int]:
    return {"offset": offset, "length": 1}


@pytest.mark.parametrize(("inside", "outside", "problem"), [
    # texts
    (post("x" * 500), post("x" * 501), ("/text", "TEXT_TOO_LONG")),
    (post("ü" * 500), post("ü" * 501), ("/text", "TEXT_TOO_LONG")),
    (post("日" * 500), post("日" * 501), ("/text", "TEXT_TOO_LONG")),
    (post(FAMILY * 20), post(FAMILY * 20 + "x"), ("/text", "TEXT_TOO_LONG")),
    (post("👍" * 125), post("👍" * 125 + "x"), ("/text", "TEXT_TOO_LONG")),
    (post("❤️" * 83 + "x" * 2), post("❤️" * 83 + "x" * 3), ("/text", "TEXT_TOO_LONG")),
    (post("“" * 500), post("“" * 501), ("/text", "TEXT_TOO_LONG")),
    (post("x"), post("  \n"), ("/text", "MISSING_FIELD")),
    (draft(link=LINK), draft(), ("/text", "MISSING_FIELD")),
    # links
    (post(links(5)), post(links(6)), ("/text", "TOO_MANY_LINKS")),
    (post(links(5)), draft(links(5), link=LINK), ("/text", "TOO_MANY_LINKS")),
    (draft(links(4), link=LINK), draft(links(5), link=LINK), ("/text", "TOO_MANY_LINKS")),
    (draft(links(5), link="https://example.com/0"), draft(links(6)), ("/text", "TOO_MANY_LINKS")),
    (draft("a", link="http://a.example/"), draft("a", link="ftp://a.example/"), ("/link", "INVALID_LINK")),
    (draft("a", link="https://a.example"), draft("a", link="https://"), ("/link", "INVALID_LINK")),
    (draft("a", link="https://a.example"), draft("a", link="https://[::1"), ("/link", "INVALID_LINK")),
    # images
    (picture(bytes=8 * MIB), picture(bytes=8 * MIB + 1), ("/media/0", "MEDIA_ALPHA")),
    (picture(bytes=20_000_000, **PLAIN), picture(bytes=20_000_001, **PLAIN), ("/media/0", "MEDIA_TOO_LARGE")),
    (picture(mime_type="image/png"), picture(mime_type="image/gif"), ("/media/0", "MEDIA_TYPE")),
    (picture(mime_type="image/webp", **PLAIN), picture(mime_type="image/webp", has_alpha=False, animated=True),
     ("/media/0", "MEDIA_ANIMATED")),
    (picture(width=1000, height=100), picture(width=1010, height=100), ("/media/0", "MEDIA_RATIO")),
    (picture(width=100, height=2000), picture(width=2200, height=200), ("/media/0", "MEDIA_RATIO")),
    (picture(width=4000, height=4000), picture(mime_type="image/gif"), ("/media/0", "MEDIA_TYPE")),
    (picture(alt="x" * 1000), picture(alt="x" * 1001), ("/media/0/alt", "ALT_TOO_LONG")),
    # videos
    (film(duration_ms=300_000), film(duration_ms=300_001), ("/media/0", "MEDIA_DURATION")),
    (film(duration_ms=1), film(duration_ms=0), ("/media/0", "MEDIA_DURATION")),
    (film(bytes=1_000_000_000, duration_ms=300_000), film(bytes=1_000_000_001, duration_ms=300_000), ("/media/0",
     "MEDIA_TOO_LARGE")),
    (film(mime_type="video/quicktime"), film(mime_type="video/webm"), ("/media/0", "MEDIA_TYPE")),
    (film(width=1920, height=1080), film(width=1921, height=1080), ("/media/0", "MEDIA_WIDTH")),
    (film(width=1000, height=100), film(width=1010, height=100), ("/media/0", "MEDIA_RATIO")),
    (film(width=10, height=1000), film(width=4, height=1000), ("/media/0", "MEDIA_RATIO")),
    (film(video_codec="hevc"), film(video_codec="vp9"), ("/media/0", "MEDIA_CODEC")),
    (film(audio_codec=None), film(audio_codec="mp3"), ("/media/0", "MEDIA_CODEC")),
    (film(video_codec=None, fps=None), film(fps=61.0), ("/media/0", "MEDIA_FPS")),
    (film(fps=23.0), film(fps=22.0), ("/media/0", "MEDIA_FPS")),
    (film(bytes=12_500_000, duration_ms=1000), film(bytes=12_500_001 + 125, duration_ms=1000), ("/media/0",
     "MEDIA_BITRATE")),
    (film(alt="x" * 1000), film(alt="x" * 1001), ("/media/0/alt", "ALT_TOO_LONG")),
    # carousels
    (carousel(2), carousel(21), ("/media", "MEDIA_TOO_MANY")),
    (carousel(20), carousel(21), ("/media", "MEDIA_TOO_MANY")),
    # options
    (post(topicTag="x" * 50), post(topicTag="x" * 51), ("/options/topicTag", "INVALID_OPTION")),
    (post(topicTag="x"), post(topicTag=""), ("/options/topicTag", "INVALID_OPTION")),
    (post(topicTag="two words"), post(topicTag="  "), ("/options/topicTag", "INVALID_OPTION")),
    (post(topicTag="a-b"), post(topicTag="a.b"), ("/options/topicTag", "INVALID_OPTION")),
    (post(topicTag="a+b"), post(topicTag="a&b"), ("/options/topicTag", "INVALID_OPTION")),
    (post(replyControl="followers_only"), post(replyControl="nobody"), ("/options/replyControl", "INVALID_OPTION")),
    (post(poll=["a", "b"]), post(poll=["a"]), ("/options/poll", "INVALID_OPTION")),
    (post(poll=list("abcd")), post(poll=list("abcde")), ("/options/poll", "INVALID_OPTION")),
    (post(poll=["x" * 25, "b"]), post(poll=["x" * 26, "b"]), ("/options/poll/0", "INVALID_OPTION")),
    (post(poll=["a", "b"]), post(poll=["a", ""]), ("/options/poll/1", "INVALID_OPTION")),
    (post(poll=["a", "b"]), draft("Hi", link=LINK, options={"poll": ["a", "b"]}), ("/options/poll",
     "OPTION_NOT_FOR_KIND")),
    (post(poll=["a", "b"]), draft("Hi", media=(image(),), options={"poll": ["a", "b"]}), ("/options/poll",
     "OPTION_NOT_FOR_KIND")),
    (draft("Hi", media=(image(),), options={"spoiler": True}), post(spoiler=True), ("/options/spoiler",
     "OPTION_NOT_FOR_KIND")),
    (post(quotePostId="1" * 32), post(quotePostId="1" * 33), ("/options/quotePostId", "INVALID_OPTION")),
    (post(quotePostId="18"), post(quotePostId="https://x"), ("/options/quotePostId", "INVALID_OPTION")),
    (draft("Hi", media=(image(),), options={"quotePostId": "18"}), post(quotePostId=""), ("/options/quotePostId",
     "INVALID_OPTION")),
    (post(gif={"id": "abc"}), post(gif={"id": ""}), ("/options/gif/id", "INVALID_OPTION")),
    (post(gif={"id": "abc", "provider": "GIPHY"}), post(gif={"id": "abc", "provider": "TENOR"}),
     ("/options/gif/provider", "INVALID_OPTION")),
    (post(gif={"id": "abc"}), draft("Hi", media=(image(),), options={"gif": {"id": "abc"}}), ("/options/gif",
     "OPTION_NOT_FOR_KIND")),
    (post(gif={"id": "abc"}), draft("Hi", link=LINK, options={"gif": {"id": "abc"}}), ("/options/gif",
     "OPTION_NOT_FOR_KIND")),
    (post(gif={"id": "abc"}), post("", gif={"id": "abc"}), ("/text", "MISSING_FIELD")),
    (post(gif={"id": "a"}), post(gif={"id": "a"}, poll=["a", "b"]), ("/options/gif", "INVALID_OPTION")),
    (post(textAttachment={"text": "x" * 10_000}), post(textAttachment={"text": "x" * 10_001}),
     ("/options/textAttachment/text", "INVALID_OPTION")),
    (post(textAttachment={"text": "x"}), post(textAttachment={"text": ""}), ("/options/textAttachment/text",
     "INVALID_OPTION")),
    (draft("Hi", link=LINK, options={"textAttachment": {"text": "x"}}), draft("Hi", link=LINK,
     options={"textAttachment": {"text": "x", "link": "https://b.example"}}), ("/options/textAttachment/link",
     "INVALID_OPTION")),
    (post(textAttachment={"text": "x", "link": LINK}), post(textAttachment={"text": "x", "link": "ftp://b.example"}),
     ("/options/textAttachment/link", "INVALID_LINK")),
    (post(links(5), textAttachment={"text": "x", "link": "https://example.com/0"}), post(links(5),
     textAttachment={"text": "x", "link": LINK}), ("/text", "TOO_MANY_LINKS")),
    (post(textAttachment={"text": "x"}), post(textAttachment={"text": "x"}, gif={"id": "a"}),
     ("/options/textAttachment", "INVALID_OPTION")),
    (post(textAttachment=styled("four", (0, 2), (2, 2))), post(textAttachment=styled("four", (2, 2), (0, 3))),
     ("/options/textAttachment/styles/0", "INVALID_OPTION")),
    # four bytes, however Threads counts
    (post(textAttachment=styled("für", (0, 4))), post(textAttachment=styled("für", (0, 5))),
     ("/options/textAttachment/styles/0", "INVALID_OPTION")),
    (post(textAttachment=styled("x", (0, 1))), post(textAttachment={"text": "x", "styles": [{"offset": 0, "length": 1,
     "styles": ["blink"]}]}), ("/options/textAttachment/styles/0/styles/0", "INVALID_OPTION")),
    (post("Hello", textSpoilers=[spoiler(4)]), post(textSpoilers=[spoiler(5)]), ("/options/textSpoilers/0", RANGE)),
    (post(textSpoilers=[spoiler(0)] * 10), post(textSpoilers=[spoiler(0)] * 11), ("/options/textSpoilers", RANGE)),
    (post(textSpoilers=[spoiler(0)]), post(textSpoilers=[{"offset": 0, "length": 0}]),
     ("/options/textSpoilers/0/length", "INVALID_OPTION")),
    (post(replyApprovals=True), post(replyApprovals="often"), ("/options/replyApprovals", "INVALID_OPTION")),
    (post(locationId="77"), post(locationId="here"), ("/options/locationId", "INVALID_OPTION")),
    (post(countries=["IN", "DE"]), post(countries=["IN", "de"]), ("/options/countries/1", "INVALID_OPTION")),
    (post(), post(autoPublishText=True), ("/options/autoPublishText", "INVALID_OPTION")),
    # chains and comments
    (draft("1", parts=("x",) * 19), draft("1", parts=("x",) * 20), ("/parts", "TOO_MANY_PARTS")),
    (draft("1", parts=("x" * 500,)), draft("1", parts=("x", "x" * 501)), ("/parts/1", "TEXT_TOO_LONG")),
    (draft("1", parts=(links(5),)), draft("1", parts=(links(6),)), ("/parts/0", "TOO_MANY_LINKS")),
    (draft("1", parts=("x",)), draft("1", parts=("x", " ")), ("/parts/1", "MISSING_FIELD")),
    (draft("1", first_comment="x" * 500), draft("1", first_comment="x" * 501), ("/firstComment", "TEXT_TOO_LONG")),
    (draft("1", first_comment="x"), draft("1", first_comment=" "), ("/firstComment", "MISSING_FIELD")),
])  # fmt: skip
def test_limits(inside: Draft, outside: Draft, problem: tuple[str, str]) -> None:
    assert codes(inside) == []
    assert problem in codes(outside)


def test_every_reply_control_of_meta_is_taken() -> None:
    for control in ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"):
        assert codes(post(replyControl=control)) == []


def test_rule_limit_and_actual_are_reported() -> None:
    (found,) = problems(post("👍" * 126))
    assert (found.rule, found.limit, found.actual) == ("text_emoji_bytes", 500, 504)
    (found,) = problems(post(links(6)))
    assert (found.rule, found.limit, found.actual) == ("links", 5, 6)


def test_replies_need_a_permission_of_their_own() -> None:
    chain = draft("1", parts=("2",), first_comment="3")
    assert codes(chain, scopes=()) == []
    assert codes(chain, scopes=("threads_basic", "threads_manage_replies")) == []
    assert codes(chain, scopes=("threads_basic",)) == [("/parts", "MISSING_SCOPE"), ("/firstComment", "MISSING_SCOPE")]
    assert codes(post(), scopes=("threads_basic",)) == []


def test_what_hangs_on_a_post_is_reported_with_its_limit() -> None:
    (found,) = problems(post(gif={"id": "a"}, poll=["a", "b"]))
    assert (found.rule, found.limit, found.actual) == ("one_attachment", 1, 2)
    (found,) = problems(post(textSpoilers=[spoiler(5)]))
    assert (found.rule, found.limit, found.actual) == ("text_range", 5, 6)
    (found,) = problems(post(textAttachment=styled("four", (0, 3), (2, 1))))
    assert (found.rule, found.limit, found.actual) == ("styles_overlap", 3, 2)


def test_a_location_needs_a_permission_of_its_own() -> None:
    tagged = post(locationId="77")
    assert codes(tagged, scopes=()) == []
    assert codes(tagged, scopes=("threads_basic", "threads_location_tagging")) == []
    assert codes(tagged, scopes=("threads_basic",)) == [("/options/locationId", "MISSING_SCOPE")]


def test_each_media_is_pointed_at() -> None:
    given = draft(media=(image(0), image(1, bytes=20 * MIB), video(2, fps=10.0)))
    assert [pointer for pointer, _ in codes(given)] == ["/media/1", "/media/2"]


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("é", 1), ("👍", 4), ("👍🏽", 8), ("🇮🇳", 8), ("©", 1), ("1", 1), ("❤️", 6)]
)
def test_an_emoji_counts_as_its_bytes(text: str, length: int) -> None:
    assert weight(text) == length


def test_the_same_link_counts_once() -> None:
    assert links_in("See https://a.example/x, (https://a.example/x) and HTTPS://b.example!") == {
        "https://a.example/x",
        "HTTPS://b.example",
    }
