"""Media that a network of the sandbox cannot fetch, read or process."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.failure import Reason
from munadi.sandbox.pinterest.model import board_of
from tests.channels.connected import film, jpeg, mp4, new
from tests.channels.making import document, image, video
from tests.channels.sandbox import Acme

R = Reason
NEEDED: dict[str, dict[str, Any]] = {
    "tiktok": {"privacyLevel": "PUBLIC_TO_EVERYONE"},
    "youtube": {"madeForKids": False},
}
WORDS = b"no image and no video at all" * 300
MEDIA: list[tuple[str, Any, Any, Reason, str]] = [
    ("instagram", None, image(), R.MEDIA_UNREACHABLE, "9004/2207052"),
    ("instagram", WORDS, image(), R.MEDIA_UNREACHABLE, "9004/2207052"),
    ("instagram", jpeg(400, 100), image(), R.MEDIA_VALIDATION_FAILED, "36003/2207009"),
    ("instagram", jpeg(kind="WEBP"), image(), R.MEDIA_VALIDATION_FAILED, "36001/2207005"),
    ("instagram", mp4(1), video(), R.MEDIA_VALIDATION_FAILED, "2207026"),
    ("instagram", mp4(3, "mpeg4"), video(), R.MEDIA_VALIDATION_FAILED, "2207026"),
    ("threads", None, image(), R.MEDIA_UNREACHABLE, "1/2207052"),
    ("threads", WORDS, image(), R.MEDIA_UNREACHABLE, "1/2207052"),
    ("threads", jpeg(1200, 100), image(), R.MEDIA_VALIDATION_FAILED, "36003/2207009"),
    ("threads", jpeg(kind="WEBP"), image(), R.MEDIA_VALIDATION_FAILED, "36001/2207005"),
    ("threads", None, video(), R.MEDIA_UNREACHABLE, "FAILED_DOWNLOADING_VIDEO"),
    ("threads", mp4(1, "mpeg4"), video(), R.MEDIA_PROCESSING_FAILED, "FAILED_PROCESSING_VIDEO"),
    ("google_business", None, image(), R.MEDIA_UNREACHABLE, "PHOTO_FETCH_FAILED"),
    *(
        ("google_business", body, image(), R.MEDIA_VALIDATION_FAILED, "PHOTO_UPLOAD_FAILED")
        for body in (WORDS, jpeg(200, 400))
    ),
    *(("mastodon", WORDS, asset, R.MEDIA_VALIDATION_FAILED, "HTTP 422") for asset in (image(), video())),
    *(("facebook", body, image(), R.MEDIA_VALIDATION_FAILED, "324") for body in (None, WORDS, jpeg(kind="WEBP"))),
    *(
        ("linkedin", WORDS, asset, R.MEDIA_PROCESSING_FAILED, "PROCESSING_FAILED")
        for asset in (image(), video(), document())
    ),
    ("pinterest", None, image(), R.MEDIA_UNREACHABLE, "400/235"),
    ("pinterest", WORDS, image(), R.INVALID_FIELD, "400/1"),
    ("pinterest", WORDS, video(), R.MEDIA_PROCESSING_FAILED, "failed"),
    ("telegram", WORDS, image(), R.MEDIA_VALIDATION_FAILED, "IMAGE_PROCESS_FAILED"),
    ("telegram", jpeg(1200, 50), image(), R.MEDIA_VALIDATION_FAILED, "PHOTO_INVALID_DIMENSIONS"),
    ("x", WORDS, image(), R.INVALID_FIELD, "invalid-request"),
    ("x", WORDS, video(), R.MEDIA_PROCESSING_FAILED, "failed"),
    ("tiktok", WORDS, video(), R.MEDIA_VALIDATION_FAILED, "file_format_check_failed"),
    ("tiktok", film(360, 640, codec="mpeg4"), video(), R.MEDIA_VALIDATION_FAILED, "file_format_check_failed"),
    ("tiktok", film(360, 640, 1), video(), R.MEDIA_VALIDATION_FAILED, "duration_check_failed"),
    ("tiktok", film(360, 640, rate=10), video(), R.MEDIA_VALIDATION_FAILED, "frame_rate_check_failed"),
    ("tiktok", film(358, 640), video(), R.MEDIA_VALIDATION_FAILED, "picture_size_check_failed"),
    ("tiktok pull", None, video(), R.MEDIA_UNREACHABLE, "video_pull_failed"),
    ("tiktok pull", WORDS, video(), R.MEDIA_VALIDATION_FAILED, "file_format_check_failed"),
    ("tiktok pull", film(358, 640), video(), R.MEDIA_VALIDATION_FAILED, "picture_size_check_failed"),
    ("tiktok pull", None, image(), R.MEDIA_UNREACHABLE, "photo_pull_failed"),
    ("youtube", WORDS, video(), R.MEDIA_PROCESSING_FAILED, "invalidFile"),
]


@pytest.mark.parametrize(
    ("acme", "content", "asset", "reason", "code", "mode"),
    [(row[0].removesuffix(" pull"), *row[1:], row[0].rpartition(" ")[2]) for row in MEDIA],
    indirect=["acme"],
    ids=[f"{row[0]} {row[4]} {len(row[1] or b'')}" for row in MEDIA],
)
async def test_refused_media(
    acme: Acme, content: bytes | None, asset: Any, reason: Reason, code: str, mode: str
) -> None:
    if content is not None:
        acme.put(med_0=content)
    needed = {"boardId": board_of(acme.account.external_id)} if acme.name == "pinterest" else NEEDED.get(acme.name, {})
    options: dict[str, Any] = dict(needed, **({"mode": mode} if mode == "pull" else {}))
    sized = asset.model_copy(update={"bytes": len(content or b"")})
    await acme.failure(new("x", media=(sized,), options=options), reason=reason, code=code)
    assert acme.posts == []
