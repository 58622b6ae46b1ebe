"""A poll's options show something and differ by more than spaces, at every network that has polls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from munadi.domain.problem import Problem
from tests.channels.making import bench, draft
from tests.channels.test_blank_texts import UNSEEN

POLLS: Mapping[str, Callable[..., Any]] = {
    "linkedin": lambda *options: {"question": "Well?", "options": options},
    "mastodon": lambda *options: {"options": options, "expiresIn": 3600},
    "telegram": lambda *options: {"options": options},
    "threads": lambda *options: options,
    "x": lambda *options: {"options": options, "durationMinutes": 60},
}
CHANNELS = {name: bench(name).channel for name in POLLS}


def at(name: str, index: int) -> str:
    """Where an option stands: Threads has a list alone."""
    return f"/options/poll/{index}" if name == "threads" else f"/options/poll/options/{index}"


def problems(name: str, *options: str) -> list[Problem]:
    return CHANNELS[name].validate(draft("Well?", options={"poll": POLLS[name](*options)}), None)


def reported(found: list[Problem]) -> list[tuple[Any, ...]]:
    return [(one.pointer, one.code, one.rule, one.limit, one.actual) for one in found]


@pytest.mark.parametrize("name", POLLS)
@pytest.mark.parametrize("blank", [" ", *UNSEEN[:3]])
def test_an_option_that_shows_nothing_is_refused(name: str, blank: str) -> None:
    found = problems(name, "yes", blank)
    assert reported(found) == [(at(name, 1), "INVALID_OPTION", "poll_blank", 1, 0)]
    assert found[0].message == f"{CHANNELS[name].spec.title} needs a text in every option of a poll"
    assert problems(name, "yes", f"{blank}no") == []


@pytest.mark.parametrize("name", POLLS)
@pytest.mark.parametrize("alike", ["not now", " not now", "not  now\t", "not\u00a0now"])
def test_options_that_differ_by_spaces_alone_are_refused(name: str, alike: str) -> None:
    found = problems(name, "yes", "not now", alike)
    assert reported(found) == [(at(name, 2), "INVALID_OPTION", "poll_distinct", 1, 2)]
    assert problems(name, "yes", "not now", "notnow", "Not now") == []


def test_a_question_that_shows_nothing_is_refused() -> None:
    """At LinkedIn it has a field of its own, elsewhere it is the text."""
    asked = {**POLLS["linkedin"]("yes", "no"), "question": "\u200b "}
    found = CHANNELS["linkedin"].validate(draft("Hello", options={"poll": asked}), None)
    assert reported(found) == [("/options/poll/question", "INVALID_OPTION", "poll_question", 1, 0)]
    for name in POLLS.keys() - {"linkedin"}:
        given = draft("\u200b ", options={"poll": POLLS[name]("yes", "no")})
        assert {(one.pointer, one.code) for one in CHANNELS[name].validate(given, None)} == {("/text", "MISSING_FIELD")}
