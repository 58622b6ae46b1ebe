"""The media that Facebook accepts: its rules for images and videos."""

from __future__ import annotations

from dataclasses import replace

from munadi.sandbox.facebook import errors
from munadi.sandbox.graph.errors import refuse, refuse_if
from munadi.sandbox.media import VideoRules, image_facts, video_facts

MIB = 1024 * 1024
IMAGE_BYTES = 4 * MIB
IMAGES = {"JPEG", "PNG", "GIF", "BMP", "TIFF"}
CODECS = ("h264", "hevc", "vp9", "av1")
NARROW, ROUNDING = 9 / 16, 0.01
REEL = VideoRules(
    (2.95, 90.5), (NARROW - ROUNDING, NARROW + ROUNDING), (540, 1 << 16), (960, 1 << 16), (23.5, 60.5),
    containers=("",), codecs=CODECS, audio=None,
)  # fmt: skip
STORY = replace(REEL, seconds=(2.95, 60.5))
PROBLEMS = {
    "format": "The video file is corrupt or of a format that is not supported.",
    "ratio": "The aspect ratio of the reel must be 9:16.",
    "size": "The resolution of the reel must be at least 540 x 960.",
    "seconds": "The reel must be between 3 and {} seconds long.",
    "frames": "The frame rate of the reel must be between 24 and 60.",
}


def image_type(body: bytes) -> str:
    """The image's type; raises Facebook's refusal of an invalid image."""
    facts = image_facts(body)
    if facts is None or facts.format not in IMAGES:
        raise refuse(errors.IMAGE_INVALID)
    refuse_if(len(body) > IMAGE_BYTES, errors.IMAGE_TOO_LARGE)
    return facts.mime_type


def video_problem(body: bytes, kind: str) -> str | None:
    """The later `processing_phase.error.message`, or None for a good video."""
    if kind == "video":
        facts = video_facts(body)
        if facts is None:
            return PROBLEMS["format"]
        good = NARROW - ROUNDING <= facts.width / max(facts.height, 1) <= 1 / NARROW + ROUNDING
        return None if good else "The aspect ratio of the video is not supported."
    problem = (STORY if kind == "story" else REEL).problem(body)
    return PROBLEMS[problem].format(60 if kind == "story" else 90) if problem else None
