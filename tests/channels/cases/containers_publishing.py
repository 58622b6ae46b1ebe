"""The visible call of Instagram and Threads is not idempotent: it is made once, and a live container not again.

What a refusal proves, and what the container's status proves after it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Published, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, after, one
from tests.channels.containers import (
    CONTAINER,
    INSTAGRAM,
    MADE,
    ONE,
    POST,
    READ,
    SHOWN,
    THREADS,
    ContainerNetwork,
    graph_error,
    known,
)
from tests.channels.network import answer, ok

R, S = Reason, Effect
BOTH = (INSTAGRAM, THREADS)
LIMIT = f"GET /{THREADS.account.external_id}/threads_publishing_limit"
FB = "graph.example/fb/v26.0"
THROUGH_A_PAGE = Net(
    "instagram",
    INSTAGRAM.account.model_copy(update={"login": "facebook"}),
    {**INSTAGRAM.publishing.replies, **INSTAGRAM.making.replies},
    {"hosts": {"graph": "https://never.example", "fb_graph": "https://graph.example/fb/"}},
)
MAYBE = [
    *((INSTAGRAM, code) for code in ((1,), (2,), (4, 2207051), (-1, 2207001), (506,))),
    *((THREADS, code) for code in ((1,), (2, None, 500), (10, None, 500), (100, None, 500), (4, 2207051))),
    *((THREADS, code) for code in ((100, 2207051), (506,))),
]
REFUSED_BUT_LIVE = [
    *((INSTAGRAM, code) for code in ((100,), (25, 2207050), (24, 2207006), (24, 2207008))),
    *((THREADS, code) for code in ((100,), (10,), (None, 4279013), (24, 4279009), (1, 2207052), (100, 33))),
]


class Slow(httpx.AsyncByteStream):
    async def __aiter__(self) -> Any:
        await asyncio.sleep(5)
        yield b"{}"


def publish(on: ContainerNetwork, outcome: Any, said: Any = None, read: Any = None, **more: Any) -> Case:
    """The visible call is answered so, and then the container reads so."""
    replies = {request: found for request, found in ((on.publish, said), (READ, read)) if found is not None}
    replies |= more.pop("replies", {})
    return one("publish", on.publishing, ONE, outcome, replies, **{"state": known(), **more})


def check(on: ContainerNetwork, outcome: Any, read: str, state: Any) -> Case:
    return one("check", on.publishing, ONE, outcome, {READ: on.state(read)}, state=state)


def again(*calls: Call, **state: Any) -> Case:
    """Threads may not find a container that it has just called FINISHED (docs/networks/threads.md)."""
    return Case(THREADS.publishing, ONE, calls, known(**state), {THREADS.publish: graph_error(24, 4279009)})


MISSED, KEPT = Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=5), {"containers.post.id": CONTAINER}

# fmt: off
CASES = {
    **{f"the call, its id and its address, {on.name}": publish(on,
            Published(post_id=POST, url=on.address, published_at=NOW),
            requests=[(on.publish, {"creation_id": CONTAINER}), SHOWN], saved={"posts": {"post": POST}})
        for on in BOTH},
    **{f"an address that cannot be read is a warning: {number}, {on.name}": publish(on,
            Live(POST, at=NOW, warnings=("PERMALINK_PENDING",)), replies={SHOWN: said},
            settings={"permalink_timeout": 0.05})
        for on in BOTH
        for number, said in enumerate((
                graph_error(100, 33),
                answer(500, "<html>"),
                httpx.ReadTimeout("slow"),
                ok({"id": POST}),
                ok([]),
                lambda _: httpx.Response(200, stream=Slow())))},
    **{f"a call that may have published is unknown: {said!r} {number}, {on.name}": publish(on, Fails(effect=S.UNKNOWN),
            said)
        for number, (on, said) in enumerate((
                *((on, graph_error(*code)) for on, code in MAYBE),
                *((on, said) for on in BOTH for said in (answer(502, "<html>"), httpx.ReadError("reset")))))},
    **{f"a refusal of a container that is live after all: {code}, {on.name}": publish(on, Live(POST),
            graph_error(*code), on.state("PUBLISHED"))
        for on, code in REFUSED_BUT_LIVE},
    **{f"a refusal stands when the container is {name}, {on.name}": publish(on, Fails(R.MISSING_SCOPE, S.REJECTED),
            graph_error(10), read)
        for on in BOTH
        for name, read in (("not live", None), ("unread", answer(503, "<html>")))},
    "Instagram retries a missing container twice and then replaces it": Case(INSTAGRAM.publishing, ONE,
        [*(Call("publish", Fails(effect=S.NOT_SENT, wait=30), ready=True, saved={"misses": misses})
                for misses in (1, 2)), Call("publish", Fails(effect=S.NOT_SENT, wait=30), ready=False,
                saved={"misses": 0, "containers": {}, "renewals": 1})], known(),
        {INSTAGRAM.publish: graph_error(24, 2207008)}),
    "Threads retries a missing container three times and then one other": again(*(Call("publish", MISSED, ready=True,
                saved={**KEPT, "misses": misses})
            for misses in (1, 2, 3)),
        Call("publish", Fails(effect=S.NOT_SENT), ready=False, saved={"containers": {}, "misses": 4, "renewals": 0})),
    "after the other container of Threads it is final": again(
        *[Call("publish", Fails(effect=S.NOT_SENT), saved=KEPT)] * 3, Call("publish", Fails(effect=S.REJECTED)),
        misses=4),
    "a missing container that is found later leaves no trace": again(Call("publish", MISSED),
        Call("publish", Live(POST), replies={THREADS.publish: ok({"id": POST})}, saved={"misses": 0})),
    **{f"a container or medium lost at the last step is prepared again, {on.name}": publish(on,
            Fails(effect=S.NOT_SENT), graph_error(*code), state=known(misses=misses),
            saved={"containers": {}, "renewals": 1, "misses": 0})
        for on, code, misses in ((INSTAGRAM, (24, 2207006), 2), (THREADS, (1, 2207052), 0))},
    **{f"but only a few times, {on.name}": publish(on, Fails(effect=S.REJECTED), graph_error(*code),
            state=known(renewals=3), writes=0)
        for on, code in ((INSTAGRAM, (24, 2207006)), (THREADS, (1, 2207052)))},
    **{f"check reports that it is {name}, {on.name}": check(on, outcome, read, state)
        for on in BOTH
        for name, outcome, read, state in (
            ("finished", Ready(expires_at=MADE + timedelta(hours=24)), "FINISHED", known()),
            ("dead", after(0, "the container is ERROR"), "ERROR", known()),
            ("not begun", after(0, "to be prepared"), "FINISHED", None),
            ("running", after(60 if on is INSTAGRAM else 30, "the container is IN_PROGRESS"), "IN_PROGRESS",
                known("IN_PROGRESS")),
            ("live", Live(POST, url=on.address), "PUBLISHED", known(posts={"post": POST})))},
    # A throttle of Threads may be the daily quota.
    **{f"a throttle and the quota: {number}": publish(THREADS, Fails(reason, S.NOT_SENT, wait=300), graph_error(4),
            replies={LIMIT: limit}, requests=[THREADS.publish, (LIMIT, {"fields": "quota_usage,config"})])
        for number, (limit, reason) in enumerate((
                (ok({"data": [{"quota_usage": 250, "config": {"quota_total": 250}}]}), R.DAILY_CAP_REACHED),
                (ok({"data": [{"quota_usage": 249, "config": {"quota_total": 250}}]}), R.RATE_LIMITED),
                (ok({"data": [{"quota_usage": "x"}]}), R.RATE_LIMITED),
                (ok({"data": []}), R.RATE_LIMITED),
                (ok([]), R.RATE_LIMITED),
                (answer(503, "<html>"), R.RATE_LIMITED)))},
    "Instagram through a Page calls the other host only": Case(THROUGH_A_PAGE, ONE,
        [Call("prepare", Pending, [f"POST {FB}/{INSTAGRAM.account.external_id}/media"]),
            Call("prepare", Ready, [f"GET {FB}/c1"]), Call("publish", Published,
                [f"POST {FB}/{INSTAGRAM.account.external_id}/media_publish", f"GET {FB}/{POST}"]),
            Call("check", Published, [f"GET {FB}/{POST}"])]),
}
