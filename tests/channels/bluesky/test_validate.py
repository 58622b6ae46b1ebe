"""Each limit just inside and just outside, and pointers to what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.content import Draft
from tests.channels.making import bench, draft, image, video

LINK = "https://acme.example/sale"


def codes(given: Draft) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in bench("bluesky").channel.validate(given, None)]


def one(**changes: Any) -> Draft:
    return draft("Hello", media=(image(**changes),))


@pytest.mark.parametrize(
    ("inside", "outside", "problem"),
    [
        (draft("x" * 300), draft("x" * 301), ("/text", "TEXT_TOO_LONG")),
        (draft("é" * 300), draft("é" * 301), ("/text", "TEXT_TOO_LONG")),
        (draft("👨‍👩‍👧‍👦" * 120), draft("👨‍👩‍👧‍👦" * 121), ("/text", "TEXT_TOO_LONG")),
        (
            draft("x" * (298 - len(LINK)), link=LINK, media=(image(),)),
            draft("x" * (299 - len(LINK)), link=LINK, media=(image(),)),
            ("/text", "TEXT_TOO_LONG"),
        ),
        (draft("x" * 300, link=LINK), draft("x" * 301, link=LINK), ("/text", "TEXT_TOO_LONG")),
        (draft("x"), draft(" \n"), ("/text", "MISSING_FIELD")),
        (draft(media=(image(),)), draft(), ("/text", "MISSING_FIELD")),
        (draft(link=LINK), draft(link="acme.example"), ("/link", "INVALID_LINK")),
        (draft(link="http://a.example"), draft(link="https://"), ("/link", "INVALID_LINK")),
        (draft(link="http://[::1]/"), draft(link="http://[::1/"), ("/link", "INVALID_LINK")),
        (
            draft(media=tuple(image(n) for n in range(4))),
            draft(media=tuple(image(n) for n in range(5))),
            ("/media", "MEDIA_TOO_MANY"),
        ),
        (one(bytes=2_000_000), one(bytes=2_000_001), ("/media/0", "MEDIA_TOO_LARGE")),
        (one(mime_type="image/png"), one(mime_type="image/tiff"), ("/media/0", "MEDIA_TYPE")),
        (one(alt="x" * 2000), one(alt="x" * 2001), ("/media/0/alt", "ALT_TOO_LONG")),
        (one(), draft("Hello", media=(video(),)), ("/media/0", "VIDEO_UNSUPPORTED")),
        (draft("x"), draft("x", first_comment="y"), ("/firstComment", "FIRST_COMMENT_UNSUPPORTED")),
        (draft("x"), draft("x", parts=("y",)), ("/parts", "TOO_MANY_PARTS")),
        (
            draft("x", options={"langs": ["en", "hi", "pt-BR"]}),
            draft("x", options={"langs": ["en", "hi", "pt", "ta"]}),
            ("/options/langs", "INVALID_OPTION"),
        ),
        (draft("x"), draft("x", options={"langs": ["english!"]}), ("/options/langs/0", "INVALID_OPTION")),
        (
            draft("x", options={"tags": ["x" * 64] * 8}),
            draft("x", options={"tags": ["x"] * 9}),
            ("/options/tags", "INVALID_OPTION"),
        ),
        (draft("x"), draft("x", options={"tags": ["ok", "x" * 65]}), ("/options/tags/1", "INVALID_OPTION")),
        (draft("x"), draft("x", options={"tags": ["👨‍👩‍👧‍👦" * 26]}), ("/options/tags/0", "INVALID_OPTION")),
        (draft("x"), draft("x", options={"tags": ["#no"]}), ("/options/tags/0", "INVALID_OPTION")),
        (
            draft("x", options={"labels": ["porn"]}),
            draft("x", options={"labels": ["spicy"]}),
            ("/options/labels/0", "INVALID_OPTION"),
        ),
    ],
)
def test_limits(inside: Draft, outside: Draft, problem: tuple[str, str]) -> None:
    assert codes(inside) == []
    assert problem in codes(outside)


def test_every_violation_is_told_at_once() -> None:
    given = draft("x" * 301, link="nonsense", media=(image(bytes=3_000_000, mime_type="image/bmp"),), options={"a": 1})
    assert {pointer for pointer, _ in codes(given)} == {"/text", "/link", "/media/0", "/options/a"}
