"""LinkedIn: which posts of a page are ours, and what a duplicate shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.domain.publication import Absent, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, one
from tests.channels.cases.linkedin import LINK, LIST, NAMED, NET, ORGANIZATION, PIC, PICTURE, POST, SITE, R, S, ready
from tests.channels.making import publication
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, PAGE, SALE, SHARE, duplicate, page, refusal, shown


def find(outcome: Any, *rows: Any, draft: Any = SALE, replies: Any = (), **more: Any) -> Case:
    return one("find", NET, draft, outcome, {LIST: page(*rows), **dict(replies)}, **more)


def row(text: str = SALE.text, **held: Any) -> dict[str, Any]:
    return shown(text=text, **({"content": held} if held else {}))


def named(outcome: Any, said: Any, **more: Any) -> Case:
    """A look after a refusal that named a post."""
    return Case(
        NET,
        SALE,
        [Call("publish", Fails(R.DUPLICATE_CONTENT, S.REJECTED), [POST], doubtful=True), Call("find", outcome)],
        replies={POST: duplicate(), NAMED: said},
        **more,
    )


def moment(**ago: float) -> int:
    return int((NOW - timedelta(**ago)).timestamp() * 1000)


LIKE = Live(SHARE, alike=True)
# fmt: off
CASES = {
    **{f"a likeness {number}": find(outcome, *rows, draft=draft)
        for number, (draft, rows, outcome) in enumerate((
                (SALE, [row()], LIKE),
                (SALE, [row("Something else")], Absent),
                (SALE, [row(media={"id": PIC})], Absent),
                (SALE, [shown(createdAt=moment(seconds=6))], Absent),
                (publication("#Sale (now)"), [row(r"{hashtag|\#|Sale} \(now\)")], LIKE),
                (publication("Hi @Acme"), [row(f"Hi @[Acme]({PAGE})")], LIKE),
                (LINK, [row("x", article={"source": "https://acme.example/"})], LIKE),
                (LINK, [row("x", article={"source": "https://other.example"})], Absent),
                (LINK, [row("x")], Absent)))},
    "a file finds its post whatever its text": find(Live("urn:li:share:2"), shown("urn:li:share:1", "Look"),
        shown("urn:li:share:2", "edited", content={"media": {"id": PIC}}), draft=PICTURE, state=ready("1")),
    "a list is read until it has nothing new": one("find", NET, SALE, LIKE,
        {LIST: [page(shown("urn:li:share:1", "a")), page(shown()), page(shown())]},
        requests=[(LIST, {"q": "author", "author": PAGE, "count": "50", "sortBy": "CREATED", "viewContext": "AUTHOR",
                    "start": "0"}), LIST, LIST]),
    "and not for ever": one("find", NET, SALE, Unknown,
        {LIST: [page(shown(f"urn:li:share:{n}", "a")) for n in range(9)]}, requests=[LIST] * 3),
    "a post that LinkedIn failed to publish": find(Unknown, shown(lifecycleState="PUBLISH_FAILED")),
    **{f"no list: {number}": one("find", NET, SALE, Unknown, {LIST: said})
        for number, said in enumerate((
                *map(ok, ([], {"elements": None}, {"elements": [{"id": "x"}]}, {"elements": [{"createdAt": 1}]})),
                refusal(403, "ACCESS_DENIED")))},
    # LinkedIn answers 404 to the list of a page that has no posts.
    "a page without posts is read as a control": find(Absent,
        replies={LIST: refusal(404, "NOT_FOUND"), ORGANIZATION: answer(200, {"vanityName": "acme"})}),
    "a page that cannot be read proves nothing": find(Unknown,
        replies={LIST: refusal(404, "NOT_FOUND"), ORGANIZATION: refusal(403, "ACCESS_DENIED")}),
    "a member's lost answer is never found absent": find(Unknown, account=MEMBER, requests=[]),
    # duplicates: the core judges them
    "a duplicate at the first attempt": one("publish", NET, SALE, Fails(R.DUPLICATE_CONTENT, S.REJECTED),
        {POST: duplicate()}, requests=[POST]),
    "the named post is found at a page": named(Live(SHARE, alike=True, url=f"{SITE}/{SHARE}/"), ok(shown())),
    "a named post from before our first request": named(Absent, ok(shown(createdAt=moment(minutes=1)))),
    "a named post that the page does not have": named(Absent, refusal(404, "NOT_FOUND")),
    "a member cannot be read": named(Unknown, refusal(404, "NOT_FOUND"), account=MEMBER),
}
