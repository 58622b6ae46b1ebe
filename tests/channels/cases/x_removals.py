"""X: a post is deleted by its id, with all its versions; it is gone where something else of the account is shown."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.network import answer, ok
from tests.channels.scene_x import LISTED, SALE, SETTINGS, TWEETS, WHO, page, refusal, tweet

R, S, V = Reason, Effect, Verdict
DELETE, READ, LIST = f"DELETE {TWEETS}/117", f"GET {TWEETS}", f"GET {LISTED}"
TYPES = "https://api.x.com/2/problems/"
MISSING, FORBIDDEN = "resource-not-found", "not-authorized-for-resource"
NET = Net("x", WHO, {LIST: page(tweet("90"))}, SETTINGS)
DONE = ok({"data": {"deleted": True}})


def problem(post_id: str, kind: str = MISSING, title: str = "Not Found Error") -> dict[str, Any]:
    text = f"Could not find tweet with ids: [{post_id}]."
    return {"value": post_id, "detail": text, "title": title, "resource_id": post_id, "type": f"{TYPES}{kind}"}


def found(*posts: dict[str, Any], errors: Any = ()) -> httpx.Response:
    parts = {"data": list(posts), "errors": list(errors)}
    return ok({name: rows for name, rows in parts.items() if rows})


def remove(outcome: Any, reply: Any) -> Case:
    return Case(NET, SALE, [Call("withdraw 117", outcome, [DELETE])], replies={DELETE: reply})


def look(outcome: Any, reply: Any, ids: str = "117", requests: Any = None, listed: Any = None) -> Case:
    replies = {READ: reply, **({LIST: listed} if listed else {})}
    return Case(NET, SALE, [Call(f"look {ids}", outcome, requests)], replies=replies)


def seen(verdict: Verdict, word: str = "") -> Seen:
    return Seen(verdict=verdict, word=word)


GONE = seen(V.GONE, MISSING)
# fmt: off
CASES = {
    # removals
    "a post": remove(None, DONE),
    "a post, and X complains of something beside it": remove(None,
        ok({"data": {"deleted": True}, "errors": [problem("117")]})),
    "not by this request": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok({"data": {"deleted": False}})),
    "a page of a proxy": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a second time": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, MISSING),
        refusal(404, "Could not find the resource.", f"{TYPES}{MISSING}")),
    **{f"another's: {detail}": remove(Fails(R.WITHDRAWAL_REFUSED, S.UNKNOWN), refusal(403, detail, kind))
        for detail, kind in (
            ("Sorry", f"{TYPES}{FORBIDDEN}"),
            ("You are not permitted to perform this action.", "about:blank"),
            ("No", "about:blank"))},
    "of a suspended account": remove(Fails(R.ACCOUNT_RESTRICTED, S.REJECTED),
        refusal(403, "Your account is suspended.", f"{TYPES}user-suspended")),
    "without the scope": remove(Fails(R.MISSING_SCOPE, S.REJECTED),
        refusal(403, "x", f"{TYPES}unsupported-authentication")),
    "without money": remove(Fails(R.QUOTA_EXCEEDED, S.NOT_SENT, wait=3600),
        refusal(402, "Your enrolled account does not have any credits.", f"{TYPES}credits-depleted")),
    "too fast": remove(Fails(R.RATE_LIMITED, S.NOT_SENT, wait=60),
        refusal(429, "Too Many Requests", f"{TYPES}rate-limit", retry_after="60")),
    "a dead token": remove(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, "Unauthorized")),
    "X fails": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), refusal(503, "Service Unavailable")),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # looks
    "it is there": look([seen(V.LIVE)], found(tweet()),
        requests=[(READ, {"ids": "117", "tweet.fields": "withheld,possibly_sensitive"})]),
    "one of a thread is gone, and the other is the control": look([seen(V.LIVE), GONE],
        found(tweet(), errors=[problem("118")]), "117 118", [READ]),
    "gone, and another post is shown": look([GONE], found(errors=[problem("117")]), requests=[READ,
            (LIST, {"max_results": "5"})]),
    "gone, and it was the only post": look([GONE], found(errors=[problem("117")]), listed=page()),
    "not found, but listed": look([seen(V.UNREADABLE, f"{MISSING}, but listed")], found(errors=[problem("117")]),
        listed=page(tweet("117"))),
    "the control fails": look(Fails(R.ACCOUNT_RESTRICTED), found(errors=[problem("117")]),
        listed=refusal(403, "Your account is suspended.", f"{TYPES}user-suspended")),
    "a control that is no list": look(Fails(code="NO_PROOF"), found(errors=[problem("117")]),
        listed=ok({"errors": [problem("5", FORBIDDEN)]})),
    "not authorized": look([seen(V.UNREADABLE, "Authorization Error")],
        found(errors=[problem("117", FORBIDDEN, "Authorization Error")]), requests=[READ]),
    "not returned": look([seen(V.LIVE), seen(V.UNREADABLE, "not returned")], found(tweet()), "117 118"),
    "withheld": look([seen(V.LIMITED, "withheld: DE, FR")], found(tweet(withheld={"country_codes": ["DE", "FR"]}))),
    "withheld everywhere": look([seen(V.LIMITED, "withheld for copyright: everywhere")],
        found(tweet(withheld={"copyright": True}))),
    "edited": look([seen(V.LIVE, "edited")], found(tweet(edit_history_tweet_ids=["117", "119"]))),
    "nothing at all": look(Fails(code="NO_PROOF"), ok({})),
    "no money": look(Fails(R.QUOTA_EXCEEDED), refusal(402, "x", f"{TYPES}credits-depleted")),
}
