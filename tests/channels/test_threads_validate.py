"""Each limit of Threads just inside and just outside, and pointers to what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.threads.validate import links_in, weight
from munadi.domain.content import Draft
from munadi.domain.problem import Problem
from tests.channels.making import account, bench, draft, image, video

MIB = 1024 * 1024
FAMILY = "👨‍👩‍👧‍👦"  # one emoji of 25 bytes
LINK = "https://example.com/sale"
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


@pytest.mark.parametrize(
    ("inside", "outside", "problem"),
    [
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
        (
            picture(mime_type="image/webp", **PLAIN),
            picture(mime_type="image/webp", has_alpha=False, animated=True),
            ("/media/0", "MEDIA_ANIMATED"),
        ),
        (picture(width=1000, height=100), picture(width=1010, height=100), ("/media/0", "MEDIA_RATIO")),
        (picture(width=100, height=2000), picture(width=2200, height=200), ("/media/0", "MEDIA_RATIO")),
        (picture(width=4000, height=4000), picture(mime_type="image/gif"), ("/media/0", "MEDIA_TYPE")),
        (picture(alt="x" * 1000), picture(alt="x" * 1001), ("/media/0/alt", "ALT_TOO_LONG")),
        # videos
        (film(duration_ms=300_000), film(duration_ms=300_001), ("/media/0", "MEDIA_DURATION")),
        (film(duration_ms=1), film(duration_ms=0), ("/media/0", "MEDIA_DURATION")),
        (
            film(bytes=1_000_000_000, duration_ms=300_000),
            film(bytes=1_000_000_001, duration_ms=300_000),
            ("/media/0", "MEDIA_TOO_LARGE"),
        ),
        (film(mime_type="video/quicktime"), film(mime_type="video/webm"), ("/media/0", "MEDIA_TYPE")),
        (film(width=1920, height=1080), film(width=1921, height=1080), ("/media/0", "MEDIA_WIDTH")),
        (film(width=1000, height=100), film(width=1010, height=100), ("/media/0", "MEDIA_RATIO")),
        (film(width=10, height=1000), film(width=4, height=1000), ("/media/0", "MEDIA_RATIO")),
        (film(video_codec="hevc"), film(video_codec="vp9"), ("/media/0", "MEDIA_CODEC")),
        (film(audio_codec=None), film(audio_codec="mp3"), ("/media/0", "MEDIA_CODEC")),
        (film(video_codec=None, fps=None), film(fps=61.0), ("/media/0", "MEDIA_FPS")),
        (film(fps=23.0), film(fps=22.0), ("/media/0", "MEDIA_FPS")),
        (
            film(bytes=12_500_000, duration_ms=1000),
            film(bytes=12_500_001 + 125, duration_ms=1000),
            ("/media/0", "MEDIA_BITRATE"),
        ),
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
        (
            post(poll=["a", "b"]),
            draft("Hi", link=LINK, options={"poll": ["a", "b"]}),
            ("/options/poll", "OPTION_NOT_FOR_KIND"),
        ),
        (
            post(poll=["a", "b"]),
            draft("Hi", media=(image(),), options={"poll": ["a", "b"]}),
            ("/options/poll", "OPTION_NOT_FOR_KIND"),
        ),
        (
            draft("Hi", media=(image(),), options={"spoiler": True}),
            post(spoiler=True),
            ("/options/spoiler", "OPTION_NOT_FOR_KIND"),
        ),
        (post(), post(autoPublishText=True), ("/options/autoPublishText", "INVALID_OPTION")),
        # chains and comments
        (draft("1", parts=("x",) * 19), draft("1", parts=("x",) * 20), ("/parts", "TOO_MANY_PARTS")),
        (draft("1", parts=("x" * 500,)), draft("1", parts=("x", "x" * 501)), ("/parts/1", "TEXT_TOO_LONG")),
        (draft("1", parts=(links(5),)), draft("1", parts=(links(6),)), ("/parts/0", "TOO_MANY_LINKS")),
        (draft("1", parts=("x",)), draft("1", parts=("x", " ")), ("/parts/1", "MISSING_FIELD")),
        (
            draft("1", first_comment="x" * 500),
            draft("1", first_comment="x" * 501),
            ("/firstComment", "TEXT_TOO_LONG"),
        ),
        (draft("1", first_comment="x"), draft("1", first_comment=" "), ("/firstComment", "MISSING_FIELD")),
    ],
)
def test_limits(inside: Draft, outside: Draft, problem: tuple[str, str]) -> None:
    assert codes(inside) == []
    assert problem in codes(outside)


def test_every_reply_control_of_meta_is_taken() -> None:
    for control in ("everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"):
        assert codes(post(replyControl=control)) == []


def test_rule_limit_and_actual_are_told() -> None:
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
