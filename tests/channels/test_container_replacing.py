"""A container is replaced only when it is dead and another may succeed."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from munadi.channels.meta.state import Container, Prepared
from munadi.channels.pulls import PULL_WAITS
from munadi.channels.threads.errors import FAILED_CONTAINERS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending
from tests.channels.calls import Saved
from tests.channels.containers import (
    FILM,
    INSTAGRAM,
    MANY,
    ONE,
    THREADS,
    ContainerNetwork,
    graph_error,
    networks,
    prepared,
)
from tests.channels.making import NOW, Bench, error_of

GONE = graph_error(100, 33)
BAD, FAILED = Reason.MEDIA_VALIDATION_FAILED, Reason.MEDIA_PROCESSING_FAILED
PREFIX = "Error: Media upload has failed with error code "
DEAD = [  # network, status, its message, the code that is stored, reason, how many others are made
    (INSTAGRAM, "ERROR", PREFIX + "2207053", "2207053", FAILED, 3),
    (INSTAGRAM, "ERROR", "2207053", "2207053", FAILED, 3),
    (INSTAGRAM, "ERROR", "code 2207077: too bad", "2207077", FAILED, 3),
    (INSTAGRAM, "ERROR", "Error: 122070261", "ERROR", FAILED, 3),
    (INSTAGRAM, "ERROR", "", "ERROR", FAILED, 3),
    (INSTAGRAM, "EXPIRED", "Expired: not published within 24 hours", "EXPIRED", FAILED, 3),
    (INSTAGRAM, "ERROR", PREFIX + "2207026", "2207026", BAD, 0),
    (INSTAGRAM, "ERROR", PREFIX + "2207009", "2207009", BAD, 0),
    (INSTAGRAM, "ERROR", "Error 2207057", "2207057", Reason.INVALID_FIELD, 0),
    *((THREADS, "ERROR", word, word, FAILED, 2) for word in ("FAILED_PROCESSING_AUDIO", "FAILED_PROCESSING_VIDEO")),
    (THREADS, "ERROR", "UNKNOWN", "UNKNOWN", FAILED, 2),
    *((THREADS, "ERROR", word, "ERROR", FAILED, 2) for word in ("", "A_NEW_WORD")),
    (THREADS, "EXPIRED", "", "EXPIRED", FAILED, 3),
    *(
        (THREADS, "ERROR", f"INVALID_{word}", f"INVALID_{word}", BAD, 0)
        for word in ["ASPEC_RATIO", "BIT_RATE", "DURATION", "FRAME_RATE", "AUDIO_CHANNELS", "AUDIO_CHANNEL_LAYOUT"]
    ),
]

NOT_FETCHED = [  # network, status, its message
    (INSTAGRAM, "ERROR", PREFIX + "2207003"),
    (INSTAGRAM, "ERROR", PREFIX + "2207052"),
    (THREADS, "ERROR", "FAILED_DOWNLOADING_VIDEO"),
]


def test_every_error_of_a_failed_container_of_threads_has_a_row() -> None:
    known = {message for on, _, message, *_ in (*DEAD, *NOT_FETCHED) if on is THREADS}
    assert FAILED_CONTAINERS.keys() <= known


@pytest.mark.parametrize(("on", "status", "message", "code", "reason", "others"), DEAD)
async def test_a_dead_container_is_replaced_only_when_another_may_succeed(
    on: ContainerNetwork, status: str, message: str, code: str, reason: Reason, others: int
) -> None:
    always = on.begun(on.state(status, message))
    error = await on.unprepared(always, FILM, Saved())
    assert (error.reason, error.effect, error.provider_code) == (reason, Effect.REJECTED, code)
    assert len(on.made(always)) == 1 + others
    if others:
        once, saved = on.begun(on.state(status, message), on.state("FINISHED")), Saved()
        await on.until_ready(once, FILM, saved)
        assert (len(on.made(once)), prepared(saved).renewals) == (2, 1)


def dead_at(on: ContainerNetwork, index: int, dead: httpx.Response) -> list[httpx.Response]:
    """The container that is read at `index` is dead, all others are finished."""
    return [*[on.state("FINISHED")] * index, dead, on.state("FINISHED")]


@pytest.mark.parametrize(
    ("on", "dead", "children"),
    [
        (INSTAGRAM, dead_at(INSTAGRAM, 1, INSTAGRAM.failed("2207053")), "c1,c4,c3"),  # a child alone
        (INSTAGRAM, dead_at(INSTAGRAM, 0, INSTAGRAM.state("EXPIRED")), "c6,c4,c5"),  # they are all as old
        (INSTAGRAM, dead_at(INSTAGRAM, 3, INSTAGRAM.state("EXPIRED")), "c5,c6,c7"),
        (INSTAGRAM, dead_at(INSTAGRAM, 3, INSTAGRAM.failed("2207053")), "c1,c2,c3"),  # the parent alone
        (THREADS, dead_at(THREADS, 1, THREADS.failed("UNKNOWN")), "c1,c4,c3"),
        (THREADS, dead_at(THREADS, 0, THREADS.state("EXPIRED")), "c6,c4,c5"),
        (THREADS, dead_at(THREADS, 3, THREADS.state("EXPIRED")), "c5,c6,c7"),
        (THREADS, dead_at(THREADS, 3, THREADS.failed("UNKNOWN")), "c5,c6,c7"),
    ],
)
async def test_the_dead_parts_of_a_carousel_are_replaced(
    on: ContainerNetwork, dead: list[httpx.Response], children: str
) -> None:
    built, saved = on.begun(*dead), Saved()
    await on.until_ready(built, MANY, saved)
    assert on.made(built)[-1]["children"] == children


@networks
async def test_an_expired_container_is_replaced_without_a_read(on: ContainerNetwork) -> None:
    built, saved = on.begun(), Saved()
    await on.until_ready(built, ONE, saved)
    built.clock.forward(hours=24)
    await on.until_ready(built, ONE, saved)
    assert (prepared(saved).containers["post"].id, prepared(saved).renewals) == ("c2", 0)


@networks
async def test_a_new_container_may_not_be_found_yet(on: ContainerNetwork) -> None:
    built, saved = on.begun(GONE, on.state("FINISHED")), Saved()
    await on.until_ready(built, ONE, saved)
    assert len(on.made(built)) == 1


async def test_a_container_that_is_never_found_is_an_error_on_instagram_and_expired_on_threads() -> None:
    for on, seconds in ((INSTAGRAM, 360), (THREADS, 60)):
        built, saved = on.begun(GONE), Saved()
        await on.prepare(built, ONE, saved)
        built.clock.forward(seconds=seconds)
        if on is INSTAGRAM:
            assert (await on.unprepared(built, ONE, saved)).provider_code == "100/33"
        else:
            await on.prepare(built, ONE, saved)
            assert prepared(saved).renewals == 1


async def test_threads_gives_up_a_container_that_stays_unfinished() -> None:
    built, saved = THREADS.begun(THREADS.state("IN_PROGRESS")), Saved()
    await THREADS.prepare(built, FILM, saved)
    for _ in range(2):
        built.clock.forward(minutes=15)
        assert isinstance(await THREADS.prepare(built, FILM, saved), Pending)
        await THREADS.prepare(built, FILM, saved)
    built.clock.forward(minutes=15)
    error = await error_of(THREADS.prepare(built, FILM, saved))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_TIMEOUT, Effect.REJECTED)
    assert len(THREADS.made(built)) == 3


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (INSTAGRAM, (-2, 2207020)),
        (INSTAGRAM, (24, 2207006)),
        (INSTAGRAM, (24, 2207008)),
    ],
)
async def test_a_creation_that_another_may_get_past_is_tried_three_times_more(
    on: ContainerNetwork, code: tuple[int, int]
) -> None:
    built, saved = on.begun(), Saved()
    built.network.on("POST", on.make_path, graph_error(*code))
    effects = [(await on.unprepared(built, ONE, saved)).effect for _ in range(4)]
    assert effects == [Effect.NOT_SENT] * 3 + [Effect.REJECTED]


@pytest.mark.parametrize(
    ("on", "code"),
    [
        *((INSTAGRAM, code) for code in ((9004, 2207052), (-2, 2207003))),
        *((THREADS, code) for code in ((1, 2207052), (9004, 2207052))),
    ],
)
async def test_a_creation_that_could_not_fetch_the_media_waits_for_their_address(
    on: ContainerNetwork, code: tuple[int, int]
) -> None:
    built, saved = on.begun(), Saved()
    built.network.on("POST", on.make_path, graph_error(*code))
    await gives_up_after_the_waits(on, built, saved)
    assert (len(built.network.sent(on.make_path)), prepared(saved).renewals) == (len(PULL_WAITS) + 1, 0)


@pytest.mark.parametrize(("on", "status", "message"), NOT_FETCHED)
async def test_a_container_that_could_not_fetch_the_media_is_made_again_when_their_address_may_be_back(
    on: ContainerNetwork, status: str, message: str
) -> None:
    always = on.begun(on.state(status, message))
    await gives_up_after_the_waits(on, always, Saved())
    assert len(on.made(always)) == len(PULL_WAITS) + 1
    once, saved = on.begun(on.state(status, message), on.state("FINISHED")), Saved()
    assert (await on.unprepared(once, FILM, saved)).retry_after == PULL_WAITS[0]
    assert prepared(saved) == Prepared(failed_pulls=1)
    await on.until_ready(once, FILM, saved)
    assert len(on.made(once)) == 2


async def gives_up_after_the_waits(on: ContainerNetwork, built: Bench, saved: Saved) -> None:
    for wait in (*PULL_WAITS, None):
        error = await on.unprepared(built, FILM, saved)
        effect = Effect.NOT_SENT if wait else Effect.REJECTED
        assert (error.reason, error.effect, error.retry_after) == (Reason.MEDIA_UNREACHABLE, effect, wait)


async def test_an_instagram_parent_without_children_creates_them_again() -> None:
    built, saved = INSTAGRAM.begun(), Saved()
    await INSTAGRAM.prepare(built, MANY, saved)
    built.network.on("POST", INSTAGRAM.make_path, graph_error(24, 2207006))
    assert (await INSTAGRAM.unprepared(built, MANY, saved)).effect is Effect.NOT_SENT
    assert prepared(saved) == Prepared(renewals=1)


POST = Container(id="c1", created_at=NOW, code="FINISHED")


def test_a_preparation_expires_with_its_first_container_and_replies_do_not_count() -> None:
    later = Container(id="c2", created_at=NOW + timedelta(hours=1))
    reply = Container(id="c3", created_at=NOW - timedelta(hours=9))
    known = Prepared(containers={"0": POST, "post": later, "comment": reply})
    assert known.expires_at == NOW + timedelta(hours=24)
    assert Prepared(containers={"comment": reply}).expires_at is None
    assert known.without("post") == Prepared()
    assert set(known.without("comment").containers) == {"0", "post"}
