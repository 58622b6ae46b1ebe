"""The limits of YouTube (docs/networks/youtube.md, section 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.limits import Limit, film, of, sized
from tests.channels.making import draft, image, video

KIDS = {"madeForKids": False}
TITLE, TAG = "t" * 100, "a" * 249
NO_SIGNS = "no < or >"


def post(text: str = "Monsoon", **fields: Any) -> Draft:
    """A video with these fields."""
    return draft(text, **{"media": (video(),), "options": KIDS, **fields})


def clip(**facts: Any) -> Draft:
    return film("Monsoon", KIDS, **facts)


def picture(index: int = 1, **facts: Any) -> MediaAsset:
    return sized(image, {"index": index, "size": (1280, 720), **facts})


def thumbnail(place: int = 1, **facts: Any) -> Draft:
    """A video and an image that is said to be its thumbnail."""
    return post(media=(video(), picture(**facts)), options={**KIDS, "thumbnailIndex": place})


def german(**fields: Any) -> Draft:
    """With a title and a text in German too."""
    translated = {"de": {"title": "Ausverkauf", **fields}}
    return post(options={**KIDS, "defaultLanguage": "en", "localizations": translated})


POST, WORDLESS, LONG_TEXT = of(post()), of(post("")), of(post("x" * 5000))
GERMAN = "/options/localizations/de"
FOR_KIDS, PRIVATE = (
    post(first_comment="hi", options={**KIDS, **more}) for more in ({"madeForKids": True}, {"privacyStatus": "private"})
)
FIRST = post(media=(picture(0), video(1)), options={**KIDS, "thumbnailIndex": 0})
LIMITS = [
    Limit("/options/title title_length", POST, "title", [TITLE, "👍" * 100, f"  {TITLE}  ", LONG_TEXT(title="t")],
          [TITLE + "t"], (100, 101)),
    Limit("/text title_length", post, "text", [f"{TITLE}\nand more", f"\n \n{TITLE}"], [f"{TITLE}t\nmore"], (100, 101)),
    Limit("/options/title title_required", POST, "title", [WORDLESS(title="t")], [" ", "", post(" \n ")], (None, None)),
    Limit("/options/title title_characters", POST, "title", [], ["a < b"], (NO_SIGNS, "<")),
    Limit("/options/title title_characters", POST, "title", [], ["a > b"], (NO_SIGNS, ">")),
    Limit("/text description_characters", post, "text", [], ["t\na <b>"], (NO_SIGNS, "< >")),
    Limit("/text description_bytes", post, "text", [f"t\n{'ü' * 2499}"], [f"t\n{'ü' * 2499}x"], (5000, 5001)),
    Limit("/options/tags tags_length", POST, "tags", [[], [TAG, "b" * 250], [f"{'a' * 246} b", "b" * 249], ["a" * 500]],
          [[TAG, "b" * 251], [f"{'a' * 247} b", "b" * 249], ["a" * 501]], (500, 501)),
    Limit("/options/tags/1 INVALID_OPTION", POST, "tags", [], [["sale", " "]]),
    Limit("/options/recordingDate INVALID_OPTION", POST, "recordingDate", ["2026-11-01"], ["yesterday"]),
    Limit("/options/madeForKids made_for_kids", post, "options", [{"madeForKids": True}], [{}], (None, None)),
    # translations
    Limit("/options/defaultLanguage default_language", POST, "localizations",
          [{}, german(title=TITLE, description="ü" * 2500)], [{"de": {"title": "t"}}], (None, None)),
    Limit(f"{GERMAN}/title title_required", german, "title", [], [" "], (None, None)),
    Limit(f"{GERMAN}/title title_length", german, "title", [TITLE], [TITLE + "t"], (100, 101)),
    Limit(f"{GERMAN}/title title_characters", german, "title", [], ["a > b"], (NO_SIGNS, ">")),
    Limit(f"{GERMAN}/description description_bytes", german, "description", ["x" * 5000], ["x" * 5001], (5000, 5001)),
    Limit(f"{GERMAN}/description description_characters", german, "description", [], ["a < b"], (NO_SIGNS, "<")),
    # the video and its thumbnail
    Limit("/options/thumbnailIndex thumbnail_index", thumbnail, "place", [1, POST(thumbnailIndex=None), FIRST], [2],
          (1, 2)),
    Limit("/options/thumbnailIndex thumbnail_kind", thumbnail, "place", [], [0]),
    # what stands beside it
    Limit("/firstComment comments_closed", post, "", [], [FOR_KIDS], (None, "made for kids")),
    Limit("/firstComment comments_closed", post, "", [], [PRIVATE], (None, "private")),
]  # fmt: skip
