"""Hostile files cost a bounded share of the processor and of memory, in a process of at most a gigabyte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from munadi.domain.media_facts import MediaCode
from tests.media.hostile_files import FILES, PICTURES

ROOT = Path(__file__).parents[2]
# Of the processor, so that a busy machine changes nothing. A walk takes a tenth of it.
SECONDS = 3.0
KILOBYTES = 60_000
# Odd, but sound: a reader shows them, and what follows the picture is never served as anything else.
SOUND = {
    "jpeg with overlapping EXIF fields": "image/jpeg",
    "png with overlapping EXIF fields": "image/png",
    "webp with overlapping EXIF fields": "image/webp",
    "jpeg that continues as html": "image/jpeg",
}


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The outcome of each file of the corpus, by its name."""
    argv = [sys.executable, "-m", "tests.media.hostile_probe", str(tmp_path_factory.mktemp("hostile"))]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return {each["name"]: each for each in map(json.loads, ended.stdout.splitlines())}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_judged_in_bounded_time_and_memory(probed: dict[str, dict[str, Any]], name: str) -> None:
    found = probed[name]
    assert found["seconds"] < SECONDS
    assert found["kilobytes"] < KILOBYTES
    if name in SOUND:
        assert found["outcome"] == SOUND[name]
    else:
        assert found["outcome"] in set(MediaCode)


def test_a_picture_of_many_parts_is_refused_before_a_decoder_sees_it(probed: dict[str, dict[str, Any]]) -> None:
    """Each of these took Pillow seconds, minutes or a gigabyte."""
    many = [name for name in PICTURES if "million" in name and "pixels" not in name]
    assert len(many) == 7
    assert {probed[name]["outcome"] for name in many} == {MediaCode.MEDIA_CORRUPT}
