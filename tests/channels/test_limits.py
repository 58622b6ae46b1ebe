"""Every limit accepts the value just inside and refuses the one just outside, with pointer, rule, limit and actual."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pytest

from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.wire import kind_of
from munadi.channels.registry import REGISTRY
from munadi.channels.text import measure
from munadi.channels.threads.rules import links_in
from munadi.domain.channel import TextUnit
from munadi.domain.content import Draft
from munadi.domain.problem import Problem
from tests.channels import limits_facebook as facebook
from tests.channels import limits_instagram as instagram
from tests.channels import limits_threads as threads
from tests.channels.limits import Limit, film, of, picture
from tests.channels.making import account, bench, draft, image, video

TABLES: dict[str, Sequence[Limit]] = {
    name.value: import_module(f"tests.channels.limits_{name}").LIMITS for name in REGISTRY
}
CHANNELS = {name: bench(name).channel for name in TABLES}


def problems(name: str, given: Draft, **changes: Any) -> list[Problem]:
    return CHANNELS[name].validate(given, account(name, "17", **changes))


def codes(name: str, given: Draft, **changes: Any) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in problems(name, given, **changes)]


ROWS = [(name, limit) for name, table in TABLES.items() for limit in table]
IDS = [f"{name} {limit.problem} {limit.name}" for name, limit in ROWS]


@pytest.mark.parametrize(("name", "limit"), ROWS, ids=IDS)
def test_a_limit(name: str, limit: Limit) -> None:
    channel = CHANNELS[name]
    for given in limit.drafts(limit.inside):
        assert channel.validate(given, None) == []
    for given in limit.drafts(limit.outside):
        pointer, rule = limit.problem.split(" ")
        found = [
            one for one in channel.validate(given, None) if one.pointer == pointer and rule in (one.code, one.rule)
        ]
        assert found
        assert found[0].message.startswith(f"{channel.spec.title} ")
        assert found[0].channel == name
        assert "Value error" not in found[0].message
    if limit.reported is not None:
        (only,) = channel.validate(limit.drafts(limit.outside)[0], None)
        assert (only.limit, only.actual) == limit.reported


def test_every_problem_is_reported_at_once_and_points_at_its_medium() -> None:
    bad = draft("x" * 63_207, media=(image(bytes=25_000_000, mime_type="image/heic"),), options={"title": "t"})
    rules = [problem.rule for problem in problems("facebook", bad)]
    assert rules == ["message_utf16", "media_type", "media_bytes", "option_kind"]
    pointers = {problem.pointer for problem in problems("bluesky", bad.model_copy(update={"link": "nonsense"}))}
    assert pointers == {"/text", "/link", "/media/0", "/options/title"}
    large = image(1, bytes=20_000_001, has_alpha=False, animated=False)
    wrong = [("/media/1", "MEDIA_TOO_LARGE"), ("/media/2", "MEDIA_DURATION")]
    assert codes("instagram", draft(media=(image(0), large, video(2, duration_ms=1)))) == wrong
    assert codes("threads", draft(media=(image(0), large, video(2, duration_ms=0)))) == wrong


PAGE, DIRECT = "instagram_manage_comments", "instagram_business_manage_comments"
COMMENTED = picture("Hello").model_copy(update={"first_comment": "Hi"})
CHAIN = draft("1", parts=("2",), first_comment="3")
SCOPED: list[tuple[str, str | None, Draft, str, list[str]]] = [
    ("facebook", None, COMMENTED, "pages_manage_engagement", ["/firstComment"]),
    *(("instagram", login, COMMENTED, DIRECT, ["/firstComment"]) for login in (None, "instagram")),
    ("instagram", "facebook", COMMENTED, PAGE, ["/firstComment"]),
    ("threads", None, CHAIN, "threads_manage_replies", ["/parts", "/firstComment"]),
    ("threads", None, threads.POST(locationId="77"), "threads_location_tagging", ["/options/locationId"]),
]


@pytest.mark.parametrize(("name", "login", "given", "scope", "pointers"), SCOPED)
def test_an_option_that_needs_a_permission_is_refused_only_if_the_permission_is_known_to_be_missing(
    name: str, login: str | None, given: Draft, scope: str, pointers: list[str]
) -> None:
    without = problems(name, given, login=login, scopes=("something",))
    assert [(one.pointer, one.code, one.limit) for one in without] == [(at, "MISSING_SCOPE", scope) for at in pointers]
    for scopes in ((), ("something", scope)):
        assert problems(name, given, login=login, scopes=scopes) == []
    assert problems(name, picture("Hello"), login=login, scopes=("something",)) == []


def test_instagram_accepts_stories_of_business_accounts_only() -> None:
    story = instagram.story()
    assert codes("instagram", story, facts={"account_type": "BUSINESS"}) == []
    creator = {"account_type": "MEDIA_CREATOR"}
    assert codes("instagram", story, facts=creator) == [("/options/kind", "FEATURE_NOT_ELIGIBLE")]
    assert codes("instagram", film(), facts=creator) == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (draft("x"), Kind.POST),
        (picture("x"), Kind.POST),
        (facebook.reel(), Kind.REEL),
        *((facebook.film(**facts), Kind.VIDEO) for facts in ({}, facebook.UPRIGHT | {"duration_ms": 91_000})),
        *((facebook.reel(**facts), Kind.VIDEO) for facts in ({"fps": 12.0}, {"size": (360, 640)})),
    ],
)
def test_a_video_that_fits_is_a_reel_of_facebook(given: Draft, kind: Kind) -> None:
    chosen = of(given)(kind=None)
    assert kind_of(chosen, Options()) is kind
    assert problems("facebook", chosen) == []


FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("unit", "lengths"),
    [
        (TextUnit.GRAPHEMES, {"": 0, "abc": 3, "e\u0301": 1, FAMILY: 1, "🇮🇳": 1, "日本": 2}),
        (TextUnit.UTF8_BYTES, {"": 0, "abc": 3, "é": 2, FAMILY: 25, "日本": 6}),
        (TextUnit.UTF16_UNITS, {"": 0, "abc": 3, "é": 1, "👍": 2, FAMILY: 11, "日本": 2}),
        (TextUnit.CODE_POINTS, {"": 0, "abc": 3, "“": 1, "👍": 1, FAMILY: 7, "日本": 2}),
        # Threads: an emoji as its bytes
        (TextUnit.EMOJI_BYTES,
         {"": 0, "abc": 3, "é": 1, "👍": 4, "👍🏽": 8, "🇮🇳": 8, "©": 1, "1": 1, "❤️": 6, FAMILY: 25, "日本": 2}),
    ],
)  # fmt: skip
def test_a_text_is_counted_in_the_units_of_its_network(unit: TextUnit, lengths: dict[str, int]) -> None:
    assert {text: measure(text, unit) for text in lengths} == lengths


def test_the_same_link_counts_once_on_threads() -> None:
    text = "See https://a.example/x, (https://a.example/x) and HTTPS://b.example!"
    assert links_in(text) == {"https://a.example/x", "HTTPS://b.example"}
