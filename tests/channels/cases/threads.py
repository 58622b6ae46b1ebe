"""Threads: the later parts of a thread and the first comment are replies, each with a container of its own."""

from __future__ import annotations

from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, one
from tests.channels.containers import THREADS, at, graph_error
from tests.channels.making import image, publication
from tests.channels.network import ok

R, S = Reason, Effect
CHAIN = publication(
    "one", media=(image(),), parts=("two", "three"), first_comment="by the way", options={"topicTag": "Sale"}
)
CREATE, PUBLISH, REPLIES = THREADS.make, THREADS.publish, f"GET /{THREADS.account.external_id}/replies"
# Containers are c1, c2…, posts p1, p2…; every container reads as finished.
NET = Net(
    "threads",
    THREADS.account,
    {
        CREATE: [ok({"id": f"c{number}"}) for number in range(1, 9)],
        PUBLISH: [ok({"id": f"p{number}"}) for number in range(1, 9)],
        REPLIES: ok({"data": []}),
        THREADS.listing: ok({"data": []}),
        **{
            f"GET /v1.0/p{number}": ok({"id": f"p{number}", "permalink": f"https://x.example/p{number}"})
            for number in range(9)
        },
        "GET ": ok({"status": "FINISHED"}),
    },
    visible=("/threads_publish",),
)
POST = {"id": "c0", "created_at": NOW.isoformat(), "code": "PUBLISHED", "media_type": "IMAGE"}
AFTER: dict[str, Any] = {"containers": {"post": POST}, "posts": {"post": "p0"}}
IDS = {"post": "p0", "part-2": "p1", "part-3": "p2", "comment": "p3"}
STALE = {**AFTER, "posts": {}}
SEEN = {"id": "p8", "text": "one", "timestamp": at(NOW), "media_type": "IMAGE", "permalink": "x"}


def reply(text: str, parent: str) -> Any:
    return (CREATE, {"media_type": "TEXT", "text": text, "reply_to_id": parent})


def send(number: int) -> Any:
    return (PUBLISH, {"creation_id": f"c{number}"})


def shown(number: int) -> Live:
    return Live(f"p{number}", url=f"https://x.example/p{number}")


def listed(*texts: str) -> Any:
    kind = {"timestamp": at(NOW), "media_type": "TEXT_POST"}
    return ok({"data": [{"id": f"r{index}", "text": text, **kind} for index, text in enumerate(texts)]})


# fmt: off
CASES = {
    # This holds also if Threads does not find the first container at once.
    "each part answers the one before and the comment the post": Case(NET, CHAIN,
        [Call("steady part-2", shown(1), [reply("two", "p0"), "GET /c1", send(1), "GET /c1", send(1), "GET /p1"]),
            Call("steady part-3", shown(2), [reply("three", "p1"), "GET /c2", send(2), "GET /p2"]),
            Call("steady comment", shown(3), [reply("by the way", "p0"), "GET /c3", send(3), "GET /p3"],
                saved={"posts": IDS})], AFTER,
        {PUBLISH: [graph_error(24, 4279009), *(ok({"id": f"p{number}"}) for number in (1, 2, 3))]}),
    # The channel does not sleep, and a Pending would count as an accepted reply.
    "a step with an unfinished container is not sent": Case(NET, CHAIN,
        [*(Call("publish part-2", Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=wait), [request], seconds=passed)
                for request, wait, passed in (
                    (CREATE, 2, 0),
                    ("GET /c1", 10, 2),
                    ("GET /c1", 30, 10),
                    ("GET /c1", 30, 30))), Call("publish part-2", Published, ["GET /c1", send(1), "GET /p1"],
                replies={"GET ": ok({"status": "FINISHED"})})], AFTER, {"GET ": ok({"status": "IN_PROGRESS"})}),
    # After a reconcile the handle has the container but not the post's id.
    "an id that was found by a search is looked up again": one("publish part-2", NET, CHAIN, Fails(effect=S.NOT_SENT),
        {THREADS.listing: ok({"data": [SEEN]})}, state=STALE, requests=[THREADS.listing, reply("two", "p8")],
        saved={"posts.post": "p8"}),
    "without the parent's id no container is created": one("publish part-2", NET, CHAIN,
        Fails(effect=S.NOT_SENT, code="PARENT_UNKNOWN", wait=5), state=STALE, requests=[THREADS.listing]),
    **{f"a step is found among the replies: {status} {texts}": one("find part-2", NET, CHAIN, outcome,
            {REPLIES: listed(*texts), "GET ": ok({"status": status})},
            state={**AFTER, "containers": {"part-2": POST} if status else {}})
        for status, texts, outcome in (
            ("FINISHED", (), Absent),
            ("IN_PROGRESS", (), Unknown),
            ("PUBLISHED", ("two",), Published),
            ("EXPIRED", (), Absent),
            ("EXPIRED", ("two",), Published),
            ("EXPIRED", ("two", "two"), Unknown),
            ("EXPIRED", ("three",), Absent),
            (None, (), Absent),  # it was never begun
        )},
}
