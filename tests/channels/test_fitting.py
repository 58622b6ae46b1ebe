"""What must be made of a video for each network: a table of files and networks, without any file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.fit_plan import cost
from munadi.channels.fitting import plan_fit
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.fitting import FitMode, Recipe, Work
from munadi.domain.media import MediaAsset
from munadi.domain.video import PLAIN_PIXELS, EditList, VideoDetails, VideoEncoding, VideoStructure

GOOD: dict[str, Any] = {
    "pixel_format": "yuv420p", "bit_rate": 5_000_000, "audio_channels": 2, "audio_rate": 48_000,
    "moov_first": True, "edit_list": EditList.NONE, "constant_fps": True,
}  # fmt: skip
STRICT = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4",),
    max_bytes=100_000_000,
    min_ratio=9 / 16,
    max_ratio=16 / 9,
    min_width=540,
    min_duration=timedelta(seconds=3),
    max_duration=timedelta(seconds=600),
    encoding=VideoEncoding(
        video_codecs=("h264",), audio_codecs=("aac",), min_fps=23, max_fps=60, min_bytes=1000, max_sides=(1080, 1920)
    ),
    structure=VideoStructure(
        pixel_formats=PLAIN_PIXELS, sdr=True, constant_fps=True, progressive=True, square_pixels=True, even_sides=True,
        max_bit_rate=25_000_000, max_audio_channels=2, max_audio_rate=48_000, moov_first=True, edit_lists=False,
    ),
)  # fmt: skip
LAX = MediaRule(kind=MediaKind.VIDEO, mime_types=("video/mp4", "video/quicktime"), max_bytes=10**12)


def film(video: dict[str, Any] | None = None, **facts: Any) -> MediaAsset:
    """A video that `STRICT` takes, but for what is given."""
    known: dict[str, Any] = {
        "id": "med_1", "sha256": "0" * 64, "kind": MediaKind.VIDEO, "mime_type": "video/mp4", "bytes": 12_000_000,
        "width": 1280, "height": 720, "duration_ms": 20_000, "video_codec": "h264", "audio_codec": "aac", "fps": 30.0,
    }  # fmt: skip
    return MediaAsset(**{**known, "video": VideoDetails(**{**GOOD, **(video or {})}), **facts})


# What is wrong with a file, what is done about it, and which changes are named.
FILES: dict[str, tuple[MediaAsset, Work, tuple[str, ...]]] = {
    "as the network wants it": (film(), Work.AS_IS, ()),
    "not probed for details": (film().model_copy(update={"video": None}), Work.AS_IS, ()),
    "rotated": (film({"rotation": 90}, width=720, height=1280), Work.AS_IS, ()),
    "QuickTime": (film(mime_type="video/quicktime"), Work.REMUX, ("container",)),
    "index at the end": (film({"moov_first": False}), Work.REMUX, ("moov_first",)),
    "edit list": (film({"edit_list": EditList.PLAIN}), Work.REMUX, ("edit_list",)),
    "trimmed by its edit list": (film({"edit_list": EditList.CUT}), Work.CONVERT, ("edit_list",)),
    "HEVC": (film(video_codec="hevc"), Work.CONVERT, ("video_codec",)),
    "4:2:2": (film({"pixel_format": "yuv422p"}), Work.CONVERT, ("pixel_format",)),
    "HDR": (film({"pixel_format": "yuv420p10le", "hdr": True}), Work.CONVERT, ("pixel_format", "dynamic_range")),
    "variable rate": (film({"constant_fps": False}), Work.CONVERT, ("fps",)),
    "10 a second": (film(fps=10.0), Work.CONVERT, ("fps",)),
    "120 a second": (film(fps=120.0), Work.CONVERT, ("fps",)),
    "interlaced": (film({"progressive": False}), Work.CONVERT, ("progressive",)),
    "wide pixels": (film({"pixel_ratio": 1.2}, width=960), Work.CONVERT, ("pixel_ratio", "size")),
    "5.1": (film({"audio_channels": 6}), Work.CONVERT, ("audio_channels",)),
    "96 kHz": (film({"audio_rate": 96_000}), Work.CONVERT, ("audio_rate",)),
    "Opus": (film(audio_codec="opus"), Work.CONVERT, ("audio_codec",)),
    "no sound": (film({"audio_channels": None, "audio_rate": None}, audio_codec=None), Work.AS_IS, ()),
    "4K": (film(width=3840, height=2160), Work.CONVERT, ("size",)),
    "odd sides": (film(width=1281, height=721), Work.CONVERT, ("size",)),
    "too wide": (film(width=1920, height=800), Work.CONVERT, ("pad",)),
    "too many bits": (film({"bit_rate": 60_000_000}), Work.CONVERT, ("bit_rate",)),
    "too large": (film(bytes=200_000_000, duration_ms=300_000), Work.CONVERT, ("bytes",)),
    "too short": (film(duration_ms=2_000), Work.REFUSE, ()),
    "too long": (film(duration_ms=601_000, video_codec="hevc"), Work.REFUSE, ()),
    "too small": (film(width=400, height=300), Work.REFUSE, ()),
    "small and odd": (film(width=401, height=301), Work.REFUSE, ()),
}
COPIES = {"QuickTime", "index at the end", "edit list"}


@pytest.mark.parametrize("name", FILES)
def test_each_fault_of_a_file_has_its_cure(name: str) -> None:
    asset, work, changes = FILES[name]
    plan = plan_fit(asset, STRICT)
    assert (plan.work, tuple(one.what for one in plan.changes)) == (work, changes), plan
    assert (plan.recipe is not None) is (work in (Work.REMUX, Work.CONVERT))
    assert bool(plan.because) is (work is Work.REFUSE)
    if plan.recipe is not None:
        assert (plan.recipe.pictures == "copy" and plan.recipe.sound == "copy") is (name in COPIES)
        # What is made of it needs nothing more.
        again = plan_fit(plan.expected, STRICT)
        assert (again.work, again.changes, again.because) == (Work.AS_IS, (), ()), again


def test_a_network_without_such_needs_takes_them_all() -> None:
    changed = {name for name, (asset, *_) in FILES.items() if plan_fit(asset, LAX).work is not Work.AS_IS}
    assert changed == set()


def test_what_is_refused_says_why() -> None:
    because = {name: plan_fit(asset, STRICT).because for name, (asset, work, _) in FILES.items() if work is Work.REFUSE}
    assert because == {
        "too short": ("MEDIA_DURATION",),
        "too long": ("MEDIA_DURATION",),
        "too small": ("MEDIA_WIDTH",),
        "small and odd": ("MEDIA_WIDTH",),
    }


@pytest.mark.parametrize(
    ("mode", "width", "height", "expected"),
    [
        (FitMode.PAD, 1920, 1080, (1080, 1920, 1080, 606)),
        (FitMode.CROP, 1920, 1080, (606, 1080, 1920, 1080)),
        (FitMode.PAD, 720, 1600, (900, 1600, 720, 1600)),
        (FitMode.CROP, 720, 1600, (720, 1280, 720, 1600)),
    ],
)
def test_another_ratio_has_bars_or_no_edges(
    mode: FitMode, width: int, height: int, expected: tuple[int, int, int, int]
) -> None:
    rule = STRICT.model_copy(update={"max_ratio": 9 / 16, "min_ratio": 9 / 16})
    plan = plan_fit(film(width=width, height=height), rule, mode)
    assert plan.recipe is not None
    recipe = plan.recipe
    assert (recipe.width, recipe.height, recipe.inner_width, recipe.inner_height) == expected
    assert [one.what for one in plan.changes] == [mode.value]
    assert abs(recipe.width / recipe.height - 9 / 16) < 0.005


def test_frames_are_never_enlarged() -> None:
    for width, height in ((640, 360), (1280, 720), (541, 961), (1919, 1079), (4000, 100), (700, 4000)):
        for mode in FitMode:
            plan = plan_fit(film(width=width, height=height, video_codec="hevc"), STRICT, mode)
            if plan.recipe is not None:
                assert plan.recipe.inner_width <= width
                assert plan.recipe.inner_height <= height


def test_a_video_that_is_too_large_gets_fewer_bits_then_fewer_pixels_and_is_refused_at_last() -> None:
    large = {length: plan_fit(film(bytes=900_000_000, duration_ms=length * 1000), STRICT) for length in (100, 580)}
    for length, plan in large.items():
        assert plan.recipe is not None
        assert plan.recipe.bit_rate is not None
        assert (plan.recipe.bit_rate + 128_000) / 8 * length <= STRICT.max_bytes
    assert large[580].recipe is not None
    assert large[100].recipe is not None
    assert large[580].recipe.bit_rate < large[100].recipe.bit_rate  # type: ignore[operator]
    tiny = STRICT.model_copy(update={"max_bytes": 5_000_000})
    smaller = plan_fit(film(bytes=900_000_000, duration_ms=60_000), tiny.model_copy(update={"min_width": 100}))
    assert smaller.recipe is not None
    assert smaller.recipe.width < 1280
    assert plan_fit(film(bytes=900_000_000, duration_ms=599_000), tiny).because[-1:] == ("MEDIA_TOO_LARGE",)


def test_a_recipe_names_its_rendition() -> None:
    one, other = Recipe(width=2, height=2), Recipe(width=2, height=4)
    assert one.key("a") == Recipe(width=2, height=2).key("a")
    assert len({one.key("a"), one.key("b"), other.key("a")}) == 3


def test_longer_films_are_begun_earlier_and_copies_take_no_time_of_the_film() -> None:
    copy, new = Recipe(pictures="copy"), Recipe(width=1920, height=1080, fps="30")
    assert cost(film(duration_ms=600_000), copy) < 60
    assert cost(film(duration_ms=600_000), new) > 10 * cost(film(duration_ms=10_000), new)
