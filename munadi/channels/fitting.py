"""What must be made of a video so that a network takes it: its facts against the network's rule. Pure.

Rule: nothing is lost that the network does not force. Pictures and sound are copied where they may stay; frames are
never enlarged, and no part of the time is cut. What would need that is refused.
Source: docs/guides/files-that-fit.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from munadi.channels.files import RATE_TOLERANCE
from munadi.channels.fit_plan import FitPlan, length, refusals
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.fitting import Change, FitMode, Recipe, Work
from munadi.domain.media import MediaAsset
from munadi.domain.video import EditList, VideoDetails, VideoEncoding, VideoStructure

MP4 = "video/mp4"
# What an MP4 holds everywhere, where a network does not say.
_CODECS, _SOUNDS = ("h264",), ("aac",)
_AUDIO_RATE, _AUDIO_CHANNELS, _AUDIO_BITS = 48_000, 2, 128_000
# Pixels of the shorter and the longer side: no network shows more, and new pictures take long.
_SIDES = (1080, 1920)
# Rates that cameras and editors write.
_RATES = tuple(Fraction(one) for one in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60"))
_SLOWEST, _FASTEST = 23, 60
# Bits of each pixel of each frame: what is enough, and below which one sees the loss.
_GOOD, _POOR = 0.1, 0.02
_MOST_BITS = 10_000_000
# A file with an even rate can be a little larger than its rate times its length.
_SPARE = 0.92
_SMALLEST_SIDE = 360
_RATIO_TOLERANCE = 0.005


def plan_fit(asset: MediaAsset, rule: MediaRule, mode: FitMode = FitMode.PAD) -> FitPlan:
    """What is to be done with a video for a network's rule. Other files stay as they are."""
    if asset.kind is not MediaKind.VIDEO or rule.kind is not MediaKind.VIDEO:
        return FitPlan(Work.AS_IS, asset)
    return _Planner(asset, rule, mode).plan()


@dataclass
class _Planner:
    asset: MediaAsset
    rule: MediaRule
    mode: FitMode
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.encoding = self.rule.encoding or VideoEncoding()
        self.structure = self.rule.structure or VideoStructure()
        self.details = self.asset.video or VideoDetails()

    def plan(self) -> FitPlan:
        wrapped = self._wrapping()
        pictures = self._pictures(wrapped)
        sound = self._sound(wrapped or pictures)
        if not (wrapped or pictures or sound):
            because = refusals(self.rule, self.asset)
            return FitPlan(Work.REFUSE if because else Work.AS_IS, self.asset, because=because)
        recipe = self._recipe(pictures, sound)
        self._note_size(recipe)
        expected = self._expected(recipe)
        because = refusals(self.rule, expected)
        if because:
            return FitPlan(Work.REFUSE, expected, because=because)
        copied = recipe.pictures == "copy" and recipe.sound != "aac"
        return FitPlan(Work.REMUX if copied else Work.CONVERT, expected, tuple(self.changes), recipe)

    def _change(self, what: str, before: object, after: object) -> None:
        texts = [None if one is None else f"{one:g}" if isinstance(one, float) else str(one) for one in (before, after)]
        self.changes.append(Change(what=what, before=texts[0], after=texts[1]))

    def _note_size(self, recipe: Recipe) -> None:
        """Say how the frame changes: in its ratio, with bars or without edges, or in its size alone."""
        before, after = (self.asset.width, self.asset.height), (recipe.width, recipe.height)
        if recipe.pictures != "copy" and before != after:
            has_ratio = self._wanted_frame() == self._shown()
            self._change("size" if has_ratio else self.mode.value, "{}x{}".format(*before), "{}x{}".format(*after))

    def _wrapping(self) -> bool:
        """Whether the file needs another wrapping."""
        before, details = len(self.changes), self.details
        if self.asset.mime_type not in self.rule.mime_types:
            self._change("container", self.asset.mime_type, MP4)
        if self.structure.moov_first and details.moov_first is False:
            self._change("moov_first", "no", "yes")
        if not self.structure.edit_lists and details.edit_list not in (None, EditList.NONE):
            self._change("edit_list", details.edit_list, "none")
        return len(self.changes) > before

    def _pictures(self, wrapped: bool) -> bool:
        """Whether new pictures are needed."""
        before, asset, details, asked = len(self.changes), self.asset, self.details, self.structure
        codecs = self.encoding.video_codecs or asked.video_codecs or (_CODECS if wrapped else ())
        if asset.video_codec is not None and codecs and asset.video_codec not in codecs:
            self._change("video_codec", asset.video_codec, "h264")
        formats = asked.pixel_formats
        if formats and details.pixel_format is not None and details.pixel_format not in formats:
            self._change("pixel_format", details.pixel_format, "yuv420p")
        if asked.sdr and details.hdr:
            self._change("dynamic_range", "hdr", "sdr")
        if asked.progressive and not details.progressive:
            self._change("progressive", "no", "yes")
        if asked.square_pixels and not math.isclose(details.pixel_ratio, 1):
            self._change("pixel_ratio", details.pixel_ratio, 1)
        if (rate := self._wanted_rate(wrapped)) is not None:
            self._change("fps", asset.fps, round(float(rate), 3))
        most = self.encoding.max_bit_rate or asked.max_bit_rate
        if most is not None and details.bit_rate is not None and details.bit_rate > most:
            self._change("bit_rate", details.bit_rate, f"at most {most}")
        if asset.bytes > self.rule.max_bytes:
            self._change("bytes", asset.bytes, f"at most {self.rule.max_bytes}")
        is_cut = not asked.edit_lists and details.edit_list is EditList.CUT
        return is_cut or self._frame() != (asset.width, asset.height) or len(self.changes) > before

    def _sound(self, moved: bool) -> bool:
        """Whether new sound is needed. `moved`: it gets into another file."""
        before, asset, details, asked = len(self.changes), self.asset, self.details, self.structure
        if asset.audio_codec is None:
            return False
        codecs = self.encoding.audio_codecs or (_SOUNDS if moved else ())
        if codecs and asset.audio_codec not in codecs:
            self._change("audio_codec", asset.audio_codec, "aac")
        if asked.max_audio_channels is not None and (details.audio_channels or 0) > asked.max_audio_channels:
            self._change("audio_channels", details.audio_channels, _AUDIO_CHANNELS)
        if asked.max_audio_rate is not None and (details.audio_rate or 0) > asked.max_audio_rate:
            self._change("audio_rate", details.audio_rate, _AUDIO_RATE)
        return len(self.changes) > before

    def _wanted_rate(self, wrapped: bool) -> Fraction | None:
        """Another rate, if the network forces it. Where a container does not say whether frames last equally long, its
        clock is too coarse for that, and another one would show it."""
        least, most, rate = self.encoding.min_fps, self.encoding.max_fps, self.asset.fps
        if rate is None:
            return None
        is_off = (least is not None and rate < least - RATE_TOLERANCE) or (
            most is not None and rate > most + RATE_TOLERANCE
        )
        known = self.details.constant_fps
        uneven = self.structure.constant_fps and (known is False or (known is None and wrapped))
        return self._even_rate() if is_off or uneven else None

    def _even_rate(self) -> Fraction:
        """The nearest usual rate that the network takes; 30 of what is slower or not known."""
        rate = self.asset.fps
        if rate is None or rate < _SLOWEST - RATE_TOLERANCE:
            return min(Fraction(30), Fraction(self.encoding.max_fps or 30))
        most = min(self.encoding.max_fps or _FASTEST, _FASTEST)
        usual = [one for one in _RATES if (self.encoding.min_fps or 0) <= one + Fraction(1, 20) and one <= most]
        return min(usual, key=lambda one: abs(float(one) - rate)) if usual else Fraction(most)

    def _shown(self) -> tuple[float, float]:
        """The sides of the picture in square pixels."""
        ratio = self.details.pixel_ratio if self.structure.square_pixels else 1.0
        return self.asset.width * ratio, float(self.asset.height)

    def _wanted_frame(self) -> tuple[float, float]:
        """The frame in the network's aspect ratio, before it is made smaller."""
        width, height = self._shown()
        ratio, (least, most) = width / height, (self.rule.min_ratio, self.rule.max_ratio)
        if least is not None and ratio < least - _RATIO_TOLERANCE:
            wanted = least
        elif most is not None and ratio > most + _RATIO_TOLERANCE:
            wanted = most
        else:
            return width, height
        grows_wider = (wanted > ratio) is (self.mode is FitMode.PAD)
        return (height * wanted, height) if grows_wider else (width, width / wanted)

    def _scale(self, width: float, height: float, sides: tuple[int, ...] | None) -> float:
        """By how much a frame must be made smaller; 1 where it fits."""
        limits = [1.0]
        for side, most in ((width, self.rule.max_width), (height, self.encoding.max_height)):
            limits += [most / side] if most else []
        if sides is not None:
            shorter, longer = sorted((width, height))
            limits += [min(sides) / shorter, max(sides) / longer]
        if self.encoding.max_pixels:
            limits.append(math.sqrt(self.encoding.max_pixels / (width * height)))
        return min(limits)

    def _frame(self) -> tuple[int, int]:
        """The frame that the network forces, which may be the one that there is."""
        width, height = self._wanted_frame()
        scale = self._scale(width, height, self.encoding.max_sides)
        is_kept = scale == 1 and (width, height) == (self.asset.width, self.asset.height)
        if is_kept and not self.structure.even_sides:
            return self.asset.width, self.asset.height
        return _even(width * scale), _even(height * scale)

    def _recipe(self, pictures: bool, sound: bool) -> Recipe:
        sounds = "none" if self.asset.audio_codec is None else "aac" if sound else "copy"
        if not pictures:
            return Recipe(pictures="copy", sound=sounds, least_bytes=self.encoding.min_bytes)
        width, height = self._wanted_frame()
        scale = min(self._scale(width, height, self.encoding.max_sides or _SIDES), self._scale(width, height, _SIDES))
        rate = self._even_rate()
        frame, bits = self._affordable(width * scale, height * scale, float(rate))
        scale *= frame[0] / (width * scale)
        inner = self._shown()
        return Recipe(
            sound=sounds,
            width=_even(frame[0]),
            height=_even(frame[1]),
            inner_width=self._inner(inner[0] * scale, frame[0]),
            inner_height=self._inner(inner[1] * scale, frame[1]),
            fps=str(rate),
            bit_rate=bits,
            least_bytes=self.encoding.min_bytes,
            deinterlace=not self.details.progressive,
            tone_map=self.details.hdr,
        )

    def _inner(self, side: float, frame: float) -> int:
        """A side of the picture: exactly the frame's where they differ by rounding alone."""
        return _even(frame) if abs(side - frame) < 2 else _even(side)

    def _affordable(self, width: float, height: float, rate: float) -> tuple[tuple[float, float], int]:
        """The frame and its bits per second within the network's limits, smaller where they would show."""
        most = _MOST_BITS
        for limit in (self.encoding.max_bit_rate, self.structure.max_bit_rate):
            most = min(most, int(limit * _SPARE) - _AUDIO_BITS) if limit else most
        if seconds := length(self.asset):
            most = min(most, int(self.rule.max_bytes * 8 * _SPARE / seconds) - _AUDIO_BITS)
        while most < _POOR * width * height * rate and min(width, height) * 0.75 >= _SMALLEST_SIDE:
            width, height = width * 0.75, height * 0.75
        return (width, height), max(min(most, int(_GOOD * width * height * rate)), 0)

    def _expected(self, recipe: Recipe) -> MediaAsset:
        """The file as it will be. Its size is not known before: where it may be too large, that is the limit."""
        copied = recipe.pictures == "copy"
        sound = self.asset.audio_codec if recipe.sound == "copy" else None if recipe.sound == "none" else "aac"
        is_new_sound = recipe.sound == "aac"
        changed = {
            "edit_list": EditList.NONE,
            "moov_first": True,
            "audio_channels": _AUDIO_CHANNELS if is_new_sound else self.details.audio_channels,
            "audio_rate": _AUDIO_RATE if is_new_sound else self.details.audio_rate,
        }
        known: dict[str, object] = {"mime_type": MP4, "audio_codec": sound}
        if not copied:
            bits = (recipe.bit_rate or 0) + _AUDIO_BITS
            changed |= {
                "pixel_format": "yuv420p", "bit_rate": bits, "rotation": 0, "pixel_ratio": 1.0,
                "progressive": True, "hdr": False, "constant_fps": True,
            }  # fmt: skip
            known |= {
                "width": recipe.width, "height": recipe.height, "video_codec": "h264",
                "fps": round(float(Fraction(recipe.fps or "30")), 3),
                "bytes": self._size(recipe),
            }  # fmt: skip
        return self.asset.model_copy(update={**known, "video": self.details.model_copy(update=changed)})

    def _size(self, recipe: Recipe) -> int:
        """At most the limit where the pictures keep their quality; otherwise what they need for it."""
        needed = _POOR * recipe.width * recipe.height * float(Fraction(recipe.fps or "30"))
        if (recipe.bit_rate or 0) >= needed:
            return min(self.asset.bytes, self.rule.max_bytes)
        return max(self.rule.max_bytes + 1, int(length(self.asset) * needed / 8))


def _even(side: float) -> int:
    """The next smaller even number: a frame is not enlarged, not even by a pixel."""
    return max(2, math.floor(side / 2 + 1e-6) * 2)
