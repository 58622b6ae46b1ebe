"""The page of which videos each network takes, and what `fit: convert` makes of the others.

The files are described by their facts, as the probe finds them; `tests/media/test_converting.py` makes such files.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from munadi.channels.fitting import plan_fit
from munadi.channels.registry import channel_specs
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule
from munadi.domain.fitting import FitMode, Work
from munadi.domain.media import MediaAsset
from munadi.domain.video import EditList, VideoDetails
from scripts.markdown import table

_ENCODER: dict[str, Any] = {
    "pixel_format": "yuv420p", "bit_rate": 8_000_000, "audio_channels": 2, "audio_rate": 48_000,
    "moov_first": False, "edit_list": EditList.PLAIN, "constant_fps": True,
}  # fmt: skip
_PORTRAIT: dict[str, Any] = {
    "mime_type": "video/mp4", "bytes": 20_000_000, "width": 1080, "height": 1920, "duration_ms": 20_000,
    "video_codec": "h264", "audio_codec": "aac", "fps": 30.0,
}  # fmt: skip
_MOV, _MKV, _WEBM = "video/quicktime", "video/x-matroska", "video/webm"
_NO_BOXES: dict[str, Any] = {"moov_first": None, "edit_list": None, "constant_fps": None}
# What differs from an encoder's usual portrait of 20 seconds: of the file, and of its details.
FILES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an encoder's MP4, H.264 and AAC, 1080×1920": ({}, {}),
    "the same, index first, no edit list": ({}, {"moov_first": True, "edit_list": EditList.NONE}),
    "iPhone, HEVC 8 bits in MOV": ({"mime_type": _MOV, "video_codec": "hevc"}, {"rotation": 270}),
    "iPhone, HEVC HDR in MOV": (
        {"mime_type": _MOV, "video_codec": "hevc"},
        {"rotation": 270, "pixel_format": "yuv420p10le", "hdr": True},
    ),
    "trimmed without encoding": ({}, {"edit_list": EditList.CUT}),
    "screen recording, variable rate": ({"fps": 27.5, "audio_codec": None}, {"constant_fps": False}),
    "slow motion, 120 a second": ({"fps": 120.0}, {}),
    "animation, 12 a second": ({"fps": 12.0}, {}),
    "camera, 4:2:2 of 10 bits": ({}, {"pixel_format": "yuv422p10le", "bit_rate": 100_000_000}),
    "5.1 sound": ({}, {"audio_channels": 6}),
    "no sound": ({"audio_codec": None}, {"audio_channels": None, "audio_rate": None}),
    "a browser's WebM, VP9 and Opus": ({"mime_type": _WEBM, "video_codec": "vp9", "audio_codec": "opus"}, _NO_BOXES),
    "MKV, H.264 and AAC": ({"mime_type": _MKV}, _NO_BOXES),
    "AVI, MPEG-4 and MP3": (
        {"mime_type": "video/x-msvideo", "video_codec": "mpeg4", "audio_codec": "mp3"},
        _NO_BOXES,
    ),
    "landscape 1920×1080": ({"width": 1920, "height": 1080}, {}),
    "4K 3840×2160": ({"width": 3840, "height": 2160, "bytes": 90_000_000}, {"bit_rate": 36_000_000}),
    "panorama 2560×400": ({"width": 2560, "height": 400}, {}),
    "odd sides 1079×1919": ({"width": 1079, "height": 1919}, {}),
    "small 320×240": ({"width": 320, "height": 240, "bytes": 900_000}, {}),
    "2 seconds": ({"duration_ms": 2_000, "bytes": 2_000_000}, {}),
    "10 minutes, 600 MB": ({"duration_ms": 600_000, "bytes": 600_000_000}, {}),
    "1 hour, 3 GB": ({"duration_ms": 3_600_000, "bytes": 3_000_000_000}, {}),
}
_SHORT = {Work.AS_IS: "as it is", Work.REMUX: "remuxed", Work.CONVERT: "converted", Work.REFUSE: "refused"}


def example(name: str) -> MediaAsset:
    """A file of the table."""
    facts, details = FILES[name]
    video = VideoDetails(**{**_ENCODER, **details})
    return MediaAsset(id="med_1", sha256="0" * 64, kind=MediaKind.VIDEO, video=video, **{**_PORTRAIT, **facts})


def fitting_page() -> str:
    """What each network asks of videos, and what is made of the files of the table."""
    parts = [
        "# Videos and networks\n\nWhat each network asks of a video, as `media` in `GET /v1/channels` has it, and what "
        "happens to some usual files with [`fit: convert`](../guides/files-that-fit.md) and `fitMode: pad`. Without it "
        "the first column alone refuses a file.\n"
    ]
    for spec in channel_specs():
        for kind, rule in rules_of(spec).items():
            parts.append(f"\n## {spec.title}{'' if kind == 'video' else f', {kind}'}\n\n")
            parts.append(table(["refused otherwise", "asked by its documents"], [(_refused(rule), _asked(rule))]))
            parts.append("\n")
            parts.append(table(["file", "is", "why"], [(name, *_row(name, rule)) for name in FILES]))
    return "".join(parts)


def rules_of(spec: ChannelSpec) -> Mapping[str, MediaRule]:
    """The rule of a video for each kind of post that has one of its own."""
    videos = [rule for rule in spec.media_rules if rule.kind is MediaKind.VIDEO]
    found = dict(spec.media) or dict(zip(("video",), videos, strict=False))
    return {kind: rule for kind, rule in found.items() if rule not in [found[one] for one in _before(found, kind)]}


def _before(found: Mapping[str, MediaRule], kind: str) -> list[str]:
    names = list(found)
    return names[: names.index(kind)]


def _row(name: str, rule: MediaRule) -> tuple[str, str]:
    plan = plan_fit(example(name), rule, FitMode.PAD)
    if plan.work is Work.REFUSE:
        return "refused", ", ".join(f"`{code}`" for code in plan.because)
    return _SHORT[plan.work], "; ".join(f"{one.what} {one.before or '?'} → {one.after}" for one in plan.changes) or "–"


def _refused(rule: MediaRule) -> str:
    """The rule, and the encoding that is refused otherwise."""
    found = [f"types {', '.join(rule.mime_types)}", f"at most {rule.max_bytes:,} bytes"]
    found += _named(rule, ("kind", "mime_types", "max_bytes", "takes_alt", "max_alt_length", "converted_types"))
    if rule.encoding is not None:
        found += _named(rule.encoding)
    return "; ".join(found)


def _asked(rule: MediaRule) -> str:
    return "; ".join(_named(rule.structure)) if rule.structure is not None else "–"


def _named(model: Any, without: tuple[str, ...] = ()) -> list[str]:
    """The fields that say something, with their names in the API."""
    found = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name in without or value == field.default or name in ("encoding", "structure"):
            continue
        found.append(f"{field.alias} {_text(value)}")
    return found


def _text(value: Any) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
