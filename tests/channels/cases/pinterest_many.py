"""Pinterest: a board's list shows 250 pins at once, and who sees them is up to their board."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import httpx

from munadi.channels.answers import MAX_ANSWER
from munadi.channels.looking import NOT_READ
from munadi.channels.pinterest.looking import NO_ID, NOT_OWNER
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.pinterest import NET, SALE
from tests.channels.cases.pinterest_removals import FOREIGN, MISSING, NO_BOARD
from tests.channels.network import answer, ok
from tests.channels.scene_pinterest import BOARD, BOARDS, EXPIRED, PINS, page, pin, refusal

V = Verdict
OTHER = "549755885175000009"
LIVE, GONE = Seen(verdict=V.LIVE), Seen(verdict=V.GONE, word="404/50")
HUNDRED = [str(number) for number in range(1000, 1100)]
ALL, LIST, OTHERS = f"GET {BOARDS}", f"GET {BOARDS}/{BOARD}/pins", f"GET {BOARDS}/{OTHER}/pins"
CHECK, CHECK_OTHER = f"GET {BOARDS}/{BOARD}", f"GET {BOARDS}/{OTHER}"
DOWN = Seen(
    verdict=V.UNREADABLE, word=f"PROVIDER_OUTAGE (HTTP 503): Pinterest: {REASONS[Reason.PROVIDER_OUTAGE].meaning}"
)
FULL = {"page_size": "250"}


def board(board_id: str = BOARD, privacy: str = "PUBLIC") -> dict[str, Any]:
    return {"id": board_id, "name": "Umbrellas", "privacy": privacy}


def boards(listed: Mapping[str, Collection[str]], by_id: Collection[str] = (), **privacy: str) -> dict[str, Any]:
    """An account with these pins on these boards, newest first, and pages of 250."""
    where = {one: name for name, pins in listed.items() for one in pins}
    rows = [board(name, privacy.get(f"b{name}", "PUBLIC")) for name in listed]

    def read(request: httpx.Request) -> httpx.Response:
        name, start = request.url.path.split("/")[-2], int(request.url.params.get("bookmark", 0))
        pins, size = [*listed[name]], int(request.url.params["page_size"])
        shown = [pin(one, board_id=name) for one in pins[start : start + size]]
        return page(*shown, bookmark=str(start + size) if start + size < len(pins) else None)

    known = [*where, *by_id, "8", "9", *HUNDRED]
    pins = {f"GET {PINS}/{one}": MISSING for one in known}
    pins |= {f"GET {PINS}/{one}": ok(pin(one, board_id=where.get(one, BOARD))) for one in [*where, *by_id]}
    lists = {f"GET {BOARDS}/{row['id']}/pins": read for row in rows}
    return {**pins, **lists, ALL: page(*rows), **{f"GET {BOARDS}/{row['id']}": ok(row) for row in rows}}


def look(outcome: Any, replies: dict[str, Any], given: Collection[str], requests: Any = None) -> Case:
    return Case(NET, SALE, [Call(f"look {' '.join(given)}", outcome, requests)], replies=replies)


def on(name: str, *pins: str) -> list[str]:
    """The pins as they are looked at."""
    return [f"{one}#{name}" for one in pins]


def read(*pins: str) -> list[str]:
    return [f"GET {PINS}/{one}" for one in pins]


def limited(word: str) -> Seen:
    return Seen(verdict=V.LIMITED, word=f"board {word}")


def unread(word: str) -> Seen:
    return Seen(verdict=V.UNREADABLE, word=word)


NO_BOARD_READ = unread("404/50, and its board cannot be read")
MORE = [str(number) for number in range(2000, 2400)]
HALF = {BOARD: HUNDRED[:50], OTHER: HUNDRED[50:]}
SECRET = {f"b{OTHER}": "SECRET"}
BOTH = [*on(BOARD, *HUNDRED[:50]), *on(OTHER, *HUNDRED[50:])]
# fmt: off
CASES = {
    "a hundred pins of one board are two calls": look([LIVE] * 100, boards({BOARD: HUNDRED}), on(BOARD, *HUNDRED),
        [(LIST, FULL), CHECK]),
    "a hundred pins of two boards are three calls": look([LIVE] * 50 + [limited("SECRET")] * 50,
        boards(HALF, **SECRET), BOTH, [(ALL, FULL), (LIST, FULL), (OTHERS, FULL)]),
    "two pins are read by their ids": look([LIVE, LIVE], boards({BOARD: HUNDRED}), on(BOARD, *HUNDRED[:2]),
        [*read(HUNDRED[0]), CHECK, *read(HUNDRED[1])]),
    "a page that shows one of them leads to the next": look([LIVE] * 4, boards({BOARD: [*MORE, "8"]}),
        on(BOARD, "2000", "2001", "2300", "8"), [(LIST, FULL), CHECK, (LIST, {"bookmark": "250"})]),
    "what a list lacks is read by its id": look([LIVE, LIVE, GONE, LIVE], boards({BOARD: HUNDRED}, by_id=["8"]),
        on(BOARD, HUNDRED[0], "8", "9", HUNDRED[1]), [(LIST, FULL), CHECK, *read("8", "9")]),
    "not found, but listed": look([unread("404/50, but listed"), GONE],
        {**boards({BOARD: HUNDRED}), read(HUNDRED[0])[0]: MISSING}, on(BOARD, HUNDRED[0], "9"),
        [*read(HUNDRED[0]), CHECK, LIST, *read("9")]),
    "a pin that was moved counts by its new board": look([limited("SECRET"), LIVE, LIVE],
        {**boards({BOARD: ["1000", "1001"], OTHER: ["8"]}, **SECRET)}, on(BOARD, "8", "1000", "1001"),
        [LIST, CHECK, *read("8"), CHECK_OTHER]),
    "a look makes ten requests, and the rest waits": look([LIVE] * 8 + [NOT_READ] * 4,
        boards({BOARD: MORE}, by_id=HUNDRED), on(BOARD, *HUNDRED[:12]), [LIST, *read(HUNDRED[0]), CHECK,
            *read(*HUNDRED[1:8])]),
    "the pin of another account spoils no other": look([NOT_OWNER, LIVE],
        {**boards({BOARD: HUNDRED}), read("8")[0]: ok(pin("8", is_owner=False))}, on(BOARD, "8", HUNDRED[0])),
    "the pin of another account in a list": look([LIVE, NOT_OWNER, LIVE],
        {**boards({BOARD: HUNDRED}), LIST: page(pin("1000"), pin("1001", is_owner=False), pin("1002"))},
        on(BOARD, *HUNDRED[:3]), [LIST, CHECK]),
    "what is no id spoils no other": look([NO_ID, LIVE], boards({BOARD: HUNDRED}), on(BOARD, "a/b", HUNDRED[0]),
        [*read(HUNDRED[0]), CHECK]),
    "a board that is gone proves nothing of its pins": look([LIVE, LIVE, NO_BOARD_READ, NO_BOARD_READ],
        {**boards({BOARD: HUNDRED}), OTHERS: NO_BOARD, CHECK_OTHER: NO_BOARD},
        [*on(BOARD, *HUNDRED[:2]), *on(OTHER, "8", "9")]),
    "a board that is hidden from the connection": look([LIVE, LIVE, limited("not shown to this connection")],
        {**boards({BOARD: HUNDRED}), OTHERS: FOREIGN, CHECK_OTHER: FOREIGN, read("8")[0]: ok(pin("8", board_id=OTHER))},
        [*on(BOARD, *HUNDRED[:2]), *on(OTHER, "8")]),
    "a list that is down spoils nothing that is read by its id": look([LIVE] * 3,
        {**boards({BOARD: HUNDRED}), LIST: answer(503, "<html>")}, on(BOARD, *HUNDRED[:3]),
        [LIST, *read(HUNDRED[0]), CHECK, *read(*HUNDRED[1:3])]),
    "boards that cannot be listed are read one by one": look([LIVE] * 2 + [limited("PROTECTED")],
        {**boards({BOARD: HUNDRED, OTHER: ["8"]}, **{f"b{OTHER}": "PROTECTED"}), ALL: answer(503, "<html>")},
        [*on(BOARD, *HUNDRED[:2]), *on(OTHER, "8")], [ALL, LIST, CHECK, *read("8"), CHECK_OTHER]),
    "one that cannot be read spoils no other": look([LIVE, DOWN],
        {**boards({BOARD: HUNDRED}), read("8")[0]: answer(503, "<html>")}, on(BOARD, HUNDRED[0], "8")),
    "a page that is too long is read in smaller ones": look([LIVE] * 3,
        {**boards({BOARD: HUNDRED}), LIST: [answer(200, "x" * (MAX_ANSWER + 1)), page(*map(pin, HUNDRED))]},
        on(BOARD, *HUNDRED[:3]), [(LIST, FULL), (LIST, {"page_size": "100"}), CHECK]),
    "a dead token ends the look": look(Fails(Reason.TOKEN_EXPIRED), {LIST: EXPIRED}, on(BOARD, *HUNDRED), [LIST]),
    "a minute's calls are used up": look(Fails(Reason.RATE_LIMITED, wait=7),
        {LIST: refusal(429, 8, "Slow down.", x_ratelimit_reset="7")}, on(BOARD, *HUNDRED), [LIST]),
    "a network that is down": look(Fails(Reason.PROVIDER_OUTAGE),
        {LIST: answer(503, "<html>"), f"GET {PINS}/1000": answer(503, "<html>")}, on(BOARD, *HUNDRED),
        [LIST, *read(HUNDRED[0])]),
}
# fmt: on
