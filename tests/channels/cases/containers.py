"""Instagram and Threads: containers are created once, polled without sleeping, and replaced only when they are dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.channels.pulls import PULL_WAITS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, after
from tests.channels.containers import FILM, INSTAGRAM, MANY, ONE, THREADS, URL, ContainerNetwork, graph_error
from tests.channels.making import TOKEN, image, publication
from tests.channels.network import answer, ok

R, S = Reason, Effect
BOTH = (INSTAGRAM, THREADS)
READ, TEXT = "GET ", publication("Hello")
GONE = graph_error(100, 33)
BAD, FAILED = R.MEDIA_VALIDATION_FAILED, R.MEDIA_PROCESSING_FAILED
PREFIX = "Error: Media upload has failed with error code "
OPAQUE = {"has_alpha": False, "animated": False}
UNFIT = publication(
    "Hello",
    media=(image(0, mime_type="image/webp", **OPAQUE), image(1), image(2, bytes=9_000_000, alt="A", **OPAQUE)),
)
PREPARATIONS = [(on.making, MANY, set[int]()) for on in BOTH]
DAY = NOW + timedelta(hours=24)


def pending(on: ContainerNetwork, seconds: float) -> Pending:
    return after(seconds, f"{on.name.title()} is processing the post")


def child(on: ContainerNetwork, name: str, **more: str) -> Any:
    """The container of a carousel's image."""
    kind = {"media_type": "IMAGE"} if on is THREADS else {}
    return (on.make, {"is_carousel_item": "true", **kind, "image_url": URL.replace("med_0", name), **more})


def prepare(on: ContainerNetwork, draft: Any, *calls: Call, **replies: Any) -> Case:
    """`read` are the answers to the reads of containers, `made` those to their creation."""
    names = {"read": READ, "made": on.make}
    return Case(on.making, draft, calls, replies={names[name]: said for name, said in replies.items()})


def gives_up(*requests: str) -> list[Call]:
    """After all the waits for media that could not be fetched."""
    ends = [(S.NOT_SENT, wait.total_seconds()) for wait in PULL_WAITS] + [(S.REJECTED, None)]
    unreachable = [Fails(R.MEDIA_UNREACHABLE, effect, wait=wait) for effect, wait in ends]
    return [Call("ready", outcome, requests, saved={"renewals": 0}) for outcome in unreachable]


def dead_at(on: ContainerNetwork, index: int, dead: Any) -> list[Any]:
    """The container that is read at `index` is dead, all others are finished."""
    return [*[on.state("FINISHED")] * index, dead, on.state("FINISHED")]


# network, status, its message, the code that is stored, reason, how many others are made
DEAD: list[tuple[ContainerNetwork, str, str, str, Reason, int]] = [
    (INSTAGRAM, "ERROR", PREFIX + "2207053", "2207053", FAILED, 3),
    (INSTAGRAM, "ERROR", "2207053", "2207053", FAILED, 3),
    (INSTAGRAM, "ERROR", "code 2207077: too bad", "2207077", FAILED, 3),
    (INSTAGRAM, "ERROR", "Error: 122070261", "ERROR", FAILED, 3),
    (INSTAGRAM, "ERROR", "", "ERROR", FAILED, 3),
    (INSTAGRAM, "EXPIRED", "Expired: not published within 24 hours", "EXPIRED", FAILED, 3),
    (INSTAGRAM, "ERROR", PREFIX + "2207026", "2207026", BAD, 0),
    (INSTAGRAM, "ERROR", PREFIX + "2207009", "2207009", BAD, 0),
    (INSTAGRAM, "ERROR", "Error 2207057", "2207057", R.INVALID_FIELD, 0),
    *((THREADS, "ERROR", word, word, FAILED, 2) for word in ("FAILED_PROCESSING_AUDIO", "FAILED_PROCESSING_VIDEO")),
    (THREADS, "ERROR", "UNKNOWN", "UNKNOWN", FAILED, 2),
    *((THREADS, "ERROR", word, "ERROR", FAILED, 2) for word in ("", "A_NEW_WORD")),
    (THREADS, "EXPIRED", "", "EXPIRED", FAILED, 3),
    *(
        (THREADS, "ERROR", f"INVALID_{word}", f"INVALID_{word}", BAD, 0)
        for word in ("ASPEC_RATIO", "BIT_RATE", "DURATION", "FRAME_RATE", "AUDIO_CHANNELS", "AUDIO_CHANNEL_LAYOUT")
    ),
]
NOT_FETCHED = [
    (INSTAGRAM, PREFIX + "2207003"),
    (INSTAGRAM, PREFIX + "2207052"),
    (THREADS, "FAILED_DOWNLOADING_VIDEO"),
]
AGES = [
    *((INSTAGRAM, ONE, age, wait) for age, wait in ((0, 3), (14, 3), (15, 10), (299, 10), (300, 60), (3600, 60))),
    *((THREADS, TEXT, age, wait) for age, wait in ((0, 2), (29, 2), (30, 30))),
    *((THREADS, ONE, age, wait) for age, wait in ((0, 3), (31, 30))),
    *((THREADS, FILM, age, wait) for age, wait in ((0, 5), (29, 5), (30, 30), (899, 30))),
]

# fmt: off
CASES = {
    **{f"a container is made and polled until it is finished, {on.name}": prepare(on, ONE,
            Call("prepare", pending(on, 3), [(on.make, on.image_form, {"authorization": f"Bearer {TOKEN}"})],
                saved={"containers.post.id": "c1"}, writes=1, ready=False, until=DAY),
            Call("prepare", pending(on, 3), [("GET /c1", {"fields": f"{on.status},{on.message}"})]),
            Call("ready", Ready(expires_at=DAY), ready=True), Call("prepare", Ready, []),
            read=[on.state("IN_PROGRESS"), on.state("FINISHED")])
        for on in BOTH},
    # A publish right after FINISHED may not find the container.
    "Threads waits two seconds after a container is finished": prepare(THREADS, TEXT,
        Call("prepare", pending(THREADS, 2), [(THREADS.make, {"media_type": "TEXT", "text": "Hello"})]),
        Call("prepare", pending(THREADS, 2), [READ]), Call("prepare", pending(THREADS, 0.5), [], seconds=1.5),
        Call("prepare", Ready, [], seconds=0.5)),
    **{f"a {(draft.media and draft.media[0].kind) or 'text'} after {age} s, {on.name}": prepare(on, draft,
            Call("prepare", Pending), Call("prepare", pending(on, wait), seconds=age), read=on.state("IN_PROGRESS"))
        for on, draft, age, wait in AGES},
    **{f"the media of a carousel are waited for, {on.name}": prepare(on, MANY,
            Call("prepare", after(3, "0 of 3 media are ready"), [on.make] * 3, writes=3),
            Call("ready", Ready, writes=6))
        for on in BOTH},
    **{f"a refused creation leaves nothing behind: {reason} {effect}, {on.name}": prepare(on, ONE,
            Call("prepare", Fails(reason, effect), [on.make], writes=0), made=said)
        for on in BOTH
        for said, reason, effect in (
            (graph_error(100), R.INVALID_FIELD, S.REJECTED),
            (graph_error(10, status=403), R.MISSING_SCOPE, S.REJECTED),
            (graph_error(190), R.TOKEN_EXPIRED, S.NOT_SENT),
            (answer(500, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN),
            (answer(429, "<html>"), R.RATE_LIMITED, S.NOT_SENT),
            (ok({}), R.PROVIDER_OUTAGE, S.UNKNOWN))},
    **{f"a status that cannot be read changes nothing, {on.name}": prepare(on, ONE, Call("prepare", Pending, writes=1),
            Call("prepare", Fails(), writes=0), read=answer(503, "<html>"))
        for on in BOTH},
    **{f"a published container is never created again, {on.name}": prepare(on, ONE,
            Call("ready", Ready, [on.make, READ], saved={"containers.post.code": "PUBLISHED"}),
            read=on.state("PUBLISHED"))
        for on in BOTH},
    # Each is rendered once, not at every poll.
    **{f"an image that the network does not accept is sent as a rendition, {on.name}": Case(on.making, UNFIT,
            [Call("prepare", Pending,
                    [child(on, "med_0-jpeg"), child(on, "med_1"), child(on, "med_2-jpeg", alt_text="A")]),
                Call("ready", Ready)],
            replies={READ: [on.state("IN_PROGRESS"), on.state("IN_PROGRESS"), on.state("FINISHED")]},
            renditions=[(f"med_{index}", "image/jpeg", 8 * 1024 * 1024, None) for index in (0, 2)])
        for on in BOTH},
    # replaced only when another may succeed
    **{f"a dead container: {status} {message}, {on.name}": prepare(on, FILM,
            Call("ready", Fails(reason, S.REJECTED, code), [on.make, READ] * (1 + others)),
            read=on.state(status, message))
        for on, status, message, code, reason, others in DEAD},
    **{f"another container after {status} {message}, {on.name}": prepare(on, FILM,
            Call("ready", Ready, [on.make, READ] * 2, saved={"renewals": 1}),
            read=[on.state(status, message), on.state("FINISHED")])
        for on, status, message, *_, others in DEAD if others},
    # A child alone; all of them, which are as old; all below an expired parent; and at Instagram a failed parent alone.
    **{f"the dead parts of a carousel are replaced: {children} {number}, {on.name}": prepare(on, MANY,
            Call("ready", Ready,
                [..., (on.make, {"media_type": "CAROUSEL", "children": children, on.text: "Hello"}), READ]), read=dead)
        for number, (on, dead, children) in enumerate((
                (INSTAGRAM, dead_at(INSTAGRAM, 1, INSTAGRAM.failed("2207053")), "c1,c4,c3"),
                (INSTAGRAM, dead_at(INSTAGRAM, 0, INSTAGRAM.state("EXPIRED")), "c6,c4,c5"),
                (INSTAGRAM, dead_at(INSTAGRAM, 3, INSTAGRAM.state("EXPIRED")), "c5,c6,c7"),
                (INSTAGRAM, dead_at(INSTAGRAM, 3, INSTAGRAM.failed("2207053")), "c1,c2,c3"),
                (THREADS, dead_at(THREADS, 1, THREADS.failed("UNKNOWN")), "c1,c4,c3"),
                (THREADS, dead_at(THREADS, 0, THREADS.state("EXPIRED")), "c6,c4,c5"),
                (THREADS, dead_at(THREADS, 3, THREADS.state("EXPIRED")), "c5,c6,c7"),
                (THREADS, dead_at(THREADS, 3, THREADS.failed("UNKNOWN")), "c5,c6,c7")))},
    **{f"an expired container is replaced without a read, {on.name}": prepare(on, ONE, Call("ready", Ready),
            Call("ready", Ready, [on.make, READ], saved={"containers.post.id": "c2", "renewals": 0}, minutes=24 * 60))
        for on in BOTH},
    **{f"a new container may not be found yet, {on.name}": prepare(on, ONE,
            Call("ready", Ready, [on.make, READ, READ]), read=[GONE, on.state("FINISHED")])
        for on in BOTH},
    "a container that is never found is an error on Instagram": prepare(INSTAGRAM, ONE, Call("prepare", Pending),
        Call("prepare", Fails(code="100/33"), seconds=360), read=GONE),
    "a container that is never found has expired on Threads": prepare(THREADS, ONE, Call("prepare", Pending),
        Call("prepare", Pending, seconds=60, saved={"renewals": 1}), read=GONE),
    "Threads gives up a container that stays unfinished": prepare(THREADS, FILM,
        Call("prepare", Pending, [THREADS.make]),
        *[Call("prepare", Pending, [READ], minutes=15), Call("prepare", Pending, [THREADS.make])] * 2,
        Call("prepare", Fails(R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED), [READ], minutes=15),
        read=THREADS.state("IN_PROGRESS")),
    **{f"a creation that another may get past is tried three times more: {code}": prepare(INSTAGRAM, ONE,
            *(Call("prepare", Fails(effect=effect), [INSTAGRAM.make]) for effect in (*[S.NOT_SENT] * 3, S.REJECTED)),
            made=graph_error(*code))
        for code in ((-2, 2207020), (24, 2207006), (24, 2207008))},
    **{f"a creation that could not fetch the media waits for their address: {code}, {on.name}": prepare(on, FILM,
            *gives_up(on.make), made=graph_error(*code))
        for on, code in (
            (INSTAGRAM, (9004, 2207052)),
            (INSTAGRAM, (-2, 2207003)),
            (THREADS, (1, 2207052)),
            (THREADS, (9004, 2207052)))},
    **{f"a container that could not fetch the media is given up: {message}, {on.name}": prepare(on, FILM,
            *gives_up(on.make, READ), read=on.state("ERROR", message))
        for on, message in NOT_FETCHED},
    **{f"a container is made again when the media's address may be back: {message}, {on.name}": prepare(on, FILM,
            Call("ready", Fails(wait=PULL_WAITS[0].total_seconds()),
                saved={"containers": {}, "failed_pulls": 1, "renewals": 0}), Call("ready", Ready, [on.make, READ]),
            read=[on.state("ERROR", message), on.state("FINISHED")])
        for on, message in NOT_FETCHED},
    "a parent of Instagram without children creates them again": prepare(INSTAGRAM, MANY, Call("prepare", Pending),
        Call("ready", Fails(effect=S.NOT_SENT), saved={"containers": {}, "renewals": 1},
            replies={INSTAGRAM.make: graph_error(24, 2207006)})),
}
