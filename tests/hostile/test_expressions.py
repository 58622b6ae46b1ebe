"""Every regular expression of the product meets texts that are meant to make it slow. None may need more than linear
time: half a second of CPU for 20 000 characters is far from that."""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from munadi.channels.text import graphemes, measure
from munadi.domain.channel import TextUnit
from tests.hostile.texts import corpus

PRODUCT = ("munadi", "api", "workflows", "activities", "worker")
ROOT = Path(__file__).parents[2]
SECONDS = 0.5
TEXTS = corpus()


def modules() -> Iterator[ModuleType]:
    """Every module of the product that can be imported without starting something."""
    for name in PRODUCT:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "__main__" not in found.name and ".migrations." not in found.name and not found.name.endswith(".leash"):
                yield importlib.import_module(found.name)


def expressions() -> dict[str, re.Pattern[str]]:
    """Every compiled expression that a module or a class of it has, by its place."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules():
        holders = [module, *(value for value in vars(module).values() if isinstance(value, type))]
        for holder in holders:
            for name, value in vars(holder).items():
                if isinstance(value, re.Pattern | regex.Pattern) and isinstance(value.pattern, str):
                    found.setdefault(value.pattern, value)
                    PLACES.setdefault(value.pattern, f"{module.__name__}.{name}")
    return found


PLACES: dict[str, str] = {}
EXPRESSIONS = expressions()
# Slow by itself, and used in pieces only: see `test_a_text_is_measured_in_linear_time`.
IN_PIECES = {"munadi.channels.text._GRAPHEME"}
VERBS = ("match", "fullmatch", "search", "sub", "finditer", "findall", "split")


def verbs_of(place: str) -> set[str]:
    """How the product uses an expression; one that is passed on is searched for and replaced."""
    name = place.rpartition(".")[2]
    used = re.findall(rf"\b{re.escape(name)}\.({'|'.join(VERBS)})\(", SOURCE)
    return set(used) or {"fullmatch", "search"}


SOURCE = "\n".join(path.read_text() for name in PRODUCT for path in (ROOT / name).rglob("*.py"))


class TooSlow(Exception):
    """The expression used up its CPU time."""


def bounded(call: Callable[[], object], seconds: float = SECONDS) -> None:
    """Run for at most `seconds` of CPU, then raise TooSlow: expressions check for signals while they run."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        call()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_there_are_expressions_to_test() -> None:
    assert len(EXPRESSIONS) > 40


@pytest.mark.parametrize("pattern", EXPRESSIONS, ids=lambda pattern: PLACES[pattern])
def test_an_expression_takes_linear_time(pattern: str) -> None:
    place, expression = PLACES[pattern], EXPRESSIONS[pattern]
    slow = []
    for verb in verbs_of(place):
        for name, text in TEXTS.items():
            try:
                bounded(partial(use, expression, verb, text))
            except TooSlow:
                slow.append(f"{verb}: {name}")
                break
    assert slow == ([] if place not in IN_PIECES else slow)


def use(expression: re.Pattern[str], verb: str, text: str) -> None:
    """Run it to the end, as the product does."""
    if verb == "sub":
        expression.sub("", text)
    elif verb == "finditer":
        for _ in expression.finditer(text):
            pass
    else:
        getattr(expression, verb)(text)


@pytest.mark.parametrize("unit", TextUnit)
def test_a_text_is_measured_in_linear_time(unit: TextUnit) -> None:
    for text in corpus(100_000).values():
        bounded(partial(measure, text, unit), 2.0)


@given(st.text(st.sampled_from("\U0001f1e9\U0001f1ea\u0301\u200d\U0001f469a \n"), max_size=400))
def test_clusters_are_those_of_the_expression(text: str) -> None:
    assert graphemes(text) == regex.findall(r"\X", text)


def test_a_slow_expression_is_found() -> None:
    with pytest.raises(TooSlow):
        bounded(lambda: re.fullmatch("(a+)+b", "a" * 40), 0.2)
