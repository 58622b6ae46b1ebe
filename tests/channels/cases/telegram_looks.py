"""Telegram: which messages above the last of the chat are ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import httpx

from munadi.channels.telegram.lookup import MAX_NEW
from munadi.domain.publication import Absent, Ready, Unknown
from tests.channels.case import Call, Case, Live, Net, one
from tests.channels.cases.telegram import CHAINED, DELETE, FORWARD, LOOK, MISSES, THREAD, A, B
from tests.channels.network import answer, ok
from tests.channels.scene_telegram import (
    ALBUM,
    ANOTHERS,
    FACTS,
    LOOKING,
    MISSING,
    OWN,
    SALE,
    WHO,
    refusal,
    sent,
    stored,
)


def chat(own: Collection[int], others: Collection[int] = (), copies: Sequence[Any] = (sent(9),)) -> dict[str, Any]:
    """The probe sees these messages; `copies` are what forwarding shows of them."""

    def probed(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["message_id"])
        found = OWN if number in own else ANOTHERS if number in others else MISSING
        return answer(found.status_code, found.json())

    return {LOOK: probed, DELETE: ok({"ok": True, "result": True}), FORWARD: list(copies)}


LOOKS = Net("telegram", WHO, chat(()), LOOKING, reading_posts=("/forwardMessage", "/deleteMessages"))


def find(
    outcome: Any,
    own: Collection[int],
    others: Collection[int] = (),
    draft: Any = SALE,
    copies: Any = (sent(9),),
    name: str = "find",
    **more: Any,
) -> Case:
    held = {"floor": 100, **more.pop("state", {})}
    return one(name, LOOKS, draft, outcome, chat(own, others, copies), state=stored("a", "b", **held), **more)


# fmt: off
CASES = {
    **{f"one new message: {sorted(own)}": find(Live(str(max(own)), alike=True), own, {102})
        for own in ({100, 101}, {100, 103})},
    **{f"{sorted(own)} beside {len(others)} others {min(others, default=0)}": find(outcome, own, others)
        for own, others, outcome in (
            ({100}, (), Absent),
            ({100}, (101, 102, 104), Absent),
            ((), {100}, Absent),
            ((), {100, 101}, Unknown),  # nothing shows that own messages are told from others'
            ((), {99, 101}, Unknown),  # the message before it is gone
            ({100, 101, 102}, (), Unknown),
            ({100}, range(101, 101 + MAX_NEW + 9), Unknown),
            ({100}, range(100 + 2 * MISSES, 140), Unknown))},  # more after a gap
    **{f"an album among {sorted(own)}": find(outcome, own, draft=ALBUM,
            copies=[sent(9, photo=[A], caption="Hello", text=None), sent(10, video=B, text=None)])
        for own, outcome in (
            ({100, 101, 102}, Live("101", alike=True)),
            ({100, 101, 103}, Unknown),
            ({100, 101}, Unknown),
            ({100, 101, 102, 103}, Unknown))},
    **{f"a copy {number}": find(outcome, range(100, 101 + len(copies)), draft=draft, copies=copies)
        for number, (draft, copies, outcome) in enumerate((
                (SALE, [sent(9, text=" The\tmonsoon sale has begun")], Live("101", alike=True)),
                (SALE, [sent(9, text="Another text")], Unknown),
                (SALE, [sent(9, text=None)], Unknown),
                (SALE, [refusal(400, "Bad Request: message can't be forwarded")], Unknown),
                (ALBUM, [sent(9, photo=[A], caption="Hello"), sent(10, video={**B, "file_unique_id": "u-x"})], Unknown),
                (ALBUM, [sent(9, photo=[A], caption="Hello", text=None), sent(10, photo=[A])], Unknown),
                (ALBUM, [sent(9, photo=[A], caption="Bye", text=None), sent(10, video=B)], Unknown)))},
    **{f"without a storage chat: {sorted(own)}": find(outcome, own, settings={"storage_chat": None})
        for own, outcome in (({100, 101}, Unknown), ({100}, Absent))},
    **{f"a part of {draft.text} after {last}: {found}": find(Live(str(last + 1), alike=True) if found else Absent,
            {last, last + found}, draft=draft, name="find part-2", copies=[sent(9, text="Two")],
            state={"posts": {"post": {"id": "120"}}})
        for draft, last in ((SALE.model_copy(update={"parts": ("Two",)}), 120), (CHAINED, 121))
        for found in (1, 0)},
    "a part whose parent is not known": find(Unknown, {100}, draft=THREAD, name="find part-2"),
    **{f"nothing is asked: {name}": find(Unknown, {100}, state=state, requests=[],
            account=WHO.model_copy(update={"facts": {**FACTS, **facts}}))
        for name, facts, state in (
            ("rights", {"probed": False}, {}),
            ("no floor", {}, {"floor": None}),
            ("moved", {}, {"chat": "-1007"}))},
    **{f"the last id of {len(ids)} up to {last}": Case(LOOKS, SALE, [Call("prepare", Ready, saved={"floor": last})],
            replies=chat((), ids), settings={"storage_chat": None})
        for ids, last in (
            ((), None),
            ({1}, 1),
            (range(1, 1000), 999),
            ({*range(1, 500, 2)}, 499),
            ({5, 6, 7}, 7),
            ({*range(1, 60), *range(80, 1000)}, 999))},  # a gap that halving may end in
}
