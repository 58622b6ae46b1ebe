"""What counts, checks and compares texts takes time in proportion to them, whatever they repeat.

Texts are drawn from nasty fragments, the same ones in each run. Found automatically: every function of the channels,
the intake and the domain that takes nothing but texts, and every channel's rules. Processor time of the thread is
measured, so other work on the machine does not count.
"""

from __future__ import annotations

import importlib
import inspect
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import count
from pkgutil import walk_packages
from random import Random
from typing import Any

import pytest

import munadi.channels
import munadi.domain
import munadi.intake
from munadi.channels.linkedin.commentary import little_text
from munadi.channels.mastodon.instance import FACT, Instance
from munadi.channels.mastodon.rules import counted
from munadi.channels.mastodon.spec import Options as MastodonOptions
from munadi.channels.mastodon.wire import same_text as same_at_mastodon
from munadi.channels.registry import REGISTRY
from munadi.channels.telegram.wire import same_text as same_at_telegram
from munadi.channels.text import measure
from munadi.channels.x.accounts import SUBSCRIPTION
from munadi.channels.x.spec import PREMIUM
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import TextUnit
from munadi.domain.content import Draft
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.accounts import Target
from munadi.intake.drafts import PlacedDraft, check_draft
from munadi.intake.fingerprint import fingerprint_of
from munadi.intake.requests import ChannelRequest
from munadi.intake.validation import validation_of
from munadi.intake.warnings import draft_warnings
from tests.channels.making import account, bench

Reader = Callable[[str], object]
PACKAGES = (munadi.channels, munadi.intake, munadi.domain)
FRAGMENTS = (
    "a", "A", "1", "é", "漢", "क्ष", "한", "א", "\u202e", "\u200d", "\ufe0f", "\u0301", "\u0316\u0301", "\u034f", "😀",
    "👩\u200d", "🏽", "🇩", "#\ufe0f\u20e3", "\u20e3", " ", "\n", "\u3000", "\0", "(", ")", "[", "]", "{", "}", "<", ">",
    "((", "()", "@[", "](", ".", "..", "-", "_", "/", "?", "!", ":", "://", "&", "&amp;", "=", "%2F", "@", "@a", "@a.b",
    "@[1] a ", "#", "#a", "##", "$a", "`", "``", "*", "\\", '"', "'", "a.com", "a.", ".com", "www.", "http://", "https://",
    "https://a.com/", "https://a.com/(", "https://a.b", "a.com/", "<meta ", "<a href=", "-eyJ", "{hashtag|\\#|",
)  # fmt: skip
# Mixtures of fragments for each reader; `make faults` tries more.
DRAWS, MANY_DRAWS = 40, 400
# Code points of the shorter text. The longer one has `TIMES` as many.
LENGTH, TIMES = 4_000, 4
# Quadratic time is 16 times as much for four times the text.
MOST = 8.0
# A reader that needs no more for the longer text, in seconds, grows slowly enough for any text that is accepted.
QUICK = 0.008
ENOUGH = 40
_fresh = count()


def drawn(draws: int = DRAWS) -> list[tuple[str, str, str]]:
    """(beginning, repeated part, end): each fragment by itself, then mixtures."""
    random = Random(20_260_729)
    texts = [("", each, "") for each in FRAGMENTS]
    while len(texts) < len(FRAGMENTS) + draws:
        repeated = "".join(random.choice(FRAGMENTS) for _ in range(random.choice((2, 2, 3, 4))))
        texts.append((random.choice(("", *FRAGMENTS)), repeated, random.choice(("", *FRAGMENTS))))
    return texts


def written(text: tuple[str, str, str], length: int) -> str:
    """A text of this length, which no reader has seen before: some keep the last ones."""
    beginning, repeated, end = text
    return f"{beginning}{repeated * (length // len(repeated))}{end} {next(_fresh)}"


def seconds(reader: Reader, text: tuple[str, str, str], length: int, tries: int) -> float:
    """The least processor time of some tries."""
    least = float("inf")
    for _ in range(tries):
        given = written(text, length)
        begun = time.thread_time()
        _read(reader, given)
        least = min(least, time.thread_time() - begun)
    return least


def _read(reader: Reader, text: str) -> None:
    try:
        found = reader(text)
        if isinstance(found, Iterator):
            for _ in found:
                pass
    except (RecursionError, MemoryError):
        raise
    except Exception:
        return


def growth(reader: Reader, text: tuple[str, str, str]) -> float:
    """How many times as long four times the text takes; 1 where that is little. A suspicion is measured again."""
    long = seconds(reader, text, LENGTH * TIMES, 1)
    if long < QUICK:
        return 1
    found = long / seconds(reader, text, LENGTH, 1)
    for tries in (3, 6):
        if found > MOST:
            found = seconds(reader, text, LENGTH * TIMES, tries) / seconds(reader, text, LENGTH, tries)
    return found


def too_steep(reader: Reader, draws: int = DRAWS) -> dict[str, float]:
    """A text whose reading grows faster than it does, with its growth; none of most readers."""
    for text in drawn(draws):
        if (grown := growth(reader, text)) > MOST:
            return {repr(text): grown}
    return {}


def modules() -> Iterator[Any]:
    """Every module of the packages."""
    for package in PACKAGES:
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def takes_texts(function: Any) -> int:
    """How many texts a function takes, when it takes nothing else; else 0."""
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        return 0
    parameters = inspect.signature(function).parameters.values()
    needed = [
        one for one in parameters if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    is_text = [str(one.annotation) in ("str", "str | None") for one in needed]
    return len(is_text) if all(is_text) else 0


def functions() -> dict[str, Reader]:
    """Every function of the packages that takes nothing but texts, also private ones."""
    found: dict[str, Reader] = {}
    for module in modules():
        for name, value in vars(module).items():
            function = inspect.unwrap(value) if callable(value) else value
            number = takes_texts(function)
            if number and function.__module__ == module.__name__:
                found[f"{module.__name__.removeprefix('munadi.')}.{name}"] = _with_texts(value, number)
    return found


def _with_texts(function: Callable[..., object], number: int) -> Reader:
    """Called with texts that differ at their end, as what a network shows may."""
    return lambda text: function(*(text[: len(text) - place] for place in range(number)))


ROOMY = Instance(software="mastodon", version="4.5.0", characters=10**6)
OTHERS: dict[str, Reader] = {
    **{f"measured in {unit.value}": partial(measure, unit=unit) for unit in TextUnit},
    "counted as at Mastodon": partial(counted, instance=ROOMY),
    "little text": lambda text: little_text(text, {"a": "urn:li:person:1", "a.": "urn:li:person:2"}),
    "same at Mastodon": lambda text: same_at_mastodon(text, text[:-1], MastodonOptions()),
    "same at Telegram": lambda text: same_at_telegram({"text": text}, text[:-1]),
    "fingerprint": lambda text: fingerprint_of(Draft(text=text, parts=(text,))),
}
READERS = {**functions(), **OTHERS}


def accounts(channel: str) -> Iterable[ConnectedAccount | None]:
    """No account, and one that may publish long texts, where there is such a thing."""
    roomy = {"x": {SUBSCRIPTION: next(iter(PREMIUM))}, "mastodon": {FACT: ROOMY.model_dump(mode="json", by_alias=True)}}
    return (None, account(channel, "1", facts=roomy[channel])) if channel in roomy else (None,)


@cache
def channel_of(name: str) -> Any:
    """A channel whose network is never reached."""
    return bench(name).channel


def placed(channel: str, text: str, options: dict[str, Any]) -> PlacedDraft:
    """A draft with the text wherever one may stand."""
    given = Draft(text=text, parts=(text,), first_comment=text, link=text, options=options)
    target = Target(0, ChannelRequest(channel=channel), channel_of(channel), None)
    return PlacedDraft(target, given, text, text, {}, (), media_missing=False, link_appended=True)


def with_texts(model: Any, text: str) -> dict[str, Any]:
    """The text, or lists of it, for every option of a channel."""
    return {
        field.alias or name: [text] if "tuple" in str(field.annotation) else text
        for name, field in model.model_fields.items()
    }


def checked(channel: str, known: ConnectedAccount | None, text: str) -> None:
    """Everything that a request's text goes through, once without options and once with the text in each."""
    adapter = channel_of(channel)
    for options in ({}, with_texts(adapter.options, text)):
        each = placed(channel, text, options)
        adapter.validate(each.draft, known)
        adapter.lengths(each.draft, known)
        adapter.steps(each.draft)
        adapter.lead(each.draft)
        check_draft(each, ProblemCollector())
        draft_warnings([each])
        validation_of([each], [])


@pytest.mark.parametrize("name", READERS)
def test_a_reader_of_texts_grows_with_them(name: str) -> None:
    assert too_steep(READERS[name]) == {}


@pytest.mark.parametrize(
    ("channel", "known"), [(name.value, known) for name in REGISTRY for known in accounts(name.value)]
)
def test_the_rules_of_a_channel_grow_with_the_text(channel: str, known: ConnectedAccount | None) -> None:
    assert too_steep(partial(checked, channel, known)) == {}


@pytest.mark.faults
@pytest.mark.parametrize("name", READERS)
def test_a_reader_of_texts_grows_with_many_more(name: str) -> None:
    assert too_steep(READERS[name], MANY_DRAWS) == {}


def test_the_readers_are_found() -> None:
    """A scan that finds nothing would pass."""
    assert len(READERS) > ENOUGH
    assert {"channels.weighted.weighted_length", "channels.x.wire.same_text", "channels.text.collapsed"} <= set(READERS)


def test_a_reader_that_grows_faster_is_found() -> None:
    """Here one that reads the rest of a path again after each bracket."""
    path, given = re.compile(r"[^ ]*"), ("", "https://a.com/(", "")

    def reader(text: str) -> object:
        return [path.match(text, place) for place in range(0, len(text), 2)]

    # One short measurement that is disturbed makes the growth look small.
    assert max(growth(reader, given) for _ in range(3)) > MOST
