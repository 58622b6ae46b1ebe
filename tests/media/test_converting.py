"""Renditions of odd videos: what is made is probed again, and needs nothing more for its network."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from munadi.channels.facebook.spec import REEL
from munadi.channels.fitting import plan_fit
from munadi.channels.instagram.spec import REEL_VIDEO
from munadi.channels.registry import channel_specs
from munadi.channels.x.spec import VIDEO as X_VIDEO
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.fitting import FitMode, Recipe, Work
from munadi.domain.media import MediaAsset
from munadi.domain.media_facts import MediaRefused
from munadi.media.convert_child import MAX_MEMORY
from munadi.media.convert_process import convert_apart
from munadi.media.converting import convert
from munadi.media.sniff import HEAD_BYTES, Kind, sniff
from munadi.media.video_reading import read_video
from scripts.fitting_tables import rules_of
from tests.judges.mediainfo import broken
from tests.support.films import CORPUS, Film

RULES = {"instagram": REEL_VIDEO, "facebook": REEL, "x": X_VIDEO}
# What each is for Instagram, Facebook's reels and X. Of the rest of the corpus `make soak` shows all (docs/reference).
SHOWN: dict[str, tuple[Work, Work, Work]] = {
    "plain.mp4": (Work.AS_IS, Work.REFUSE, Work.AS_IS),
    "editor.mp4": (Work.REMUX, Work.REFUSE, Work.AS_IS),
    "phone.mov": (Work.REMUX, Work.REFUSE, Work.CONVERT),
    "hdr.mov": (Work.CONVERT, Work.REFUSE, Work.CONVERT),
    "screen.mp4": (Work.CONVERT, Work.REFUSE, Work.AS_IS),
    "camera.mp4": (Work.CONVERT, Work.REFUSE, Work.CONVERT),
    "surround.mp4": (Work.CONVERT, Work.REFUSE, Work.CONVERT),
    "browser.webm": (Work.CONVERT, Work.REFUSE, Work.CONVERT),
    "archive.mkv": (Work.REMUX, Work.REFUSE, Work.REMUX),
    "broadcast.ts": (Work.CONVERT, Work.REFUSE, Work.CONVERT),
    "odd.mkv": (Work.CONVERT, Work.REFUSE, Work.CONVERT),
}


def kind_of(path: Path) -> Kind:
    """What the file is by its first bytes."""
    kind = sniff(path.read_bytes()[:HEAD_BYTES])
    assert kind is not None
    return kind


def asset_of(path: Path) -> MediaAsset:
    """A file as a draft has it."""
    facts = read_video(path, kind_of(path), path.stat().st_size)
    known = facts.model_dump(exclude={"bit_rate", "kind", "video"})
    return MediaAsset(id="med_1", sha256="0" * 64, kind=MediaKind.VIDEO, video=facts.video, **known)


def made(source: Path, rule: MediaRule, folder: Path) -> MediaAsset:
    """The rendition for a rule, probed."""
    plan = plan_fit(asset_of(source), rule)
    assert plan.recipe is not None
    target, parts = folder / f"made-{source.name}.mp4", []
    convert(source, kind_of(source).reader, target, plan.recipe, parts.append)
    assert parts == sorted(parts)
    found = asset_of(target)
    same = ("mime_type", "width", "height", "video_codec", "audio_codec")
    assert {one: getattr(found, one) for one in same} == {one: getattr(plan.expected, one) for one in same}
    return found


@pytest.mark.parametrize("film", [one for one in CORPUS if one.name in SHOWN], ids=lambda film: film.name)
def test_an_odd_video_becomes_one_that_needs_nothing_more(film: Film, tmp_path: Path) -> None:
    source = film.make(tmp_path)
    asset = asset_of(source)
    assert tuple(plan_fit(asset, rule).work for rule in RULES.values()) == SHOWN[film.name]
    if plan_fit(asset, REEL_VIDEO).recipe is None:
        return
    found = made(source, REEL_VIDEO, tmp_path)
    again = plan_fit(found, REEL_VIDEO)
    assert (again.work, again.changes, again.because) == (Work.AS_IS, (), ())
    assert abs((found.duration_ms or 0) - (asset.duration_ms or 0)) < 150
    assert found.bytes > 1000
    assert broken(tmp_path / f"made-{film.name}.mp4", REEL_VIDEO) == []


def test_the_judge_finds_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    """It reads the same of the files themselves."""
    expected = {
        "camera.mp4": {"pixel_format", "moov_first", "edit_list"},
        "surround.mp4": {"audio_channels", "moov_first", "edit_list"},
        "slow.mp4": {"min_fps", "moov_first", "edit_list"},
        "short.mp4": {"min_duration", "moov_first", "edit_list"},
        "plain.mp4": set(),
    }
    films = {one.name: one for one in CORPUS}
    assert {name: set(broken(films[name].make(tmp_path), REEL_VIDEO)) for name in expected} == expected


VIDEOS = [(spec.title, kind, rule) for spec in channel_specs() for kind, rule in rules_of(spec).items()]


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("film", CORPUS, ids=lambda film: film.name)
def test_every_film_fits_every_network_or_is_refused(film: Film, tmp_path: Path) -> None:
    """Each rendition is made once, as in the product, and judged for every network that gets it."""
    source, files = film.make(tmp_path), dict[str, Path]()
    asset, reader = asset_of(source), kind_of(source).reader
    for title, kind, rule in VIDEOS:
        for mode in FitMode:
            plan = plan_fit(asset, rule, mode)
            if plan.recipe is None:
                continue
            key = plan.recipe.key("")
            if key not in files:
                files[key] = tmp_path / f"{key}.mp4"
                convert(source, reader, files[key], plan.recipe, lambda _: None)
            again = plan_fit(asset_of(files[key]), rule, mode)
            assert (again.work, again.changes) == (Work.AS_IS, ()), (title, kind, mode, again)
            assert broken(files[key], rule) == [], (title, kind, mode, plan)


def test_pictures_are_turned_and_padded_in_their_middle(tmp_path: Path) -> None:
    phone = Film("phone.mov", size=(640, 360), rotation=-90, seconds=3.1, sound=None, marked=True)
    rule = REEL.model_copy(update={"min_width": 100, "encoding": None, "min_ratio": 1.0, "max_ratio": 1.0})
    found = made(phone.make(tmp_path), rule, tmp_path)
    assert (found.width, found.height) == (640, 640)
    with av.open(str(tmp_path / "made-phone.mov.mp4")) as container:
        frame = next(iter(container.decode(video=0))).to_image().convert("L")

    def light(column: int) -> int:
        return min(frame.getpixel((column, row)) for row in (5, 320, 635))

    # A quarter turn clockwise brings the upper half to the right. 360 columns are the picture, black is beside them.
    lit = [column for column in range(640) if light(column) > 200]
    assert abs(lit[0] - 320) <= 4
    assert abs(lit[-1] - 499) <= 4
    assert light(20) < 10
    assert light(620) < 10


def test_sound_and_pictures_stay_together(tmp_path: Path) -> None:
    web = Film("web.webm", codec="libvpx-vp9", sound="libopus", seconds=3.2)
    found = made(web.make(tmp_path), REEL_VIDEO, tmp_path)
    assert found.audio_codec == "aac"
    with av.open(str(tmp_path / "made-web.webm.mp4")) as container:
        tracks = [
            (float(one.start_time * one.time_base), float(one.duration * one.time_base)) for one in container.streams
        ]
    (begins, lasts), (sound_begins, sound_lasts) = tracks
    assert max(begins, sound_begins) < 0.05
    assert abs(begins + lasts - sound_begins - sound_lasts) < 0.15


async def test_a_conversion_has_a_process_of_its_own(tmp_path: Path) -> None:
    source = Film("camera.mp4", pixels="yuv422p", size=(180, 320), seconds=3.2).make(tmp_path)
    plan, parts = plan_fit(asset_of(source), REEL_VIDEO), list[float]()
    assert plan.recipe is not None
    await convert_apart(source, tmp_path / "out.mp4", plan.recipe, 10, parts.append)
    assert asset_of(tmp_path / "out.mp4").video_codec == "h264"
    assert all(0 <= one <= 1 for one in parts)


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x18ftypisom" + b"\xff" * 4000, b"GIF89a" + b"\0" * 600])
async def test_what_is_no_video_is_refused(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "broken.mp4"
    source.write_bytes(content)
    recipe = Recipe(width=64, height=64, inner_width=64, inner_height=64)
    with pytest.raises(MediaRefused):
        await convert_apart(source, tmp_path / "out.mp4", recipe, 1, print)


LONG = Recipe(width=1920, height=1080, inner_width=1920, inner_height=1080, fps="60", sound="none")


async def test_a_canceled_conversion_leaves_no_process(tmp_path: Path) -> None:
    source = Film("long.mp4", seconds=20, size=(640, 360)).make(tmp_path)
    begun = asyncio.Event()
    task = asyncio.create_task(convert_apart(source, tmp_path / "out.mp4", LONG, 60, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 60)
    [child] = _children()
    assert os.getpriority(os.PRIO_PROCESS, child) == 19
    assert resource.prlimit(child, resource.RLIMIT_DATA) == (MAX_MEMORY, MAX_MEMORY)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _children() == []


def _children() -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "convert_child"], capture_output=True, text=True)
    return [int(one) for one in found.stdout.split()]


@contextmanager
def child(folder: Path, recipe: Recipe, max_bytes: int) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a conversion, as a worker starts it."""
    source = Film("long.mp4", seconds=20, size=(640, 360)).make(folder)
    given = {"source": str(source), "target": str(folder / "out.mp4"), "reader": "mov", "seconds": 600}
    given |= {"recipe": recipe.model_dump(by_alias=False), "max_bytes": max_bytes}
    command = [sys.executable, "-I", "-m", "munadi.media.convert_child", json.dumps(given)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_the_process_ends_with_the_one_that_began_it(tmp_path: Path) -> None:
    with child(tmp_path, LONG, 1 << 30) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert b"progress" in process.stdout.readline()
        process.stdin.close()  # as when that process is killed
        assert process.wait(timeout=20) == 0


def test_a_rendition_has_a_largest_size(tmp_path: Path) -> None:
    with child(tmp_path, Recipe(pictures="copy", sound="none"), 2000) as process:
        assert process.stdout is not None
        said = [json.loads(line) for line in process.stdout]
    assert said[-1].get("code") == "MEDIA_CORRUPT", said
    assert (tmp_path / "out.mp4").stat().st_size <= 2000
