"""Facebook's texts and times as they are read back, and how long a post may be missing from a list."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from munadi.channels.facebook.wire import read_story, same_text
from munadi.channels.text import collapsed
from tests.channels.cases.facebook_looks import seconds, story
from tests.channels.containers import at
from tests.channels.making import NOW, bench


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("Hello", "Hello", True),
        ("Hello", "hello", False),
        ("Hello", "Hello there", False),
        ("", "", True),
        ("", "x", False),
        ("Cafe\u0301", "Caf\u00e9", True),
        ("a.b", "axb", False),
        ("@[1]", "Acme", True),
        ("@[1]", "", False),
        ("By @[1], with @[2]!", "By Acme, with Other Page!", True),
        ("By @[1]", "By", False),
    ],
)
def test_the_same_text_as_facebook_shows_it(ours: str, theirs: str, same: bool) -> None:
    assert same_text(ours, theirs) is same


@given(
    st.lists(st.sampled_from(["a", "b", "ab", " ", "@[1]", "@[", "]", "@[2]", "e\u0301", "\n"])).map("".join),
    st.lists(st.sampled_from(["a", "b", " ", "Acme", "@[", "]", "\u00e9"])).map("".join),
)
@settings(max_examples=400, deadline=None)
def test_a_mention_matches_any_name(ours: str, theirs: str) -> None:
    """Compared with a regular expression for the same rule, which takes exponential time."""
    parts = [re.escape(collapsed(part)) for part in re.split(r"@\[[^\[\]]+\]", ours)]
    assert same_text(ours, theirs) is (re.fullmatch(".+?".join(parts), collapsed(theirs)) is not None)


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        *((shape, NOW) for shape in (seconds(NOW), int(NOW.timestamp()), at(NOW))),
        *((odd, None) for odd in (None, "soon", [], "0", "")),
    ],
)
def test_the_time_of_a_story_is_read_in_every_shape_and_never_guessed(time: Any, wanted: datetime | None) -> None:
    read = read_story(story(time))
    assert read is not None
    assert (read.id, read.created_at) == ("1234", wanted)


def test_a_lost_post_is_searched_until_every_list_would_show_it() -> None:
    """A post may be missing from a list for 30 seconds (docs/networks/facebook.md)."""
    assert bench("facebook").channel.spec.absence_window >= timedelta(seconds=30)
