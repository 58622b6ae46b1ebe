"""Limits just inside and just outside, each with its pointer, rule, limit and what was found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.problem import Problem
from tests.channels.making import account, bench, draft, image, video
from tests.channels.scene_youtube import CHANNEL, KIDS

CHANNEL_OBJECT = bench("youtube").channel
LONG = timedelta(hours=12) // timedelta(milliseconds=1)


def check(text: str = "Hello", facts: dict[str, Any] | None = None, **fields: Any) -> list[Problem]:
    given = draft(text, **{"media": (video(),), "options": KIDS, **fields})
    return CHANNEL_OBJECT.validate(given, None if facts is None else account("youtube", CHANNEL, facts=facts))


def options(**given: Any) -> dict[str, Any]:
    return {"options": {**KIDS, **given}}


def media(**facts: Any) -> dict[str, Any]:
    return {"media": (video(**facts),)}


def thumbnail(index: int = 1, **facts: Any) -> dict[str, Any]:
    """A video and an image that is said to be its thumbnail."""
    picture = image(1, **{"width": 1280, "height": 720, **facts})
    return {"media": (video(), picture), **options(thumbnailIndex=index)}


def translated(**fields: Any) -> dict[str, Any]:
    """With a title and a text in German too."""
    return options(defaultLanguage="en", localizations={"de": {"title": "Ausverkauf", **fields}})


MOST = 52_428_800
THUMBNAILS = "image/jpeg, image/png, image/webp"
TITLE = "t" * 100
TAG = "a" * 249
GERMAN = "/options/localizations/de"

INSIDE: list[tuple[str, dict[str, Any]]] = [
    ("title of 100", options(title=TITLE)),
    ("title of 100 wide signs", options(title="👍" * 100)),
    ("title around blanks", options(title=f"  {TITLE}  ")),
    ("first line of 100", {"text": f"{TITLE}\nand more"}),
    ("first line after blanks", {"text": f"\n \n{TITLE}"}),
    ("long text with a title", {"text": "x" * 5000, **options(title="t")}),
    ("description of 5000 bytes", {"text": f"t\n{'ü' * 2499}"}),
    ("no text with a title", {"text": "", **options(title="t")}),
    ("tags of 500", options(tags=[TAG, "b" * 250])),
    ("tags of 500 with quotes", options(tags=[f"{'a' * 246} b", "b" * 249])),
    ("one tag of 500", options(tags=["a" * 500])),
    ("no tags", options(tags=[])),
    ("category 1", options(categoryId="1")),
    ("category 44", options(categoryId="44")),
    ("unlisted", options(privacyStatus="unlisted")),
    ("private", options(privacyStatus="private")),
    ("creative commons", options(license="creativeCommon")),
    ("language", options(defaultLanguage="pt-BR")),
    ("all switches", options(embeddable=False, publicStatsViewable=False, notifySubscribers=False)),
    ("synthetic", options(containsSyntheticMedia=True)),
    ("paid", options(paidProductPlacement=True)),
    ("recorded on a day", options(recordingDate="2026-11-01")),
    ("spoken in Tamil", options(defaultAudioLanguage="ta")),
    ("translated", translated(title=TITLE, description="ü" * 2500)),
    ("longest comment", {"first_comment": "c" * 10_000}),
    ("for kids", {"options": {"madeForKids": True}}),
    ("largest file", media(bytes=274_877_906_944)),
    ("twelve hours", media(duration_ms=LONG)),
    ("no duration known", media(duration_ms=None)),
    ("webm", media(mime_type="video/webm")),
    ("quicktime", media(mime_type="video/quicktime")),
    ("a Short", media(width=1080, height=1920, duration_ms=180_000)),
    ("15 minutes, unverified", {**media(duration_ms=900_000), "facts": {"long_uploads_status": "eligible"}}),
    ("longer, verified", {**media(duration_ms=900_001), "facts": {"long_uploads_status": "allowed"}}),
    ("longer, unknown", {**media(duration_ms=900_001), "facts": {}}),
    ("thumbnail", thumbnail()),
    ("thumbnail first", {"media": (image(width=1280, height=720), video(1)), **options(thumbnailIndex=0)}),
    ("thumbnail of 50 MB", thumbnail(bytes=MOST)),
    ("png thumbnail", thumbnail(mime_type="image/png", has_alpha=True)),
    ("webp thumbnail", thumbnail(mime_type="image/webp", has_alpha=False, animated=False)),
    ("smallest thumbnail", thumbnail(width=640, height=360)),
    ("broad thumbnail", thumbnail(width=5000, height=2160)),
    ("tall thumbnail", thumbnail(width=1000, height=1920)),
    ("a Short's thumbnail", thumbnail(width=1080, height=1920)),
    ("square thumbnail", thumbnail(width=1000, height=1000)),
    ("no thumbnail", options(thumbnailIndex=None)),
    ("longer, unspecified", {**media(duration_ms=900_001), "facts": {"long_uploads_status": "longUploadsUnspecified"}}),
]
OUTSIDE: list[tuple[str, dict[str, Any], str, str, Any, Any]] = [
    ("title of 101", options(title=TITLE + "t"), "/options/title", "title_length", 100, 101),
    ("first line of 101", {"text": f"{TITLE}t\nmore"}, "/text", "title_length", 100, 101),
    ("blank title", options(title=" "), "/options/title", "title_required", None, None),
    ("empty title", options(title=""), "/options/title", "title_required", None, None),
    ("no text", {"text": " \n "}, "/options/title", "title_required", None, None),
    ("< in the title", options(title="a < b"), "/options/title", "title_characters", "no < or >", "<"),
    ("> in the title", options(title="a > b"), "/options/title", "title_characters", "no < or >", ">"),
    ("< in the text", {"text": "t\na <b>"}, "/text", "description_characters", "no < or >", "< >"),
    ("description of 5001", {"text": f"t\n{'ü' * 2499}x"}, "/text", "description_bytes", 5000, 5001),
    ("tags of 501", options(tags=[TAG, "b" * 251]), "/options/tags", "tags_length", 500, 501),
    ("tags with quotes", options(tags=[f"{'a' * 247} b", "b" * 249]), "/options/tags", "tags_length", 500, 501),
    ("one tag of 501", options(tags=["a" * 501]), "/options/tags", "tags_length", 500, 501),
    ("translated from nothing", options(localizations={"de": {"title": "t"}}), "/options/defaultLanguage",
     "default_language", None, None),
    ("translated blank", translated(title=" "), f"{GERMAN}/title", "title_required", None, None),
    ("translated title of 101", translated(title=TITLE + "t"), f"{GERMAN}/title", "title_length", 100, 101),
    ("> translated", translated(title="a > b"), f"{GERMAN}/title", "title_characters", "no < or >", ">"),
    ("translation of 5001", translated(description="x" * 5001), f"{GERMAN}/description", "description_bytes", 5000,
     5001),
    ("< in a translation", translated(description="a < b"), f"{GERMAN}/description", "description_characters",
     "no < or >", "<"),
    ("no declaration", {"options": {}}, "/options/madeForKids", "made_for_kids", None, None),
    ("no video", {"media": ()}, "/media", "media_min", 1, 0),
    ("two videos", {"media": (video(0), video(1))}, "/media", "media_max", 1, 2),
    ("an image", {"media": (image(),)}, "/media/0", "media_kind", "video", "image"),
    ("an image beside", {"media": (video(), image(1))}, "/media/1", "media_kind", "video", "image"),
    ("thumbnail alone", {**thumbnail(0), "media": (image(width=1280, height=720),)}, "/media", "media_min", 1, 0),
    ("thumbnail too large", thumbnail(bytes=MOST + 1), "/media/1", "media_bytes", MOST, MOST + 1),
    ("gif thumbnail", thumbnail(mime_type="image/gif"), "/media/1", "media_type", THUMBNAILS, "image/gif"),
    ("narrow thumbnail", thumbnail(width=639, height=360), "/media/1", "media_min_width", 640, 639),
    ("no such thumbnail", thumbnail(2), "/options/thumbnailIndex", "thumbnail_index", 1, 2),
    ("too large", media(bytes=274_877_906_945), "/media/0", "media_bytes", 274_877_906_944, 274_877_906_945),
    ("too long", media(duration_ms=LONG + 1), "/media/0", "media_max_duration", 43_200.0, 43_200.001),
    ("comment too long", {"first_comment": "c" * 10_001}, "/firstComment", "comment_length", 10_000, 10_001),
    ("comment for kids", {"first_comment": "hi", "options": {"madeForKids": True}}, "/firstComment", "comments_closed",
     None, "made for kids"),
    ("comment on a private video", {"first_comment": "hi", **options(privacyStatus="private")}, "/firstComment",
     "comments_closed", None, "private"),
    ("parts", {"parts": ("two",)}, "/parts", "max_parts", 1, 2),
    ("unverified", {**media(duration_ms=900_001), "facts": {"long_uploads_status": "disallowed"}}, "/media/0",
     "unverified_duration", 900.0, 900.001),
]  # fmt: skip
NOT_OPTIONS: list[tuple[str, Any]] = [
    ("privacyStatus", "friends"),
    ("privacyStatus", None),
    ("madeForKids", None),
    ("madeForKids", "perhaps"),
    ("license", "mit"),
    ("categoryId", ""),
    ("categoryId", "Music"),
    ("defaultLanguage", "english please"),
    ("title", 5),
    ("tags", "one"),
    ("publishAt", "2026-12-01T09:00:00Z"),
    ("thumbnailMediaId", "med_1"),
    ("recordingDate", "yesterday"),
    ("localizations", ["de"]),
    ("thumbnailIndex", -1),
    ("thumbnailIndex", "first"),
    ("made_for_kids", True),
]


@pytest.mark.parametrize("given", [given for _, given in INSIDE], ids=[name for name, _ in INSIDE])
def test_what_youtube_takes(given: dict[str, Any]) -> None:
    assert check(**given) == []


@pytest.mark.parametrize(
    ("given", "pointer", "rule", "limit", "actual"), [row[1:] for row in OUTSIDE], ids=[row[0] for row in OUTSIDE]
)
def test_what_it_does_not(given: dict[str, Any], pointer: str, rule: str, limit: Any, actual: Any) -> None:
    (found,) = check(**given)
    assert (found.pointer, found.rule, found.limit, found.actual) == (pointer, rule, limit, actual)
    assert found.message.startswith("YouTube ")
    assert found.channel == "youtube"


@pytest.mark.parametrize(("name", "value"), NOT_OPTIONS)
def test_an_option_that_is_none(name: str, value: Any) -> None:
    (found,) = check(**options(**{name: value}))
    assert (found.pointer, found.code) == (f"/options/{name}", "INVALID_OPTION")


def test_a_tag_is_not_blank() -> None:
    (found,) = check(**options(tags=["sale", " "]))
    assert found.pointer == "/options/tags/1"


@pytest.mark.parametrize(
    ("localizations", "pointer"),
    [
        ({"de": {}}, "/options/localizations/de/title"),
        ({"de": {"title": "t", "tags": []}}, "/options/localizations/de/tags"),
        ({"de": "t"}, "/options/localizations/de"),
        ({"German!": {"title": "t"}}, "/options/localizations/German!"),
    ],
)
def test_what_is_no_localization(localizations: dict[str, Any], pointer: str) -> None:
    (found,) = check(**options(defaultLanguage="en", localizations=localizations))
    assert (found.pointer, found.code) == (pointer, "INVALID_OPTION")


def test_everything_is_reported_at_once() -> None:
    found = check(text="<" + "x" * 5000, first_comment="c" * 10_001, media=(), options={"tags": ["x"], "odd": 1})
    assert {problem.pointer for problem in found} == {
        "/text",
        "/firstComment",
        "/media",
        "/options/madeForKids",
        "/options/odd",
    }


def test_a_draft_has_one_video_and_one_thumbnail() -> None:
    three = check(**{**thumbnail(2), "media": (video(), video(1), image(2, width=1280, height=720))})
    assert [(problem.pointer, problem.rule) for problem in three] == [("/media", "media_max")]
    second = check(**{**thumbnail(), "media": (video(), image(1, width=1280, height=720), image(2))})
    assert [(problem.pointer, problem.rule) for problem in second] == [("/media/2", "media_kind")]
    assert "thumbnailIndex" in second[0].message
    (wrong,) = [problem for problem in check(**thumbnail(0)) if problem.pointer == "/options/thumbnailIndex"]
    assert (wrong.rule, wrong.limit, wrong.actual) == ("thumbnail_kind", "image", "video")
