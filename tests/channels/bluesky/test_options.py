"""Each option just inside and just outside; a refusal says where, which rule, what is allowed and what was given."""

from __future__ import annotations

from typing import Any

import pytest

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
