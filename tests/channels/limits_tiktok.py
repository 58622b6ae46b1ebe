"""The limits of TikTok (docs/networks/tiktok.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from munadi.domain.content import Draft
from tests.channels.limits import Limit, film, of, sized
from tests.channels.making import draft, image, video

PUBLIC = {"privacyLevel": "PUBLIC_TO_EVERYONE"}


def clip(text: str = "", options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    return film(text, {**PUBLIC, **(options or {})}, **facts)


def photos(count: int = 1, text: str = "", options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    media = tuple(sized(image, {"index": index, **facts}) for index in range(count))
    return draft(text, media=media, options={**PUBLIC, **(options or {})})


CLIP, PHOTO, PRIVATE = of(clip()), of(photos()), of(clip(options={"privacyLevel": "SELF_ONLY"}))
SHORT = of(photos(text="x" * 4001, options={"description": "short"}))
TWO = draft("x", media=(video(0), video(1)), options=PUBLIC)
FULL_HD = "1080x1920"
LIMITS = [
    Limit("/options/coverTimestampMs cover_timestamp", CLIP, "coverTimestampMs", [0, 10_000], [10_001],
          (10_000, 10_001)),
    Limit("/options/privacyLevel brand_content_privacy", PRIVATE, "brandContent",
          [False, PRIVATE(brandOrganic=True), CLIP(brandContent=True, brandOrganic=True)], [True], (None, None)),
    Limit("/media/0 photo_resolution", photos, "size", [(1080, 1920)], [(1081, 1920)], (FULL_HD, "1081x1920")),
    Limit("/media/0 photo_resolution", photos, "size", [(1080, 1920)], [(1080, 1921)], (FULL_HD, "1080x1921")),
    Limit("/media/0 photo_resolution", photos, "size", [(1920, 1080)], [(1921, 1080)], (FULL_HD, "1921x1080")),
    Limit("/text photo_description_utf16", photos, "text", ["x" * 4000, "👍" * 2000, SHORT()],
          ["x" * 4001, "👍" * 2000 + "x"], (4000, 4001)),
    Limit("/options/description photo_description_utf16", PHOTO, "description", ["x" * 4000], ["x" * 4001],
          (4000, 4001)),
    Limit("/options/title photo_title_utf16", PHOTO, "title", ["x" * 90, "👍" * 45], ["x" * 91, "👍" * 45 + "x"],
          (90, 91)),
    Limit("/options/photoCoverIndex photo_cover_index", of(photos(3)), "photoCoverIndex", [2], [3], (2, 3)),
    Limit("/options/mode photo_mode", PHOTO, "mode", ["pull", CLIP(mode="pull"), CLIP(mode="file")], ["file"],
          ("pull", "file")),
    Limit("/media video_count", draft, "", [], [TWO], (1, 2)),
    # An option of the other kind of post
    *(Limit(f"/options/{name} OPTION_NOT_FOR_KIND", PHOTO, name, [CLIP(**{name: True})], [True])
      for name in ("disableDuet", "disableStitch")),
    Limit("/options/coverTimestampMs OPTION_NOT_FOR_KIND", PHOTO, "coverTimestampMs", [], [0]),
    *(Limit(f"/options/{name} OPTION_NOT_FOR_KIND", CLIP, name, [PHOTO(**{name: value})], [value])
      for name, value in (("title", "x"), ("description", "x"), ("photoCoverIndex", 0), ("autoAddMusic", True))),
]  # fmt: skip
