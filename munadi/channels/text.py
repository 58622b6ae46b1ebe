"""Counting text as the networks count it, and the problems of a draft."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from urllib.parse import urlsplit

import regex

from munadi.channels.weighted import COUNTED_TEXTS, MAX_ADDRESS, weighted_length
from munadi.domain.channel import ChannelSpec, TextLength, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.problem import Problem

_GRAPHEME = regex.compile(r"\X")
# 64 halves of flags with one more behind them. Halves pair up from the start of their run, so a cluster ends here.
_FLAGS = regex.compile("(?:[\U0001f1e6-\U0001f1ff]{2}){32}(?=[\U0001f1e6-\U0001f1ff])")
# What is shown as an emoji: by itself, or because a variation selector says so.
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\ufe0f")
# Normalization sorts a run of marks in quadratic time, so a longer run is broken up (UAX 15, Stream-Safe Text Format).
_MARKS = regex.compile(r"\p{M}{30}")
_JOINER = "\u034f"
# Characters that show nothing: white space, control characters, and those that fonts do not draw (a zero-width space).
_UNSEEN = regex.compile(r"[\s\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}]*+")
# Code points for each unit of a limit, beyond which no text can keep to it: a family of emoji has 11 and counts 1 or 2.
MOST_FOR_A_UNIT = 20
# Networks that shorten addresses count few characters for a long one. Two of the longest always fit.
MOST_IN_ADDRESSES = 2 * MAX_ADDRESS
# What people call a unit. A grapheme is what they see as one character; a code point mostly is.
_IN_WORDS = {
    TextUnit.GRAPHEMES: "characters",
    TextUnit.CODE_POINTS: "characters",
    TextUnit.UTF8_BYTES: "UTF-8 bytes",
    TextUnit.UTF16_UNITS: "UTF-16 units",
    TextUnit.EMOJI_BYTES: "characters, with each emoji counted as its bytes",
    TextUnit.WEIGHTED: "weighted characters",
}


def measure(text: str, unit: TextUnit) -> int:
    """The length of `text` in a network's unit; graphemes are extended clusters (UAX 29)."""
    match unit:
        case TextUnit.GRAPHEMES:
            return _grapheme_count(text)
        case TextUnit.UTF8_BYTES:
            return len(text.encode("utf-8"))
        case TextUnit.UTF16_UNITS:
            return len(text.encode("utf-16-le")) // 2
        case TextUnit.EMOJI_BYTES:
            return _emoji_bytes(text)
        case TextUnit.WEIGHTED:
            return weighted_length(text)
        case TextUnit.CODE_POINTS:
            return len(text)


def graphemes(text: str) -> list[str]:
    """The extended clusters of a text, in linear time: the expression alone walks back over a whole run of flags for
    each flag, so that a megabyte of them took two minutes."""
    found: list[str] = []
    start = 0
    for run in _FLAGS.finditer(text):
        found += _GRAPHEME.findall(text[start : run.end()])
        start = run.end()
    found += _GRAPHEME.findall(text[start:])
    return found


@lru_cache(COUNTED_TEXTS)
def _grapheme_count(text: str) -> int:
    return len(graphemes(text))


@lru_cache(COUNTED_TEXTS)
def _emoji_bytes(text: str) -> int:
    return sum(len(each.encode("utf-8")) if _EMOJI.search(each) else len(each) for each in graphemes(text))


def is_blank(text: str) -> bool:
    """Whether `text` shows nothing: it is empty, or only white space and invisible characters."""
    return _UNSEEN.fullmatch(text) is not None


def collapsed(text: str) -> str:
    """`text` as it may be read back: composed (NFC), each run of white space one space. Linear in its length."""
    return " ".join(unicodedata.normalize("NFC", _MARKS.sub(lambda run: run[0] + _JOINER, text)).split())


def length_within(maximum: int, text: str, count: Callable[[str], int]) -> int:
    """The length of `text` by `count`, which is only called for a text that may keep to `maximum`.

    Of a longer text the code points are returned, without counting: they are more than `maximum` too.
    """
    most = MOST_FOR_A_UNIT * maximum + MOST_IN_ADDRESSES
    return count(text) if len(text) <= most else len(text)


def lengths(limits: Sequence[TextLimit], text: str, pointer: str = "/text") -> list[TextLength]:
    """How long `text` is by each of the limits."""
    return [
        TextLength(
            **limit.model_dump(by_alias=False),
            pointer=pointer,
            actual=length_within(limit.maximum, text, partial(measure, unit=limit.unit)),
        )
        for limit in limits
    ]


def check_text(spec: ChannelSpec, text: str, pointer: str = "/text") -> list[Problem]:
    """Every text limit that `text` breaks, with the count and the limit."""
    return [too_long(spec, each) for each in lengths(spec.text_limits, text, pointer) if each.actual > each.maximum]


def too_long(spec: ChannelSpec, found: TextLength) -> Problem:
    """The problem of a text above its limit."""
    message = f"takes at most {found.maximum} {_IN_WORDS[found.unit]}; this text has {found.actual}"
    return problem(spec, found.pointer, "TEXT_TOO_LONG", found.rule, message, found.maximum, found.actual)


def check_extras(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    """A first comment or thread parts where the channel takes none."""
    found, parts = Problems(spec), len(draft.parts) + 1
    if draft.first_comment and not spec.first_comment:
        found.add("/firstComment", "FIRST_COMMENT_UNSUPPORTED", "first_comment", "takes no first comment")
    if parts > max(spec.max_parts, 1):
        message = f"takes at most {spec.max_parts} parts" if spec.max_parts > 1 else "takes no threads"
        found.add("/parts", "TOO_MANY_PARTS", "max_parts", message, spec.max_parts, parts)
    return found


def problem(
    spec: ChannelSpec,
    pointer: str,
    code: str,
    rule: str,
    message: str,
    limit: float | str | None = None,
    actual: float | str | None = None,
) -> Problem:
    """A violation of one of the channel's rules; `message` follows the network's name."""
    return Problem(
        pointer=pointer,
        code=code,
        message=f"{spec.title} {message}",
        channel=spec.name,
        rule=rule,
        limit=limit,
        actual=actual,
    )


class Problems(list[Problem]):
    """The problems of one draft, for one channel."""

    def __init__(self, spec: ChannelSpec) -> None:
        super().__init__()
        self.spec = spec

    def add(
        self,
        pointer: str,
        code: str,
        rule: str,
        message: str,
        limit: float | str | None = None,
        actual: float | str | None = None,
    ) -> None:
        """Report a violation; `message` follows the network's name."""
        self.append(problem(self.spec, pointer, code, rule, message, limit, actual))

    def exceed(self, pointer: str, code: str, rule: str, message: str, limit: float | str, actual: float | str) -> None:
        """A violation whose message ends with the limit and what there is."""
        self.add(pointer, code, rule, f"{message}: the limit is {limit}, this has {actual}", limit, actual)

    def at_most(self, limit: float, actual: float | None, pointer: str, code: str, rule: str, message: str) -> None:
        """Report a number above its limit. None is not known, and passes.

        The message may have `{limit}` and `{actual}` in its words; else they follow it.
        """
        if actual is None or actual <= limit:
            return
        if "{" in message:
            self.add(pointer, code, rule, message.format(limit=limit, actual=actual), limit, actual)
        else:
            self.exceed(pointer, code, rule, message, limit, actual)


def is_web_address(link: str) -> bool:
    """Whether a link is one that a card can be made of."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
