"""Counting text as the networks count it, and the rules every channel shares: text, media, links."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, partial
from urllib.parse import urlsplit

import regex

from munadi.channels.weighted import COUNTED_TEXTS, MAX_ADDRESS, weighted_length
from munadi.domain.channel import ChannelSpec, MediaRule, TextLength, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
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
        """See `problem`."""
        self.append(problem(self.spec, pointer, code, rule, message, limit, actual))

    def exceed(self, pointer: str, code: str, rule: str, message: str, limit: float | str, actual: float | str) -> None:
        """A violation whose message ends with the limit and what there is."""
        self.add(pointer, code, rule, f"{message}: the limit is {limit}, this has {actual}", limit, actual)


def check_comment_shows(found: Problems, draft: Draft) -> None:
    """Report a first comment that shows nothing. An empty one is none."""
    if draft.first_comment and is_blank(draft.first_comment):
        found.add("/firstComment", "MISSING_FIELD", "not_empty", "needs a text in the first comment")


def is_web_address(link: str) -> bool:
    """Whether a link is one that a card can be made of."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


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


def check_media_files(
    spec: ChannelSpec, media: Sequence[MediaAsset], rules: Sequence[MediaRule] | None = None
) -> list[Problem]:
    """Each file against the rule of its kind: the spec's, or the given ones where a kind of post has its own."""
    found = check_media_kinds(spec, media, rules)
    by_kind = {rule.kind: rule for rule in (spec.media_rules if rules is None else rules)}
    for index, asset in enumerate(media):
        if rule := by_kind.get(asset.kind):
            found += check_media_file(spec, rule, asset, f"/media/{index}")
    return found


def check_media_file(spec: ChannelSpec, rule: MediaRule, asset: MediaAsset, pointer: str) -> list[Problem]:
    """One file against one rule: type, size, ratio, width, duration, pages, alt text. All violations."""
    found, types = Problems(spec), (*rule.mime_types, *rule.converted_types)
    if asset.mime_type not in types:
        allowed = ", ".join(types)
        found.exceed(pointer, "MEDIA_TYPE", "media_type", "does not accept this type", allowed, asset.mime_type)
    elif rule.needs_rendition(asset.mime_type, asset.bytes, multi_picture=bool(asset.multi_picture)):
        found += _check_rendition(spec, rule, asset, pointer)
    ratio = round(asset.width / asset.height, 4) if asset.height else 0.0
    seconds = (asset.duration_ms or 0) / 1000
    shortest, longest = (None if end is None else end.total_seconds() for end in (rule.min_duration, rule.max_duration))
    # A pixel of rounding is not a violation: 1080 x 566 is what people mean by 1.91:1.
    for code, name, message, limit, actual, tolerance in (
        ("TOO_LARGE", "bytes", "accepts smaller files only", rule.most_bytes(asset.mime_type), asset.bytes, 0),
        ("RATIO", "min_ratio", "needs a wider aspect ratio", rule.min_ratio, ratio, 0.005),
        ("RATIO", "max_ratio", "needs a narrower aspect ratio", rule.max_ratio, ratio, 0.005),
        ("WIDTH", "min_width", "needs wider media", rule.min_width, asset.width, 0),
        ("WIDTH", "max_width", "takes narrower media", rule.max_width, asset.width, 0),
        ("DURATION", "min_duration", "takes longer videos", shortest, seconds, 0),
        ("DURATION", "max_duration", "takes shorter videos", longest, seconds, 0),
        ("PAGES", "max_pages", "takes documents of fewer pages", rule.max_pages, asset.pages or 0, 0),
    ):
        if limit is None:
            continue
        if actual < limit - tolerance if name.startswith("min") else actual > limit + tolerance:
            found.exceed(pointer, f"MEDIA_{code}", f"media_{name}", message, limit, actual)
    length = len(asset.alt or "")
    if rule.max_alt_length is not None and length > rule.max_alt_length:
        message = "takes a shorter alt text"
        found.exceed(f"{pointer}/alt", "ALT_TOO_LONG", "alt_length", message, rule.max_alt_length, length)
    return found


def check_encoding(
    found: Problems,
    asset: MediaAsset,
    pointer: str,
    codecs: Collection[str],
    rates: tuple[int, int],
    audio: Collection[str] = (),
) -> None:
    """A video's codecs and its frame rate, where the probe could read them. Without `audio` every sound passes."""
    for name, codec, known in (("video", asset.video_codec, codecs), ("audio", asset.audio_codec, audio)):
        if codec is not None and known and codec not in known:
            limit = ", ".join(known)
            message = f"takes {name} encoded as {limit}; this is {codec}"
            found.add(pointer, "MEDIA_CODEC", f"{name}_codec", message, limit, codec)
    least, most = rates
    # Measured rates are a little off the nominal one (23.976).
    if asset.fps is not None and not least - 0.05 <= asset.fps <= most + 0.05:
        message = f"takes {least} to {most} frames per second; this has {asset.fps:g}"
        found.add(pointer, "MEDIA_FPS", "fps", message, f"{least}-{most}", asset.fps)


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
