"""A file that a network does not accept is published as a rendition, or is refused before it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.files import check_media_file
from munadi.channels.renditions import fitting
from munadi.channels.threads.spec import SPEC
from munadi.domain.channel import MediaKind, MediaRule
from tests.channels.making import StoredMedia, image

STILL: dict[str, Any] = {"has_alpha": False, "animated": False}
JPEG_ONLY = MediaRule(
    kind=MediaKind.IMAGE,
    mime_types=("image/jpeg",),
    max_bytes=1000,
    converted_types=("image/png",),
    max_source_bytes=5000,
)
SMALL_ONLY = JPEG_ONLY.model_copy(update={"mime_types": ("image/jpeg", "image/png"), "converted_types": ()})
GIF_TOO = SMALL_ONLY.model_copy(update={"mime_types": ("image/jpeg", "image/gif")})
STRICT = JPEG_ONLY.model_copy(update={"converted_types": (), "max_source_bytes": None})


def found(rule: MediaRule, **changes: Any) -> list[tuple[str, Any, Any]]:
    problems = check_media_file(SPEC, rule, image(**changes), "/media/0")
    assert all(problem.pointer == "/media/0" and problem.rule for problem in problems)
    return [(problem.code, problem.limit, problem.actual) for problem in problems]


@pytest.mark.parametrize(("rule", "changes", "wanted"), [
    (JPEG_ONLY, {"mime_type": "image/png", **STILL}, []),
    (JPEG_ONLY, {"mime_type": "image/png", "bytes": 5000, **STILL}, []),
    (JPEG_ONLY, {"mime_type": "image/png", "bytes": 5001, **STILL}, [("MEDIA_TOO_LARGE", 5000, 5001)]),
    (JPEG_ONLY, {"mime_type": "image/png", "has_alpha": True, "animated": True}, [("MEDIA_ALPHA", "no transparency",
     "transparency"), ("MEDIA_ANIMATED", "no animation", "animation")]),
    (JPEG_ONLY, {"mime_type": "image/png"}, [("MEDIA_ALPHA", "no transparency", "not known"), ("MEDIA_ANIMATED",
     "no animation", "not known")]),
    (JPEG_ONLY, {"mime_type": "image/gif", **STILL}, [("MEDIA_TYPE", "image/jpeg, image/png", "image/gif")]),
    (JPEG_ONLY, {}, []),
    (STRICT, {"multi_picture": True, **STILL}, []),
    (GIF_TOO, {"mime_type": "image/gif"}, []),
    (GIF_TOO, {"mime_type": "image/gif", "bytes": 1001, **STILL}, [("MEDIA_TOO_LARGE", 1000, 1001)]),
    (SMALL_ONLY, {"mime_type": "image/png", "has_alpha": True}, []),
    (SMALL_ONLY, {"mime_type": "image/png", "bytes": 1001, "has_alpha": True, "animated": False}, [("MEDIA_ALPHA",
     "no transparency", "transparency")]),
    (STRICT, {"mime_type": "image/png"}, [("MEDIA_TYPE", "image/jpeg", "image/png")]),
    (STRICT, {"bytes": 1001, **STILL}, [("MEDIA_TOO_LARGE", 1000, 1001)]),
])  # fmt: skip
def test_a_file_that_cannot_be_converted_is_refused(
    rule: MediaRule, changes: dict[str, Any], wanted: list[Any]
) -> None:
    assert found(rule, **changes) == wanted


@pytest.mark.parametrize(
    ("size", "rounded"), [((1080, 1355), True), ((1080, 1361), False), ((1083, 566), True), ((1086, 566), False)]
)
def test_a_pixel_of_rounding_does_not_break_an_aspect_ratio(size: tuple[int, int], rounded: bool) -> None:
    rule = STRICT.model_copy(update={"min_ratio": 0.8, "max_ratio": 1.91})
    codes = [code for code, *_ in found(rule, width=size[0], height=size[1])]
    assert codes == ([] if rounded else ["MEDIA_RATIO"])


@pytest.mark.parametrize(
    ("rule", "changes", "made"),
    [
        (JPEG_ONLY, {}, []),
        (JPEG_ONLY, {"mime_type": "image/png"}, [("med_0", "image/jpeg", 1000, None)]),
        (JPEG_ONLY, {"bytes": 1001}, [("med_0", "image/jpeg", 1000, None)]),
        (JPEG_ONLY, {"multi_picture": True}, [("med_0", "image/jpeg", 1000, None)]),
        (STRICT, {"multi_picture": True}, [("med_0", "image/jpeg", 1000, None)]),
        (SMALL_ONLY, {"mime_type": "image/png"}, []),
        (GIF_TOO, {"mime_type": "image/gif", "bytes": 1001}, []),
        (SMALL_ONLY, {"mime_type": "image/png", "bytes": 1001}, [("med_0", "image/jpeg", 1000, None)]),
        (STRICT, {"bytes": 1001}, []),
    ],
)
async def test_only_a_file_that_needs_it_is_rendered(rule: MediaRule, changes: dict[str, Any], made: list[Any]) -> None:
    media = StoredMedia()
    sent = await fitting(media, rule, image(**changes))
    assert media.renditions == made
    assert sent.mime_type == ("image/jpeg" if made else image(**changes).mime_type)
    assert sent.bytes <= rule.max_bytes or not made
