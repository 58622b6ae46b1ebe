"""Every limit of a file holds just outside and not just inside: those of a spec, and what a network's rules add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from munadi.channels import files
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.content import Draft
from tests.channels.error_facts import DOCS
from tests.channels.making import document, draft, image, video
from tests.channels.scenes import SCENES
from tests.channels.test_limits import CHANNELS, TABLES, codes, problems

FILES = {MediaKind.IMAGE: image, MediaKind.VIDEO: video, MediaKind.DOCUMENT: document}


@pytest.mark.parametrize("name", TABLES)
def test_a_file_of_a_kind_that_a_network_never_takes_is_one_problem(name: str) -> None:
    taken = {rule.kind for rule in CHANNELS[name].spec.media_rules}
    for kind in set(MediaKind) - taken:
        found = [one for one in problems(name, draft("x", media=(FILES[kind](),))) if one.pointer.startswith("/media/")]
        assert [(one.pointer, one.code, one.actual) for one in found] == [("/media/0", "MEDIA_KIND", kind)]
        assert found[0].limit == ", ".join(dict.fromkeys(rule.kind for rule in CHANNELS[name].spec.media_rules))


def test_documents_are_for_discord_linkedin_and_telegram() -> None:
    takes = [name for name in TABLES if ("/media/0", "MEDIA_KIND") not in codes(name, draft("x", media=(document(),)))]
    assert sorted(takes) == ["discord", "linkedin", "telegram"]


def ruled(name: str, rule: MediaRule, **facts: Any) -> Draft:
    """The scene's post with one file of this rule."""
    made = {"mime_type": rule.mime_types[0], **({"pages": 3} if rule.kind is MediaKind.DOCUMENT else {}), **facts}
    return SCENES[name].draft.model_copy(update={"media": (FILES[rule.kind](**made),)})


OPAQUE = {"has_alpha": False, "animated": False}
MS = timedelta(milliseconds=1)


def edges(rule: MediaRule) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For each limit of a media rule, by its rule in a problem: what breaks it, and what keeps to it."""
    most, mime, still = rule.most_bytes(rule.mime_types[0]), "mime_type", OPAQUE
    found: dict[str, Any] = {
        "media_bytes": ({"bytes": most + 1, **still}, {"bytes": most, **still}),
        "media_type": ({mime: "application/zip"}, {mime: rule.mime_types[-1]}),
    }
    if rule.max_source_bytes:
        found["media_transparency"] = ({"bytes": rule.max_bytes + 1, "has_alpha": True}, {"bytes": rule.max_bytes})
    for edge, name, limit, step in (
        ("media_min_duration", "duration_ms", rule.min_duration and rule.min_duration // MS, -1),
        ("media_max_duration", "duration_ms", rule.max_duration and rule.max_duration // MS, 1),
        ("media_min_width", "width", rule.min_width, -1),
        ("media_max_width", "width", rule.max_width, 1),
        ("media_max_pages", "pages", rule.max_pages, 1),
    ):
        if limit:
            found[edge] = ({name: limit + step}, {name: limit})
    for edge, ratio, factor in (("media_min_ratio", rule.min_ratio, 0.4), ("media_max_ratio", rule.max_ratio, 1.05)):
        if ratio:  # a pixel of rounding breaks none
            found[edge] = tuple({"width": round(1000 * one), "height": 1000} for one in (ratio * factor, ratio))
    if rule.max_alt_length:
        found["alt_length"] = ({"alt": "x" * (rule.max_alt_length + 1)}, {"alt": "x" * rule.max_alt_length})
    return found


MEDIA = [
    (name, rule, edge)
    for name in TABLES
    for rule in CHANNELS[name].spec.media_rules
    for edge in edges(rule)
    if (name, rule.kind) != ("youtube", MediaKind.IMAGE)  # which stands beside a video only
]


@pytest.mark.parametrize("row", MEDIA, ids=lambda row: f"{row[0]} {row[1].kind} {row[2]}")
def test_every_limit_of_a_media_rule_holds_just_outside_and_not_just_inside(row: tuple[str, MediaRule, str]) -> None:
    name, rule, edge = row
    for facts, broken in zip(edges(rule)[edge], (True, False), strict=True):
        found = CHANNELS[name].validate(ruled(name, rule, **facts), None)
        ours = [one for one in found if one.rule == edge]
        assert bool(ours) is broken, found
        assert all(one.pointer.startswith("/media/0") and one.limit is not None for one in ours)


# What a measure makes of a file.
MEASURES: dict[Any, Callable[[Any], dict[str, Any]]] = {
    files.width: lambda value: {"width": value},
    files.height: lambda value: {"height": value},
    files.pixels: lambda value: {"width": value, "height": 1},
    files.size: lambda value: {"bytes": value},
    files.frame_rate: lambda value: {"fps": value},
}


def file_rules(name: str) -> Iterator[tuple[MediaRule, str, files.FileRule]]:
    """What a network asks of each type of file beside its spec."""
    channel = CHANNELS[name]
    options = channel.options.model_validate(SCENES[name].draft.options)
    for rule in channel.spec.media_rules:
        for mime_type in rule.mime_types:
            found = channel.rules.file_rule(0, ruled(name, rule, mime_type=mime_type), options, None)
            if found is not None:
                yield rule, mime_type, found


BOUNDS = {
    (name, mime_type, bound.rule, sign): (name, rule, mime_type, bound, sign)
    for name in TABLES
    for rule, mime_type, found in file_rules(name)
    for bound in found.bounds
    for sign, limit in ((-1, bound.least), (1, bound.most))
    if limit is not None and bound.measure in MEASURES
}
ENCODED = {
    (name, rule.kind): (name, rule, found.media.encoding) for name in TABLES for rule, _, found in file_rules(name)
}
ENCODED = {key: row for key, row in ENCODED.items() if row[2] and row[2].video_codecs and key[1] is MediaKind.VIDEO}


@pytest.mark.parametrize("row", BOUNDS.values(), ids=[" ".join(map(str, key)) for key in BOUNDS])
def test_every_bound_of_a_file_holds_just_outside_and_not_just_inside(row: Any) -> None:
    name, rule, mime_type, bound, sign = row
    limit = bound.least if sign < 0 else bound.most
    for value, broken in ((limit, False), (limit + sign * (1 + bound.tolerance), True)):
        given = ruled(name, rule, mime_type=mime_type, **MEASURES[bound.measure](value))
        ours = [one for one in CHANNELS[name].validate(given, None) if one.rule == bound.rule]
        shown = [("/media/0", bound.code, limit, value)] if broken else []
        assert [(one.pointer, one.code, one.limit, one.actual) for one in ours] == shown


@pytest.mark.parametrize("row", ENCODED.values(), ids=[name for name, _ in ENCODED])
def test_a_video_is_refused_by_its_encoding_only_where_it_is_known(row: Any) -> None:
    name, rule, encoding = row
    has_rates = encoding.min_fps is not None and encoding.max_fps is not None
    rates = (encoding.min_fps, encoding.max_fps) if has_rates else (0, 1000)
    inside = [
        *({"video_codec": codec} for codec in (*encoding.video_codecs, None)),
        *({"audio_codec": codec} for codec in (*encoding.audio_codecs, None)),
        *({"fps": rate} for rate in (rates[0] - files.RATE_TOLERANCE, rates[1] + files.RATE_TOLERANCE, None)),
    ]
    outside = [("video_codec", {"video_codec": "nosuch"})] * bool(encoding.video_codecs)
    outside += [("audio_codec", {"audio_codec": "nosuch"})] * bool(encoding.audio_codecs)
    outside += [("fps", {"fps": rate}) for rate in (rates[0] - 0.06, rates[1] + 0.06) if has_rates]
    for facts, broken in (*((facts, None) for facts in inside), *((facts, edge) for edge, facts in outside)):
        found = CHANNELS[name].validate(ruled(name, rule, **facts), None)
        assert [one.rule for one in found if one.rule in ("video_codec", "audio_codec", "fps")] == [broken] * bool(
            broken
        )


@pytest.mark.parametrize("name", TABLES)
def test_as_many_media_and_parts_as_the_spec_says(name: str) -> None:
    channel, scene = CHANNELS[name], SCENES[name]
    spec, kind = channel.spec, channel.spec.media_rules[0].kind
    for count in (spec.max_media, spec.max_media + 1):
        files = tuple(FILES[kind](index, mime_type=channel.spec.media_rules[0].mime_types[0]) for index in range(count))
        found = [one.rule for one in channel.validate(scene.draft.model_copy(update={"media": files}), None)]
        assert ("media_max" in found) is (count > spec.max_media) or name == "youtube"  # whose second is an image
    for parts in (spec.max_parts - 1, spec.max_parts):
        found = [one.rule for one in channel.validate(scene.draft.model_copy(update={"parts": ("x",) * parts}), None)]
        assert ("max_parts" in found) is (parts >= spec.max_parts)
    mixed = channel.validate(scene.draft.model_copy(update={"media": (image(0), video(1))}), None)
    assert any(one.rule == "media_mixed" for one in mixed) is not spec.mixed_media
    commented = channel.validate(scene.draft.model_copy(update={"first_comment": "x"}), None)
    assert any(one.rule == "first_comment" for one in commented) is not spec.first_comment


TEXTS = {"parts": ("x",), "first_comment": "x"}


@pytest.mark.parametrize("name", TABLES)
def test_the_documents_name_the_limits(name: str) -> None:
    """The numbers of the spec stand in the facts about the network (docs/networks)."""
    text, spec = (
        (DOCS / f"{name}.md")
        .read_text()
        .lower()
        .replace(",", "")
        .replace(".", "")
        .replace("\u202f", "")
        .replace(" ", ""),
        CHANNELS[name].spec,
    )
    numbers = {limit.maximum for limit in spec.text_limits} | {spec.max_media}
    numbers |= {limit.maximum for limit in CHANNELS[name].lengths(SCENES[name].draft.model_copy(update=TEXTS))}
    numbers |= {rule.max_alt_length for rule in spec.media_rules if rule.max_alt_length}
    for _, _, found in file_rules(name):
        numbers |= {edge for bound in found.bounds for edge in (bound.least, bound.most) if edge and edge < 10_000}
        encoding = found.media.encoding
        numbers |= {encoding.min_fps, encoding.max_fps} - {None} if encoding else set()
        codecs = encoding.video_codecs if encoding else ()
        assert [one for one in codecs if one not in text and (one != "hevc" or "h265" not in text)] == []
    assert {number for number in numbers if str(number) not in text} == set()


@pytest.mark.parametrize("name", TABLES)
def test_media_need_time_before_a_post_and_a_video_most(name: str) -> None:
    channel, draft = CHANNELS[name], SCENES[name].draft
    kinds = {rule.kind for rule in channel.spec.media_rules}
    leads = [channel.lead(draft.model_copy(update={"media": (FILES[kind](),)})) for kind in MediaKind if kind in kinds]
    if channel.spec.min_media == 0:
        leads.insert(0, channel.lead(draft.model_copy(update={"media": ()})))
        assert leads[0] <= timedelta(seconds=30)
    if MediaKind.DOCUMENT not in kinds:
        assert leads == sorted(leads)
    unread = channel.lead(draft.model_copy(update={"options": {"nosuch": 1}}))
    assert timedelta(0) < max(leads) <= channel.spec.lead
    assert unread >= channel.lead(draft)
