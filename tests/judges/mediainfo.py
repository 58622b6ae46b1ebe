"""MediaInfo as a judge of videos: another reader than the one that made and probed them.

What breaks a network's rule is told in the rule's own names. Edit lists, which it does not show, are looked for in the
bytes of the index.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from pymediainfo import MediaInfo

from munadi.domain.channel import MediaRule
from munadi.domain.video import PLAIN_PIXELS

_CODECS = {"AVC": "h264", "HEVC": "hevc", "VP9": "vp9", "VP8": "vp8", "AV1": "av1", "MPEG-4 Visual": "mpeg4"}
_SOUNDS = {"AAC": "aac", "Opus": "opus", "MPEG Audio": "mp3"}
_HDR = ("PQ", "HLG")
_SLACK = 0.06


def broken(path: Path, rule: MediaRule) -> list[str]:
    """What of a rule, and of what the documents ask beside it, an MP4 breaks."""
    general, video, audio = _tracks(path)
    found = {"container": general.format != "MPEG-4", "bytes": path.stat().st_size > rule.max_bytes}
    width, height, seconds = int(video.width), int(video.height), float(general.duration) / 1000
    turned = float(video.rotation or 0) % 180 != 0
    ratio = height / width if turned else width / height
    found["min_ratio"] = rule.min_ratio is not None and ratio < rule.min_ratio - 0.006
    found["max_ratio"] = rule.max_ratio is not None and ratio > rule.max_ratio + 0.006
    found["width"] = not (rule.min_width or 0) <= (height if turned else width) <= (rule.max_width or width + height)
    found["min_duration"] = rule.min_duration is not None and seconds < rule.min_duration.total_seconds()
    found["max_duration"] = rule.max_duration is not None and seconds > rule.max_duration.total_seconds() + 0.1
    return [
        name
        for name, is_broken in {**found, **_encoding(rule, video, audio), **_structure(path, rule)}.items()
        if is_broken
    ]


def _encoding(rule: MediaRule, video: Any, audio: Any) -> dict[str, bool]:
    asked = rule.encoding
    if asked is None:
        return {}
    rate = float(Fraction(str(video.frame_rate)))
    sides = sorted((int(video.width), int(video.height)))
    return {
        "video_codec": bool(asked.video_codecs) and _CODECS.get(video.format) not in asked.video_codecs,
        "audio_codec": bool(audio and asked.audio_codecs) and _SOUNDS.get(audio.format) not in asked.audio_codecs,
        "min_fps": asked.min_fps is not None and rate < asked.min_fps - _SLACK,
        "max_fps": asked.max_fps is not None and rate > asked.max_fps + _SLACK,
        "min_height": asked.min_height is not None and int(video.height) < asked.min_height,
        "max_height": asked.max_height is not None and int(video.height) > asked.max_height,
        "max_sides": asked.max_sides is not None and any(a > b for a, b in zip(sides, asked.max_sides, strict=True)),
        "max_pixels": asked.max_pixels is not None and sides[0] * sides[1] > asked.max_pixels,
    }


def _structure(path: Path, rule: MediaRule) -> dict[str, bool]:
    asked = rule.structure
    if asked is None:
        return {}
    general, video, audio = _tracks(path)
    is_plain = (video.chroma_subsampling, int(video.bit_depth or 8)) == ("4:2:0", 8)
    return {
        "pixel_format": asked.pixel_formats == PLAIN_PIXELS and not is_plain,
        "dynamic_range": asked.sdr and str(video.transfer_characteristics) in _HDR,
        "constant_fps": asked.constant_fps and video.frame_rate_mode != "CFR",
        "progressive": asked.progressive and video.scan_type not in (None, "Progressive"),
        "pixel_ratio": asked.square_pixels and abs(float(video.pixel_aspect_ratio) - 1) > 0.001,
        "even_sides": asked.even_sides and bool(int(video.width) % 2 or int(video.height) % 2),
        "bit_rate": asked.max_bit_rate is not None and float(general.overall_bit_rate or 0) > asked.max_bit_rate,
        "audio_channels": bool(audio and asked.max_audio_channels) and int(audio.channel_s) > asked.max_audio_channels,
        "audio_rate": bool(audio and asked.max_audio_rate) and int(audio.sampling_rate) > asked.max_audio_rate,
        "moov_first": asked.moov_first and general.isstreamable != "Yes",
        "edit_list": not asked.edit_lists and b"elst" in path.read_bytes()[: 1 << 20],
    }


def _tracks(path: Path) -> tuple[Any, Any, Any]:
    info = MediaInfo.parse(str(path))
    return info.general_tracks[0], info.video_tracks[0], next(iter(info.audio_tracks), None)
