"""What networks ask of media files: how many, of which kinds, and each against its rule. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from munadi.channels.text import Problems
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.domain.video import VideoEncoding

# Measured rates are a little off the nominal one (23.976).
RATE_TOLERANCE = 0.05


class Bound(NamedTuple):
    """One measure of a file between `least` and `most`. What the probe could not read is None, and passes.

    `tolerance` is how far a value may be off: a pixel of rounding, or a measured rate beside the nominal one (23.976).
    """

    measure: Callable[[MediaAsset], float | None]
    code: str
    rule: str
    message: str
    least: float | None = None
    most: float | None = None
    tolerance: float = 0


@dataclass(frozen=True)
class FileRule:
    """What a network asks of one file: its MediaRule, and what that does not say."""

    media: MediaRule
    bounds: Sequence[Bound] = ()


def width(asset: MediaAsset) -> float:
    """Pixels from left to right."""
    return asset.width


def height(asset: MediaAsset) -> float:
    """Pixels from top to bottom."""
    return asset.height


def pixels(asset: MediaAsset) -> float:
    """All pixels of a picture: width times height."""
    return asset.width * asset.height


def size(asset: MediaAsset) -> float:
    """The size of the file, in bytes."""
    return asset.bytes


def frame_rate(asset: MediaAsset) -> float | None:
    """Frames per second, as measured."""
    return asset.fps


def ratio(asset: MediaAsset) -> float:
    """The aspect ratio: width divided by height; 0 where there is no height."""
    return round(asset.width / asset.height, 4) if asset.height else 0.0


def seconds(asset: MediaAsset) -> float:
    """Duration; zero of a still image."""
    return (asset.duration_ms or 0) / 1000


def pages(asset: MediaAsset) -> float:
    """The number of pages of a document."""
    return asset.pages or 0


def check_file(found: Problems, rule: FileRule, asset: MediaAsset, pointer: str) -> None:
    """Report all violations of one file."""
    found += check_media_file(found.spec, rule.media, asset, pointer)
    check_bounds(found, asset, pointer, rule.bounds)
    if rule.media.encoding and asset.kind is MediaKind.VIDEO:
        check_encoding(found, asset, pointer, rule.media.encoding)


def check_bounds(found: Problems, asset: MediaAsset, pointer: str, bounds: Sequence[Bound]) -> None:
    """Report each measure that is out of its bounds."""
    for one in bounds:
        actual = one.measure(asset)
        if actual is None:
            continue
        if one.least is not None and actual < one.least - one.tolerance:
            found.exceed(pointer, one.code, one.rule, one.message, one.least, actual)
        if one.most is not None and actual > one.most + one.tolerance:
            found.exceed(pointer, one.code, one.rule, one.message, one.most, actual)


def check_sides(
    found: Problems, asset: MediaAsset, pointer: str, most: tuple[int, int], code: str, rule: str, message: str
) -> None:
    """Report a picture whose longer or shorter side is longer than `most` allows, however it is turned."""
    if any(side > limit for side, limit in zip(sorted((asset.width, asset.height)), sorted(most), strict=True)):
        limits = f"{most[0]}x{most[1]}"
        found.exceed(pointer, code, rule, message, limits, f"{asset.width}x{asset.height}")


def check_encoding(found: Problems, asset: MediaAsset, pointer: str, encoding: VideoEncoding) -> None:
    """Report a video's codecs and its frame rate, where the probe could read them."""
    named = (("video", asset.video_codec, encoding.video_codecs), ("audio", asset.audio_codec, encoding.audio_codecs))
    for name, codec, known in named:
        if codec is not None and known and codec not in known:
            limit = ", ".join(known)
            message = f"takes {name} encoded as {limit}; this is {codec}"
            found.add(pointer, "MEDIA_CODEC", f"{name}_codec", message, limit, codec)
    least, most = encoding.min_fps, encoding.max_fps
    if least is None or most is None or asset.fps is None:
        return
    if not least - RATE_TOLERANCE <= asset.fps <= most + RATE_TOLERANCE:
        message = f"takes {least} to {most} frames per second; this has {asset.fps:g}"
        found.add(pointer, "MEDIA_FPS", "fps", message, f"{least}-{most}", asset.fps)


def check_alone(found: Problems, count: int, chosen: bool, rule: str, what: str) -> None:
    """Report media that may not stand beside others. `count` is that of all, `chosen` whether such a one is there."""
    if chosen and count > 1:
        found.exceed("/media", "MEDIA_TOO_MANY", rule, f"takes {what}, without other media", 1, count)


def check_media_count(spec: ChannelSpec, media: Sequence[MediaAsset]) -> list[Problem]:
    """How many media, and whether kinds may be mixed."""
    found, count = Problems(spec), len(media)
    if count < spec.min_media:
        found.exceed("/media", "MISSING_FIELD", "media_min", "needs media", spec.min_media, count)
    if count > spec.max_media:
        found.exceed("/media", "MEDIA_TOO_MANY", "media_max", "accepts fewer media files", spec.max_media, count)
    if not spec.mixed_media and len({asset.kind for asset in media}) > 1:
        found.exceed("/media", "MEDIA_MIXED", "media_mixed", "accepts one kind of media at a time", 1, 2)
    return found


def check_video_count(found: Problems, videos: int, most: int) -> None:
    """How many of the media are videos."""
    message = "takes {limit} video in a post; this has {actual}"
    found.at_most(most, videos, "/media", "MEDIA_TOO_MANY", "videos_max", message)


def check_media_kinds(
    spec: ChannelSpec, media: Sequence[MediaAsset], rules: Sequence[MediaRule] | None = None
) -> list[Problem]:
    """The files of a kind that has no rule among the spec's, or among the given ones."""
    found, kinds = Problems(spec), dict.fromkeys(rule.kind for rule in (spec.media_rules if rules is None else rules))
    for index, asset in enumerate(media):
        if asset.kind not in kinds:
            taken, message = ", ".join(kinds), "does not accept this kind"
            found.exceed(f"/media/{index}", "MEDIA_KIND", "media_kind", message, taken, asset.kind)
    return found


def check_media_file(spec: ChannelSpec, rule: MediaRule, asset: MediaAsset, pointer: str) -> list[Problem]:
    """One file against one rule: type, size, ratio, width, duration, pages, alt text. All violations."""
    found, types = Problems(spec), (*rule.mime_types, *rule.converted_types)
    if asset.mime_type not in types:
        allowed = ", ".join(types)
        found.exceed(pointer, "MEDIA_TYPE", "media_type", "does not accept this type", allowed, asset.mime_type)
    elif rule.needs_rendition(asset.mime_type, asset.bytes, multi_picture=bool(asset.multi_picture)):
        found += _check_rendition(spec, rule, asset, pointer)
    check_bounds(found, asset, pointer, tuple(_bounds(rule, asset)))
    length = len(asset.alt or "")
    if rule.max_alt_length is not None and length > rule.max_alt_length:
        message = "takes a shorter alt text"
        found.exceed(f"{pointer}/alt", "ALT_TOO_LONG", "alt_length", message, rule.max_alt_length, length)
    return found


def _check_rendition(spec: ChannelSpec, rule: MediaRule, asset: MediaAsset, pointer: str) -> list[Problem]:
    """A rendition looks like its source, and its type has neither transparency nor motion."""
    found = Problems(spec)
    for code, name, known in (
        ("MEDIA_ALPHA", "transparency", asset.has_alpha),
        ("MEDIA_ANIMATED", "animation", asset.animated),
    ):
        if known is not False:
            actual = name if known else "not known"
            message = f"takes {asset.mime_type} of {asset.bytes} bytes only as {rule.mime_types[0]}, without {name}"
            found.add(pointer, code, f"media_{name}", message, f"no {name}", actual)
    return found


def _bounds(rule: MediaRule, asset: MediaAsset) -> tuple[Bound, ...]:
    """What a MediaRule measures. A pixel of rounding is no violation: 1080 x 566 is what people mean by 1.91:1."""
    ends = (rule.min_duration, rule.max_duration)
    shortest, longest = (None if end is None else end.total_seconds() for end in ends)
    most, wider, narrower = (
        rule.most_bytes(asset.mime_type),
        "needs a wider aspect ratio",
        "needs a narrower aspect ratio",
    )
    return (
        Bound(size, "MEDIA_TOO_LARGE", "media_bytes", "accepts smaller files only", most=most),
        Bound(ratio, "MEDIA_RATIO", "media_min_ratio", wider, least=rule.min_ratio, tolerance=0.005),
        Bound(ratio, "MEDIA_RATIO", "media_max_ratio", narrower, most=rule.max_ratio, tolerance=0.005),
        Bound(width, "MEDIA_WIDTH", "media_min_width", "needs wider media", least=rule.min_width),
        Bound(width, "MEDIA_WIDTH", "media_max_width", "takes narrower media", most=rule.max_width),
        Bound(seconds, "MEDIA_DURATION", "media_min_duration", "takes longer videos", least=shortest),
        Bound(seconds, "MEDIA_DURATION", "media_max_duration", "takes shorter videos", most=longest),
        Bound(pages, "MEDIA_PAGES", "media_max_pages", "takes documents of fewer pages", most=rule.max_pages),
    )
