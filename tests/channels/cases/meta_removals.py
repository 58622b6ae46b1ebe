"""Instagram, Threads and Facebook: "not found" proves nothing alone, and a removal is proven by its answer's body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.cases import facebook
from tests.channels.cases.threads import NET as THREADS
from tests.channels.containers import INSTAGRAM, ONE, POST, graph_error
from tests.channels.making import account, publication
from tests.channels.network import answer, ok

R, S, V = Reason, Effect, Verdict
PAGE, VIDEO, PAGE_POST = facebook.PAGE, facebook.VIDEO, facebook.POST
IG, TH = INSTAGRAM.account.external_id, THREADS.account.external_id
BY_PAGE = account("instagram", IG, login="facebook")
TEXT = publication("Hello")
GONE = graph_error(100, 33)
PART = "18000000000000002"

NETS: Mapping[str, Net] = {
    "instagram": Net("instagram", BY_PAGE, {f"GET /{IG}": ok({"id": IG})}),
    "threads": Net("threads", THREADS.account, {"GET /me": ok({"id": TH})}),
    "facebook": Net("facebook", facebook.WHO, {f"GET /{PAGE}": ok({"id": PAGE})}),
}
IDS = {"instagram": POST, "threads": POST, "facebook": PAGE_POST}
LISTS = {"instagram": ("media", "stories"), "threads": ("threads",), "facebook": ("published_posts",)}
CONTROLS = {"instagram": f"GET /{IG}", "threads": "GET /me", "facebook": f"GET /{PAGE}"}
EMPTY = ok({"data": []})


def done(deleted: str = POST) -> httpx.Response:
    return ok({"success": True, "deleted_id": deleted})


def remove(name: str, outcome: Any, reply: Any, given: str = "", more: Mapping[str, Any] | None = None) -> Case:
    """Exactly one request, and what it comes to. `more` is read after it."""
    key, reads = given or IDS[name], dict(more or {})
    request = f"DELETE /{key}"
    return Case(
        NETS[name], TEXT, [Call(f"withdraw {key}", outcome, [request, *reads])], replies={request: reply, **reads}
    )


def look(name: str, outcome: Any, replies: Mapping[str, Any], given: str = "") -> Case:
    edges = [*LISTS[name], "replies", "stories"]
    lists = {f"GET /{NETS[name].account.external_id}/{edge}": EMPTY for edge in edges}
    return Case(NETS[name], ONE, [Call(f"look {given or IDS[name]}", outcome)], replies={**lists, **replies})


def saw(verdict: Verdict, word: str = "", *, blind: bool = False) -> list[Seen]:
    return [Seen(verdict=verdict, word=word, blind=blind)]


def at(name: str) -> str:
    return f"GET /{IDS[name]}"


def listed(name: str, *ids: str, edge: str = "") -> dict[str, Any]:
    path = f"GET /{NETS[name].account.external_id}/{edge or LISTS[name][0]}"
    return {path: ok({"data": [{"id": each} for each in ids]})}


UNKNOWN = Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN)
NO_PROOF = Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF")
QUOTA = f"GET /{TH}/threads_publishing_limit"


def used(number: int) -> httpx.Response:
    return ok({"data": [{"delete_quota_usage": number, "delete_config": {"quota_total": 100}}]})


PUBLIC = {"id": PAGE_POST, "is_published": True, "is_hidden": False, "privacy": {"value": "EVERYONE"}}
REMOVALS = {
    "instagram: a post is removed": remove("instagram", None, done()),
    "threads: a post is removed": remove("threads", None, done()),
    "facebook: a post is removed by its own id": remove("facebook", None, ok({"success": True})),
    "facebook: a video is removed by its own id": remove("facebook", None, ok({"success": True}), VIDEO),
    **{
        f"{name}: a success without its proof is none: {number}": remove(name, NO_PROOF, reply)
        for name in NETS
        for number, reply in enumerate((ok({"success": False}), ok({}), answer(200, "<html>")))
    },
    **{
        f"{name}: the removal of another one proves nothing": remove(name, NO_PROOF, reply)
        for name in ("instagram", "threads")
        for reply in (done("1"),)
    },
    **{
        f"{name}: {what} proves nothing": remove(name, Fails(effect=S.UNKNOWN), reply)
        for name in NETS
        for what, reply in {
            "an object that is not found": GONE,
            "an object that is unknown": graph_error(803),
            "an object without a subcode": graph_error(100, message="Post does not exist"),
            "a page of a proxy": answer(404, "<html>"),
            "an outage": graph_error(2, status=500),
            "a refusal in an outage": graph_error(10, status=500),
            "an answer that says that it was not ready": graph_error(9007, 2207027),
            "an unknown code": graph_error(987_654),
            "no answer": httpx.ReadTimeout("slow"),
        }.items()
    },
    "threads: the race of a new post is a post that is not found": remove("threads", UNKNOWN, graph_error(24, 4279009)),
    "instagram: a missing media is a post that is not found": remove("instagram", UNKNOWN, graph_error(24, 2207006)),
    **{
        f"instagram: what it refuses to remove: {subcode}": remove(
            "instagram", Fails(R.WITHDRAWAL_REFUSED, S.REJECTED, f"-1/{subcode}"), graph_error(-1, subcode)
        )
        for subcode in (2207073, 2207085)
    },
    **{
        f"{name}: a refusal leaves the post: {code}": remove(name, Fails(reason, S.REJECTED), graph_error(code))
        for name in NETS
        for code, reason in ((10, R.MISSING_SCOPE), (200, R.MISSING_SCOPE), (368, R.ACCOUNT_RESTRICTED))
    },
    **{
        f"{name}: nothing was done: {code} {status}": remove(
            name, Fails(reason, S.NOT_SENT), graph_error(code, subcode, status)
        )
        for name in NETS
        for code, subcode, status, reason in (
            (190, 463, 400, R.TOKEN_EXPIRED),
            (190, 458, 500, R.TOKEN_REVOKED),
            (190, 459, 400, R.LOGIN_CHECKPOINT),
            *([] if name == "threads" else [(4, None, 400, R.RATE_LIMITED)]),
        )
    },
    "threads: a throttle": remove("threads", Fails(R.RATE_LIMITED, S.NOT_SENT), graph_error(4), more={QUOTA: used(99)}),
    "threads: a hundred removals a day": remove(
        "threads", Fails(R.DAILY_CAP_REACHED, S.NOT_SENT), graph_error(4), more={QUOTA: used(100)}
    ),
}
LOOKS = {
    **{
        f"{name}: it is there": look(name, saw(V.LIVE), {at(name): ok({"id": IDS[name], "media_url": "x"})})
        for name in NETS
    },
    **{f"{name}: it is gone": look(name, saw(V.GONE, "100/33"), {at(name): GONE}) for name in NETS},
    **{
        f"{name}: it is not found, and listed": look(
            name, saw(V.LIVE, LISTS[name][0]), {at(name): GONE, **listed(name, IDS[name])}
        )
        for name in NETS
    },
    **{
        f"{name}: it is not found, and the account cannot be read: {number}": look(
            name,
            outcome,
            {at(name): GONE, CONTROLS[name]: reply},
        )
        for name in NETS
        for number, (reply, outcome) in enumerate(
            (
                (GONE, Fails()),
                (graph_error(190, 463), Fails(R.TOKEN_EXPIRED)),
                (graph_error(10), Fails(R.MISSING_SCOPE)),
                (answer(200, "<html>"), Fails(code="NO_PROOF")),
            )
        )
    },
    **{
        f"{name}: it is not found, and the list is down": look(
            name,
            Fails(effect=S.UNKNOWN),
            {at(name): GONE, f"GET /{NETS[name].account.external_id}/{LISTS[name][0]}": answer(500, "<html>")},
        )
        for name in NETS
    },
    **{
        f"{name}: {what} says nothing": look(name, Fails(reason), {at(name): reply})
        for name in NETS
        for what, reply, reason in (
            ("an outage", graph_error(2, status=500), R.PROVIDER_OUTAGE),
            ("a lost permission", graph_error(10), R.MISSING_SCOPE),
            ("a page of a proxy", answer(200, "<html>"), R.PROVIDER_OUTAGE),
        )
    },
    "threads: a part that is gone is in no list of replies": look(
        "threads", saw(V.GONE, "100/33"), {f"GET /{PART}": GONE}, f"part-2={PART}"
    ),
    "threads: a part is listed among the replies": look(
        "threads",
        saw(V.LIVE, "replies"),
        {f"GET /{PART}": GONE, **listed("threads", PART, edge="replies")},
        f"part-2={PART}",
    ),
    "threads: without the permission for replies no look shows more": look(
        "threads",
        saw(V.UNREADABLE, "100/33; replies may not be read", blind=True),
        {f"GET /{PART}": GONE, f"GET /{TH}/replies": graph_error(10)},
        f"part-2={PART}",
    ),
    "threads: what was read before an outage counts": look(
        "threads",
        [
            Seen(verdict=V.LIVE),
            Seen(verdict=V.UNREADABLE, word=f"PROVIDER_OUTAGE (2): Threads: {REASONS[R.PROVIDER_OUTAGE].meaning}"),
        ],
        {at("threads"): ok({"id": POST}), f"GET /{PART}": graph_error(2, status=500)},
        f"{POST} part-2={PART}",
    ),
    "instagram: a flagged file has no address": look(
        "instagram", saw(V.LIMITED, "media_url is missing"), {at("instagram"): ok({"id": POST, "media_type": "VIDEO"})}
    ),
    "instagram: a story has a list of its own": look(
        "instagram", saw(V.LIVE, "stories"), {at("instagram"): GONE, **listed("instagram", POST, edge="stories")}
    ),
    **{
        f"{name}: no list proves that a comment is gone": look(
            name, saw(V.UNSEEN, "100/33"), {"GET /55_66": GONE}, "comment=55_66"
        )
        for name in ("instagram", "facebook")
    },
    **{
        f"{name}: a comment is there": look(name, saw(V.LIVE), {"GET /55_66": ok({"id": "55_66"})}, "comment=55_66")
        for name in ("instagram", "facebook")
    },
    **{
        f"facebook: a post that not everybody sees: {word}": look(
            "facebook", saw(V.LIMITED, word), {at("facebook"): ok(PUBLIC | fields)}
        )
        for word, fields in (
            ("unpublished", {"is_published": False}),
            ("hidden", {"is_hidden": True}),
            ("hidden", {"timeline_visibility": "hidden"}),
            ("expired", {"is_expired": True}),
            ("SELF", {"privacy": {"value": "SELF"}}),
        )
    },
    **{
        f"facebook: how far a video is: {number}": look(
            "facebook", saw(verdict, word), {f"GET /{VIDEO}": status}, VIDEO
        )
        for number, (status, verdict, word) in enumerate(
            (
                (facebook.LIVE, V.LIVE, ""),
                (facebook.PUBLISHING, V.PROCESSING, "ready"),
                (facebook.DRAFT, V.LIMITED, "ready"),
                (facebook.DEAD, V.REJECTED, "error"),
            )
        )
    },
    "facebook: a video is gone": look("facebook", saw(V.GONE, "100/33"), {f"GET /{VIDEO}": GONE}, VIDEO),
    "facebook: a video is listed by the post that shows it": look(
        "facebook",
        saw(V.LIVE, "published_posts"),
        {
            f"GET /{VIDEO}": GONE,
            f"GET /{PAGE}/published_posts": ok(
                {"data": [{"id": PAGE_POST, "attachments": {"data": [{"target": {"id": VIDEO}}]}}]}
            ),
        },
        VIDEO,
    ),
    "facebook: a story is in the list of stories": look(
        "facebook",
        saw(V.LIVE, "stories"),
        {"GET /122": GONE, f"GET /{PAGE}/stories": ok({"data": [{"post_id": "122", "media_id": "9"}]})},
        "122",
    ),
}
CASES = {**REMOVALS, **LOOKS}
