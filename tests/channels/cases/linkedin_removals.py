"""LinkedIn: a DELETE is idempotent, a page's post is read beside another one, and a member's is never read."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.linkedin import LIST, NAMED, NET, ORGANIZATION, SALE
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, POSTS, SHARE, page, refusal, shown

R, S, V = Reason, Effect, Verdict
DELETE = f"DELETE {POSTS}/{SHARE}"
DONE, MISSING = httpx.Response(204), refusal(404, "NOT_FOUND")
OTHER = shown("urn:li:share:1")
METHOD = {"x-restli-method": "DELETE", "x-restli-protocol-version": "2.0.0"}


def remove(outcome: Any, reply: Any, **more: Any) -> Case:
    call = Call(f"withdraw {SHARE}", outcome, [(DELETE, None, METHOD)])
    return Case(NET, SALE, [call], replies={DELETE: reply}, **more)


def look(outcome: Any, reply: Any, requests: Any = None, **replies: Any) -> Case:
    more = {LIST: replies.get("listed", page(OTHER)), ORGANIZATION: ok({"vanityName": "acme"})}
    return Case(NET, SALE, [Call(f"look {SHARE}", outcome, requests)], replies={NAMED: reply, **more})


def saw(verdict: Verdict, word: str = "", **more: Any) -> list[Seen]:
    return [Seen(verdict=verdict, word=word, **more)]


CASES = {
    "a page's post is removed": remove(None, DONE),
    "a member's post is removed": remove(None, DONE, account=MEMBER),
    "a success without its proof": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a post that LinkedIn does not know": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "NOT_FOUND"), MISSING),
    "a 404 of a proxy": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN), answer(404, "<html>")),
    "a role at the page that was lost": remove(Fails(R.MISSING_SCOPE, S.REJECTED), refusal(403, "ACCESS_DENIED")),
    "an id that is none": remove(Fails(R.INVALID_FIELD, S.REJECTED), refusal(400, "INVALID_URN_ID")),
    "a version that has ended": remove(Fails(R.PROVIDER_OUTAGE, S.NOT_SENT), refusal(426, "NONEXISTENT_VERSION")),
    "a day's calls are used up": remove(Fails(R.RATE_LIMITED, S.NOT_SENT, wait=900), refusal(429, "TOO_MANY_REQUESTS")),
    "a dead token": remove(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, serviceErrorCode=65602)),
    "a write conflict": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), refusal(409, "CONFLICT")),
    "an outage": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(503, "<html>")),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # looks
    "it is there": look(saw(V.LIVE), ok(shown()), [f"{NAMED}?viewContext=AUTHOR"]),
    **{
        f"it is there, {word}": look(saw(verdict, word), ok(shown(**changes)))
        for word, verdict, changes in (
            ("edited", V.LIVE, {"lifecycleStateInfo": {"isEditedByAuthor": True}}),
            ("LOGGED_IN", V.LIMITED, {"visibility": "LOGGED_IN"}),
            ("feedDistribution NONE", V.LIMITED, {"distribution": {"feedDistribution": "NONE"}}),
            ("PUBLISH_REQUESTED", V.PROCESSING, {"lifecycleState": "PUBLISH_REQUESTED"}),
            ("PUBLISH_FAILED", V.REJECTED, {"lifecycleState": "PUBLISH_FAILED"}),
            ("DRAFT", V.LIMITED, {"lifecycleState": "DRAFT"}),
        )
    },
    "it is gone, and another post is there": look(saw(V.GONE, "NOT_FOUND"), MISSING, [NAMED, LIST]),
    "not found, but still listed": look(
        saw(V.UNREADABLE, "NOT_FOUND, but listed"), MISSING, listed=page(OTHER, shown())
    ),
    **{
        f"the only post of a page: {name}": look(
            saw(V.UNREADABLE, "NOT_FOUND, and the page shows no other post", blind=True), MISSING, listed=listed
        )
        for name, listed in (("an empty list", page()), ("no list", MISSING))
    },
    "not found, and the list may not be read": look(
        Fails(R.MISSING_SCOPE), MISSING, listed=refusal(403, "ACCESS_DENIED")
    ),
    "a permission to read that was lost": look(Fails(R.MISSING_SCOPE), refusal(403, "ACCESS_DENIED")),
    "an answer that is no post": look(Fails(R.PROVIDER_OUTAGE, code="NO_PROOF"), ok({})),
    "a network that is down": look(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
    "a member's post is never looked at": Case(
        NET, SALE, [Call(f"look {SHARE}", saw(V.UNREADABLE, blind=True), [])], account=MEMBER
    ),
}
