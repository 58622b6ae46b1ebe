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
