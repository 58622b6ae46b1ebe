"""Finding the post of a container: it must be the only one that fits in text, kind and time.

Instagram and Threads, after a lost answer or a restored database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Case, Live, one
from tests.channels.containers import (
    FILM,
    INSTAGRAM,
    ONE,
    PAIR,
    POST,
    READ,
    SHOWN,
    THREADS,
    ContainerNetwork,
    at,
    graph_error,
    known,
)
from tests.channels.making import image, publication
from tests.channels.network import answer, ok

BOTH = (INSTAGRAM, THREADS)
SECOND = timedelta(seconds=1)
EARLY = at(NOW - SECOND)
CHILDREN = {"data": [{"id": "1"}, {"id": "2"}]}
HELLO, TRIPLE = publication("Hello"), publication("Hello", media=(image(0), image(1), image(2)))
STORY = publication(media=(image(),), options={"kind": "story"})
NO_ID = Live(None, warnings=("POST_ID_PENDING",))


def find(on: ContainerNetwork, outcome: Any, status: Any, listed: Any, draft: Any = ONE, **more: Any) -> Case:
    """The container reads so, and the profile's list."""
    shown = ok({"data": listed}) if isinstance(listed, list) else listed
    replies = {READ: on.state(status) if isinstance(status, str) else status, on.listing: shown}
    return one("find", on.publishing, draft, outcome, replies | more.pop("replies", {}), **{"state": known(), **more})


# The changes of each listed post; whether ours is found among them.
LISTS: list[tuple[list[Any], bool]] = [
    ([{}], True),
    ([{"text": "  Hello \n"}], True),
    ([{"id": "1", "text": "Other"}, {}], True),
    ([{"id": "1", "timestamp": EARLY}, {}], True),
    ([{"id": "1", "media_type": "VIDEO"}, {}], True),
    ([], False),
    ([{"text": "Other"}], False),
    ([{"text": None}], False),
    ([{"media_type": "VIDEO"}], False),
    ([{"timestamp": EARLY}], False),
    ([{"timestamp": None}], False),
    ([{}, {"id": "2"}], False),
]

# fmt: off
CASES = {
    **{f"a container that is {status!r} with {listed} listed, {on.name}": find(on, outcome, status,
            [on.listed(id=str(index)) for index in range(listed)])
        for on, status, listed, outcome in (*((INSTAGRAM, status, 1, Absent)
                for status in ("FINISHED", "ERROR", "EXPIRED")), (THREADS, "FINISHED", 1, Absent),
            *((on, status, 1, Unknown) for on in BOTH for status in ("IN_PROGRESS", "NEW_WORD")),
            *((on, "PUBLISHED", listed, Published) for on in BOTH for listed in (0, 1)),
            # for a dead container the profile's list decides
            (THREADS, "ERROR", 0, Absent), (THREADS, "EXPIRED", 0, Absent), (THREADS, "EXPIRED", 1, Published),
            (THREADS, "EXPIRED", 2, Unknown), (THREADS, graph_error(100, 33), 0, Absent),
            (THREADS, graph_error(100, 33), 1, Published), (THREADS, graph_error(10), 1, Unknown))},
    # A list that cannot be read proves neither absence nor an id.
    **{f"a list that cannot be read: {number} {status}, {on.name}": find(on, outcome, status, listed)
        for number, listed in enumerate((answer(500, "<html>"), ok("not json"), ok({}), ok({"data": None})))
        for on, status, outcome in (
            (THREADS, "EXPIRED", Unknown),
            (THREADS, "PUBLISHED", NO_ID),
            (INSTAGRAM, "PUBLISHED", NO_ID))},
    **{f"a known id needs no search, {on.name}": find(on, Published, "FINISHED", [], state=known(posts={"post": POST}),
            requests=[SHOWN])
        for on in BOTH},
    **{f"the only one that fits: {number}, {on.name}": find(on, Live(POST) if bound else NO_ID, "PUBLISHED",
            ["nonsense", {on.text: "Hello"}, *(on.listed(**row) for row in changes)], since=NOW + 0.4 * SECOND)
        for on in BOTH
        for number, (changes, bound) in enumerate(LISTS)},
    **{f"kinds read back under the networks' names: {number}, {on.name}": find(on, Live(POST) if bound else NO_ID,
            "PUBLISHED", [on.listed(kind, **changes)], draft)
        for number, (on, draft, kind, changes, bound) in enumerate((
                (INSTAGRAM, ONE, 0, {"media_product_type": None}, True),
                (INSTAGRAM, ONE, 0, {"media_product_type": "REELS"}, False),
                (INSTAGRAM, FILM, 1, {}, True),
                (INSTAGRAM, PAIR, 2, {}, True),
                (THREADS, HELLO, 0, {"media_type": None}, True),
                (THREADS, HELLO, 0, {"media_type": "TEXT"}, True),
                (THREADS, HELLO, 0, {"media_type": "TEXT_POST"}, True),
                (THREADS, HELLO, 0, {}, False),
                (THREADS, FILM, 1, {}, True),
                (THREADS, FILM, 0, {}, False),
                (THREADS, PAIR, 2, {}, True),
                (THREADS, PAIR, 2, {"children": CHILDREN}, True),
                (THREADS, TRIPLE, 2, {"children": CHILDREN}, False)))},
    "Instagram lists stories apart and without a caption": find(INSTAGRAM, Live(POST), "PUBLISHED", [], STORY,
        replies={f"GET /{INSTAGRAM.account.external_id}/stories": ok({
                    "data": [INSTAGRAM.listed(text=None, media_product_type="STORY")]})}),
    **{f"the list is read from a minute before, {on.name}": find(on, Published, "PUBLISHED", [],
            requests=[READ, (on.listing, {"since": str(int(NOW.timestamp()) - 60)})])
        for on in BOTH},
    # After a restore the post may be live although the database has no record of it.
    **{f"without a container the profile's posts decide: {name}, {on.name}": find(on, outcome, "FINISHED", listed,
            state=None, since=since)
        for on in BOTH
        for name, outcome, listed, since in (
            ("one", Live(POST, alike=True), [on.listed(timestamp=at(NOW - 30 * SECOND))], NOW),
            ("none", Absent, [], NOW),
            ("two", Unknown, [on.listed(), on.listed(id="2")], NOW),
            ("an earlier one", Absent, [on.listed(timestamp=at(NOW - 600 * SECOND))], ONE.created_at))},
}
