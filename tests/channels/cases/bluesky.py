"""Bluesky: a preparation part by part, one commit at its own key, the parts of a thread, and quotes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.bluesky.thread import record_key
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Ready, Unknown
from munadi.ports import LinkCard
from tests.channels.bluesky import servers
from tests.channels.bluesky.servers import BROKEN, DID, MISSING, NO_HANDLE, WHO, refusal, uri
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, Net, one
from tests.channels.making import image, publication
from tests.channels.network import answer, ok

R, S = Reason, Effect
PUT, APPLY, UPLOAD = (f"POST {path}" for path in (servers.PUT, servers.APPLY, servers.UPLOAD))
GET, HANDLE, POSTS = f"GET {servers.GET}", f"GET {servers.HANDLE}", "GET /xrpc/app.bsky.feed.getPosts"
FEED, LINK = "app.bsky.feed.post", "https://acme.example/sale"
SWAP, SLOW = refusal("InvalidSwap"), httpx.ReadTimeout("slow")
DRAFT, MENTION = publication("Hello"), publication("@alice.test")
PICTURE, LINKED = publication("x", media=(image(),)), publication("x", link=LINK)
THREAD = publication("One", parts=("Two #tag", "Three"), options={"langs": ["en"], "tags": ["sale"]})
STEPS = ("post", "part-2", "part-3")
KEYS = [record_key(THREAD, step) for step in STEPS]
KEY = KEYS[0]
QUOTED = f"at://did:plc:quoted/{FEED}/3n342ilh4f622"
ELSEWHERE = WHO.model_copy(update={"service_url": "https://pds.example/prefix/"})


def written(request: httpx.Request) -> httpx.Response:
    """An answer with every record that was sent, with a cid that shows its key. A put is answered with one record."""
    body = json.loads(request.content)
    writes = body.get("writes", [body])
    done = [{"uri": f"at://{DID}/{one['collection']}/{one['rkey']}", "cid": f"cid-{one['rkey']}"} for one in writes]
    return ok({"results": done} if "writes" in body else done[0])


def read(request: httpx.Request) -> httpx.Response:
    """An answer with the requested record."""
    key = request.url.params["rkey"]
    return ok({"uri": uri(key), "cid": f"cid-{key}", "value": {}})


def blob(content: str, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": content}, "mimeType": kind, "size": len(content)}


def uploaded(request: httpx.Request) -> httpx.Response:
    """A blob whose reference shows its bytes."""
    return ok({"blob": blob(request.content.decode(), request.headers["content-type"])})


NET = Net(
    "bluesky",
    WHO,
    {PUT: written, APPLY: written, GET: read, UPLOAD: uploaded, HANDLE: ok({"did": "did:plc:alice"})},
    visible=(servers.PUT, servers.APPLY),
)
THREE = publication("@alice.test", media=tuple(image(number) for number in range(3)))
PREPARATIONS = [(NET, THREE, set[int]())]
ALICE = {"mentions": {"alice.test": "did:plc:alice"}}
PAGE = LinkCard("Sale", "All of it", b"picture", "image/png")
FIRST = {"posts": {"post": {"uri": uri(KEY), "cid": "c1"}}}


def record(text: str, milliseconds: int = 0, **more: Any) -> dict[str, Any]:
    return {"$type": FEED, "text": text, "createdAt": f"2026-12-01T09:00:00.00{milliseconds}Z", **more}


def facet(start: int, end: int, kind: str, **feature: str) -> dict[str, Any]:
    features = [{"$type": f"app.bsky.richtext.facet#{kind}", **feature}]
    return {"index": {"byteStart": start, "byteEnd": end}, "features": features}


def put(step: str, written: dict[str, Any]) -> Any:
    where = {"repo": DID, "collection": FEED, "rkey": record_key(THREAD, step)}
    return (PUT, {**where, "record": written, "swapRecord": None})


def at(step: str) -> Any:
    return (GET, {"repo": DID, "collection": FEED, "rkey": record_key(THREAD, step)})


def ref(number: int, cid: str = "") -> dict[str, str]:
    return {"uri": uri(KEYS[number]), "cid": cid or f"cid-{KEYS[number]}"}


def existing(number: int, value: Any) -> httpx.Response:
    """The record that is at a step's key."""
    return ok({"uri": uri(KEYS[number]), "cid": "c2", "value": value})


def prepare(draft: Any, outcome: Any, replies: Any = (), **more: Any) -> Case:
    return one("prepare", NET, draft, outcome, dict(replies), **more)


def publish(outcome: Any, draft: Any = DRAFT, replies: Any = (), **more: Any) -> Case:
    return one(more.pop("step", "publish"), NET, draft, outcome, dict(replies), **more)


def card(
    page: LinkCard | None, title: str, about: str = "", thumb: Any = None, missing: bool = False, **more: Any
) -> Case:
    wanted = {"title": title, "description": about, "thumb": thumb, "picture_missing": missing}
    return prepare(LINKED, Ready, card=page, saved={"card": wanted}, **more)


def quote(address: str, outcome: Any, replies: Any, **more: Any) -> Case:
    return prepare(publication("x", options={"quote": address}), outcome, replies, **more)


LIVE = Published(post_id=uri(KEY), url=f"https://bsky.app/profile/{DID}/post/{KEY}", published_at=NOW)
FOUND = LIVE.model_copy(update={"published_at": None})
TWO = record(
    "Two #tag", 1, reply={"root": ref(0), "parent": ref(0)}, langs=["en"], facets=[facet(4, 8, "tag", tag="tag")]
)
REPLY = {**TWO, "reply": {"root": ref(0, "c1"), "parent": ref(0, "c1")}}
THIRD = record("Three", 2, reply={"root": ref(0), "parent": ref(1)}, langs=["en"])
NO_POST = [ok({"posts": posts}) for posts in ([], [{"uri": QUOTED}], ["x"], [{"uri": "at://other", "cid": "no"}])]
UNREADABLE = [answer(200, "not json"), ok({}), ok({"posts": None})]
VIEW = {"hosts": {"appview": "https://view.example/bluesky"}}
ELSE = [{"uri": "at://other", "cid": "no"}, {"uri": QUOTED, "cid": "bafyview"}]

# fmt: off
CASES = {
    # a preparation is invisible, is saved part by part, and continues where it ended
    "a plain text needs no preparation": prepare(publication("Hi https://a.example #tag"), Ready, requests=[],
        writes=0),
    "images are saved one by one": prepare(THREE, Ready(expires_at=NOW + timedelta(hours=1)),
        requests=[HANDLE, *[UPLOAD] * 3], writes=5, ready=True,
        saved={**ALICE, "blobs": [blob("med_0"), blob("med_1"), blob("med_2")]}, until=NOW + timedelta(hours=1)),
    "what is known is not looked up again": prepare(MENTION, Ready, state=ALICE, requests=[]),
    "blobs near their end are uploaded again, and mentions are kept": Case(NET,
        publication("@alice.test", media=(image(),)), [Call("prepare", Ready, [HANDLE, UPLOAD]),
            Call("prepare", Ready(expires_at=NOW + timedelta(minutes=116)), [UPLOAD], minutes=56)]),
    **{f"a handle that does not exist stays plain text: {number}": prepare(MENTION, Ready, {HANDLE: said},
            saved={"mentions": {"alice.test": None}})
        for number, said in enumerate((NO_HANDLE, refusal("InvalidRequest")))},
    "a handle that cannot be looked up now is retried": Case(NET, MENTION,
        [Call("prepare", Fails()), Call("prepare", Ready, saved=ALICE)],
        replies={HANDLE: [refusal("UpstreamFailure", 502), ok({"did": "did:plc:alice"})]}),
    "a card shows what the page has": card(PAGE, "Sale", "All of it", blob("picture", "image/png"), requests=[UPLOAD]),
    "a card of a long page": card(LinkCard("x" * 301, "y" * 1001), "x" * 300, "y" * 1000),
    **{f"a card of a page without a title: {page}": card(page, "acme.example")
        for page in (None, LinkCard(""), LinkCard("  "))},
    **{f"a card without its picture: {number}": card(page, "Sale", missing=True, requests=[])
        for number, page in enumerate((
                *(LinkCard("Sale", image=b"x", image_type=kind) for kind in (None, "text/html")),
                LinkCard("Sale", image=b"x" * 1_000_001, image_type="image/png"),
                LinkCard("Sale", image_missing=True)))},
    "a picture of a card may be refused": card(PAGE, "Sale", "All of it", missing=True, replies={UPLOAD: BROKEN}),
    "but waits for a new token": prepare(LINKED, Fails(R.TOKEN_EXPIRED), {UPLOAD: refusal("ExpiredToken")}, card=PAGE),
    **{f"an upload without a blob proves nothing: {number}": prepare(PICTURE, Fails(code="NO_PROOF"),
            {UPLOAD: ok(body)}, writes=0)
        for number, body in enumerate(({}, [], {"blob": {}}, {"blob": "bafy"}, {"blob": None}))},
    "an image that breaks the server three times is given up": Case(NET, PICTURE,
        [*[Call("prepare", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN))] * 2,
            Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, S.REJECTED))], replies={UPLOAD: BROKEN}),
    # the visible call: with any answer the post exists once or not at all
    "the call, its result, how it is found, and the same call again": Case(NET, DRAFT,
        [Call("publish", LIVE, [(f"POST pds.example/prefix{servers.PUT}", put("post", record("Hello"))[1])]),
            Call("find", FOUND, [at("post")]), Call("publish", LIVE, [put("post", record("Hello"))])],
        account=ELSEWHERE),
    **{f"a used key is read to learn the outcome: {code} {number}": publish(outcome, replies={PUT: said, GET: found},
            requests=[PUT, GET])
        for said, code in ((SWAP, "InvalidSwap"), (BROKEN, "InternalServerError"))
        for number, (found, outcome) in enumerate((
                (existing(0, {**record("Hello"), "createdAt": "2026-12-01T08:00:00.000Z"}), FOUND),
                (existing(0, record("Another")), Fails(R.DUPLICATE_CONTENT, S.REJECTED, code)),
                *((unread, Fails(effect=S.UNKNOWN, code=code)) for unread in (MISSING, answer(503, "<html>"), SLOW))))},
    **{f"expired blobs are uploaded again a few times: {failures}": publish(Fails(effect=effect), PICTURE,
            {PUT: refusal("BlobNotFound")},
            state={"blobs": [{"$type": "blob"}], "mentions": {"a.test": None}, "failures": failures},
            saved={"blobs": [], "mentions": {"a.test": None}, "failures": failures + 1}, ready=False)
        for failures, effect in ((0, S.NOT_SENT), (4, S.REJECTED))},
    **{f"a post that looks different than intended: {warnings} {number}": publish(Live(uri(KEY), warnings=warnings),
            draft, state=state)
        for number, (draft, state, warnings) in enumerate((
                (publication("@no.test"), {"mentions": {"no.test": None}}, ("MENTION_UNRESOLVED /text",)),
                (publication("@yes.test"), {"mentions": {"yes.test": "did:plc:a"}}, ()),
                (LINKED, {"card": {"title": "Sale", "picture_missing": True}}, ("CARD_WITHOUT_PICTURE /link",)),
                (LINKED, {"card": {"title": "Sale"}}, ())))},
    # only a record that is not found proves absence
    **{f"a look: {number}": one("find", NET, DRAFT, outcome, {GET: said})
        for number, (said, outcome) in enumerate((
                (MISSING, Absent),
                (refusal("InvalidRequest", message="Could not locate record"), Unknown),
                (refusal("RepoNotFound"), Unknown),
                (refusal("AccountTakedown", 401), Unknown),
                (ok({"uri": "at://somebody/else", "value": {}}), Unknown)))},
    # a thread: each part has a key and references to the earlier posts, and is not sent without them
    "each part is a post that replies to the one before it": Case(NET, THREAD,
        [Call("publish", Live(uri(KEYS[0])), [put("post", record("One", langs=["en"], tags=["sale"]))]),
            Call("publish part-2", Live(uri(KEYS[1])), [put("part-2", TWO)]),
            Call("publish part-3", Live(uri(KEYS[2])), [put("part-3", THIRD)])]),
    "without parts no reference is saved": publish(LIVE, writes=0),
    "the mentions of every part are resolved before the post": Case(NET,
        publication("One", parts=("@alice.test", "@nobody.test")), [Call("prepare", Ready,
                saved={"mentions": {"alice.test": "did:plc:a", "nobody.test": None}}),
            Call("publish", Live(uri(KEY), warnings=("MENTION_UNRESOLVED /parts/1",))),
            Call("publish part-2", Published, [put("part-2", record("@alice.test", 1,
                            reply={"root": ref(0), "parent": ref(0)},
                            facets=[facet(0, 11, "mention", did="did:plc:a")]))])],
        replies={HANDLE: [ok({"did": "did:plc:a"}), NO_HANDLE]}),
    "a reference that was not saved is read from its record": publish(Published, THREAD, step="publish part-3",
        requests=[at("post"), at("part-2"), put("part-3", THIRD)],
        saved={"posts": dict(zip(STEPS, map(ref, range(3)), strict=True))}),
    **{f"a part whose predecessor cannot be read is not sent: {number}": publish(Fails(effect=effect), THREAD,
            {GET: said}, step="publish part-2", requests=[GET])
        for number, (said, effect) in enumerate((
                (answer(503, "<html>"), S.NOT_SENT),
                (SLOW, S.NOT_SENT),
                (ok({"value": {}}), S.NOT_SENT),
                (MISSING, S.REJECTED)))},
    "the key of a part that is there already": publish(Published(post_id=uri(KEYS[1]),
            url=f"https://bsky.app/profile/{DID}/post/{KEYS[1]}", published_at=None), THREAD,
        {PUT: SWAP, GET: existing(1, {**REPLY, "createdAt": "2026-12-01T08:00:00.000Z"})}, step="publish part-2",
        state=FIRST, saved={"posts": {**FIRST["posts"], "part-2": ref(1, "c2")}}),
    "the key of a part may be used by that part only": publish(Fails(R.DUPLICATE_CONTENT), THREAD,
        {PUT: SWAP, GET: existing(1, {"text": "other"})}, step="publish part-2", state=FIRST),
    # a quote: a pasted address becomes a strong reference
    **{f"a quote of {address}": Case(NET, publication("x", options={"quote": address}),
            [Call("prepare", Ready, [*asked, GET], saved={"quote": {"uri": QUOTED, "cid": "bafyone"}}),
                Call("prepare", Ready, [])],
            replies={GET: ok({"uri": QUOTED, "cid": "bafyone"}), HANDLE: ok({"did": "did:plc:quoted"})})
        for address, asked in (
            (QUOTED, []),
            ("https://bsky.app/profile/did:plc:quoted/post/3n342ilh4f622", []),
            (f"at://Acme.Example/{FEED}/3n342ilh4f622", [(HANDLE, {"handle": "acme.example"})]),
            ("https://bsky.app/profile/acme.example/post/3n342ilh4f622?ref=app",
                [(HANDLE, {"handle": "acme.example"})]))},
    "a post on another server is read from the app view": quote(QUOTED, Ready,
        {GET: refusal("InvalidRequest"), POSTS: ok({"posts": ELSE})}, settings=VIEW,
        requests=[GET, "GET view.example/bluesky/xrpc/app.bsky.feed.getPosts"],
        saved={"quote": {"uri": QUOTED, "cid": "bafyview"}}),
    # Only an answer without the post refuses a quote.
    **{f"no quote: {number}": quote(QUOTED, outcome, {GET: here, POSTS: anywhere})
        for number, (here, anywhere, outcome) in enumerate((
                *((MISSING, said, Fails(R.INVALID_FIELD, S.REJECTED, "QUOTE_NOT_FOUND")) for said in NO_POST),
                *((here, said, Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"))
                    for said in UNREADABLE
                    for here in (MISSING, said)),
                (MISSING, answer(502, "<html>"), Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 502"))))},
    "a quote of an unknown account": quote(f"at://no.example/{FEED}/3n342ilh4f622", Fails(code="QUOTE_NOT_FOUND"),
        {HANDLE: NO_HANDLE}),
    "a quote is not published before it is resolved": publish(Fails(effect=S.NOT_SENT),
        publication("x", options={"quote": QUOTED}), requests=[]),
}
