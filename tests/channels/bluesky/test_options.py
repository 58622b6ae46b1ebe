"""Each option just inside and just outside; a refusal says where, which rule, what is allowed and what was given."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.content import Draft
from munadi.domain.problem import Problem
from tests.channels.making import bench, draft, image, video

KEY = "3n342ilh4f622"
FAMILY = "👨‍👩‍👧‍👦"  # one grapheme of 25 bytes
LIST = "at://did:plc:abc/app.bsky.graph.list/x"
VTT = "WEBVTT\n\n"


def track(length: int = 20, start: str = VTT, lang: str = "en") -> dict[str, str]:
    return {"lang": lang, "text": start.ljust(length, "x")}


def problems(options: dict[str, Any], *media: Any) -> list[Problem]:
    return bench("bluesky").channel.validate(draft("Hello", options=options, media=media), None)


@pytest.mark.parametrize(("inside", "outside", "pointer", "rule", "limit", "actual"), [
    ({"langs": ["en", "hi", "pt-BR"]}, {"langs": ["en", "hi", "pt", "ta"]}, "/langs", "too_long", 3, 4),
    ({"langs": ["gsw"]}, {"langs": ["english!"]}, "/langs/0", "string_pattern_mismatch", ..., "english!"),
    ({"tags": ["x"] * 8}, {"tags": ["x"] * 9}, "/tags", "too_long", 8, 9),
    ({"tags": ["x" * 64]}, {"tags": ["ok", "x" * 65]}, "/tags/1", "tag_graphemes", 64, 65),
    ({"tags": [FAMILY * 25]}, {"tags": [FAMILY * 26]}, "/tags/0", "tag_bytes", 640, 650),
    ({"tags": ["yes"]}, {"tags": ["#no"]}, "/tags/0", "tag", None, None),
    ({"tags": ["yes"]}, {"tags": [" "]}, "/tags/0", "tag", None, None),
    ({"labels": ["porn"]}, {"labels": ["spicy"]}, "/labels/0", "literal_error", ..., "spicy"),
    ({"replyControl": ["nobody"]}, {"replyControl": []}, "/replyControl", "too_short", 1, 0),
    ({"replyControl": ["mentioned", "followers", "following", LIST, LIST]}, {"replyControl": [LIST] * 6},
     "/replyControl", "too_long", 5, 6),
    ({"replyControl": [LIST]}, {"replyControl": ["friends"]}, "/replyControl/0", "string_pattern_mismatch", ...,
     "friends"),
    ({"replyControl": ["followers", "mentioned"]}, {"replyControl": ["nobody", "mentioned"]}, "/replyControl",
     "reply_control_alone", None, None),
    ({"quotesAllowed": False}, {"quotesAllowed": "perhaps"}, "/quotesAllowed", "bool_parsing", None, "perhaps"),
    ({}, {"nonsense": 1}, "/nonsense", "extra_forbidden", None, 1),
])  # fmt: skip
def test_options_of_any_post(
    inside: dict[str, Any], outside: dict[str, Any], pointer: str, rule: str, limit: Any, actual: Any
) -> None:
    assert problems(inside) == []
    (found,) = problems(outside)
    assert (found.code, found.pointer, found.rule) == ("INVALID_OPTION", f"/options{pointer}", rule)
    assert found.actual == actual
    assert found.limit == limit or (limit is ... and isinstance(found.limit, str))
    assert "Value error" not in found.message


@pytest.mark.parametrize(
    ("inside", "outside", "pointer", "rule", "limit", "actual"),
    [
        ([track(20_000)], [track(20_001)], "/0/text", "captions_bytes", 20_000, 20_001),
        ([track(start=VTT)], [track(start="1\n")], "/0/text", "captions_webvtt", None, None),
        ([track(start="\ufeffWEBVTT x")], [track(start="WEBVTTx")], "/0/text", "captions_webvtt", None, None),
        ([track()] * 20, [track()] * 21, "", "too_long", 20, 21),
        ([track(lang="pt-BR")], [track(), track(lang="e")], "/1/lang", "string_pattern_mismatch", ..., "e"),
        ([], [{"lang": "en"}], "/0/text", "missing", None, None),
    ],
)
def test_captions(inside: Any, outside: Any, pointer: str, rule: str, limit: Any, actual: Any) -> None:
    assert problems({"captions": inside}, video()) == []
    (found,) = problems({"captions": outside}, video())
    assert (found.code, found.pointer, found.rule) == ("INVALID_OPTION", f"/options/captions{pointer}", rule)
    assert found.actual == actual
    assert found.limit == limit or (limit is ... and isinstance(found.limit, str))


def test_captions_are_counted_in_bytes() -> None:
    assert problems({"captions": [track(10_004, VTT + "é" * 9_996)]}, video()) == []
    (found,) = problems({"captions": [track(10_005, VTT + "é" * 9_997)]}, video())
    assert (found.rule, found.actual) == ("captions_bytes", 20_002)


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        (f"at://did:plc:abc/app.bsky.feed.post/{KEY}", "at://did:plc:abc/a.b.c/x"),
        (f"at://acme.example/app.bsky.feed.post/{KEY}", f"at://acme/app.bsky.feed.post/{KEY}"),
        (f"https://bsky.app/profile/acme.example/post/{KEY}", "https://bsky.app/profile/acme.example"),
        (f"https://bsky.app/profile/did:plc:abc/post/{KEY}/?ref=x", "https://x.example/1"),
    ],
)
def test_what_names_a_post(inside: str, outside: str) -> None:
    assert problems({"quote": inside}) == []
    (found,) = problems({"quote": outside})
    assert (found.code, found.pointer, found.rule) == ("INVALID_OPTION", "/options/quote", "quote")


@pytest.mark.parametrize("option", [{"captions": [track()]}, {"presentation": "gif"}])
@pytest.mark.parametrize("media", [(), (image(),)])
def test_what_belongs_to_a_video_needs_one(option: dict[str, Any], media: Any) -> None:
    assert problems(option, video()) == []
    (found,) = problems(option, *media)
    assert (found.code, found.pointer, found.rule) == ("INVALID_OPTION", f"/options/{next(iter(option))}", "video")


def test_long_values_are_not_repeated() -> None:
    (found,) = problems({"presentation": "x" * 500})
    assert found.actual is None


LINK = "https://acme.example/sale"


def codes(given: Draft) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in bench("bluesky").channel.validate(given, None)]


def one(**changes: Any) -> Draft:
    return draft("Hello", media=(image(**changes),))


def film(**changes: Any) -> Draft:
    return draft("Hello", media=(video(**changes),))


def gif(**changes: Any) -> Draft:
    return one(**{"mime_type": "image/gif", "animated": True, **changes})


# Over the cap such a picture is sent as a smaller rendition.
PLAIN = {"has_alpha": False, "animated": False}


@pytest.mark.parametrize(
    ("inside", "outside", "problem"),
    [
        (draft("x" * 300), draft("x" * 301), ("/text", "TEXT_TOO_LONG")),
        (draft("é" * 300), draft("é" * 301), ("/text", "TEXT_TOO_LONG")),
        (draft("👨‍👩‍👧‍👦" * 120), draft("👨‍👩‍👧‍👦" * 121), ("/text", "TEXT_TOO_LONG")),
        (draft("x" * 300, link=LINK), draft("x" * 301, link=LINK), ("/text", "TEXT_TOO_LONG")),
        (draft("x"), draft(" \n"), ("/text", "MISSING_FIELD")),
        (draft(media=(image(),)), draft(), ("/text", "MISSING_FIELD")),
        (draft(link=LINK), draft(link="acme.example"), ("/link", "INVALID_LINK")),
        (draft(link="http://a.example"), draft(link="https://"), ("/link", "INVALID_LINK")),
        (draft(link="http://[::1]/"), draft(link="http://[::1/"), ("/link", "INVALID_LINK")),
        (
            draft(media=tuple(image(n) for n in range(10))),
            draft(media=tuple(image(n) for n in range(11))),
            ("/media", "MEDIA_TOO_MANY"),
        ),
        (one(bytes=20_000_000, **PLAIN), one(bytes=20_000_001, **PLAIN), ("/media/0", "MEDIA_TOO_LARGE")),
        (one(bytes=2_000_000), one(bytes=2_000_001, has_alpha=True, animated=False), ("/media/0", "MEDIA_ALPHA")),
        (one(mime_type="image/png"), one(mime_type="image/tiff"), ("/media/0", "MEDIA_TYPE")),
        (one(alt="x" * 2000), one(alt="x" * 2001), ("/media/0/alt", "ALT_TOO_LONG")),
        (one(), draft("Hello", media=(image(0), video(1))), ("/media", "MEDIA_MIXED")),
        (film(), draft("Hello", media=(video(0), video(1))), ("/media", "MEDIA_TOO_MANY")),
        (film(bytes=300_000_000), film(bytes=300_000_001), ("/media/0", "MEDIA_TOO_LARGE")),
        (film(duration_ms=600_000), film(duration_ms=600_001), ("/media/0", "MEDIA_DURATION")),
        (film(alt="x" * 1000), film(alt="x" * 1001), ("/media/0/alt", "ALT_TOO_LONG")),
        (film(mime_type="video/quicktime"), film(mime_type="video/x-matroska"), ("/media/0", "MEDIA_TYPE")),
        (film(mime_type="video/webm"), film(mime_type="video/3gpp"), ("/media/0", "MEDIA_TYPE")),
        (film(mime_type="video/mpeg"), film(mime_type="video/mp2t"), ("/media/0", "MEDIA_TYPE")),
        (gif(), gif(animated=False), ("/media/0", "MEDIA_TYPE")),
        (gif(bytes=300_000_000), gif(bytes=300_000_001), ("/media/0", "MEDIA_TOO_LARGE")),
        (gif(), draft("Hello", media=(*gif().media, image(1))), ("/media", "MEDIA_MIXED")),
        (gif(), draft("Hello", media=gif().media * 2), ("/media", "MEDIA_TOO_MANY")),
        (draft("x"), draft("x", first_comment="y"), ("/firstComment", "FIRST_COMMENT_UNSUPPORTED")),
        (draft("x", parts=("y",) * 24), draft("x", parts=("y",) * 25), ("/parts", "TOO_MANY_PARTS")),
        (draft("x", parts=("y" * 300,)), draft("x", parts=("y", "y" * 301)), ("/parts/1", "TEXT_TOO_LONG")),
        (draft("x", parts=("y",)), draft("x", parts=("y", " ")), ("/parts/1", "MISSING_FIELD")),
    ],
)
def test_limits(inside: Draft, outside: Draft, problem: tuple[str, str]) -> None:
    assert codes(inside) == []
    assert problem in codes(outside)


def test_every_violation_is_reported_at_once() -> None:
    given = draft("x" * 301, link="nonsense", media=(image(bytes=3_000_000, mime_type="image/bmp"),), options={"a": 1})
    assert {pointer for pointer, _ in codes(given)} == {"/text", "/link", "/media/0", "/options/a"}
