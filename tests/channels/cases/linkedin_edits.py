"""LinkedIn: the text alone is changed; a page's post is read back, a member's is never read."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.linkedin import LIST, NAMED, NET, ORGANIZATION, SALE
from tests.channels.cases.linkedin_removals import DONE, MISSING, OTHER
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, POSTS, SHARE, page, refusal, shown

R, S = Reason, Effect
UPDATE = f"POST {POSTS}/{SHARE}"
NEW = {"text": "It has ended (really)"}
BODY = {"patch": {"$set": {"commentary": r"It has ended \(really\)"}}}
METHOD = {"x-restli-method": "PARTIAL_UPDATE", "x-restli-protocol-version": "2.0.0"}


def edit(outcome: Any, reply: Any, **more: Any) -> Case:
    call = Call(f"edit {SHARE}", outcome, [(UPDATE, BODY, METHOD)])
    return Case(NET, SALE, [call], replies={UPDATE: reply}, edited=NEW, **more)


def read(says: Any, reply: Any, listed: Any = None, **more: Any) -> Case:
    replies = {NAMED: reply, LIST: listed or page(OTHER), ORGANIZATION: ok({"vanityName": "acme"})}
    return Case(NET, SALE, [Call(f"read {SHARE}", says)], replies=replies, edited=NEW, **more)


CASES = {
    "a page's post": edit(None, DONE),
    "a member's post": edit(None, DONE, account=MEMBER),
    "a success without its proof": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a post that LinkedIn does not know": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "NOT_FOUND"), MISSING),
    "a role at the page that was lost": edit(Fails(R.MISSING_SCOPE, S.REJECTED), refusal(403, "ACCESS_DENIED")),
    "an outage": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(503, "<html>")),
    "no answer": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # reads
    "the new text": read(Shown(says=Says.NEW), ok(shown(commentary=r"It has ended \(really\)"))),
    "the old text": read(Shown(says=Says.OLD), ok(shown())),
    "another text": read(Shown(says=Says.OTHER), ok(shown(commentary="Closed"))),
    "gone": read(Shown(says=Says.GONE, word="NOT_FOUND"), MISSING),
    "a member's is never read": read(Shown(says=Says.NOTHING, blind=True), MISSING, account=MEMBER),
    "an answer that is none": read(Fails(code="NO_PROOF"), ok({"id": "urn:li:share:9"})),
    "a server that is down": read(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
}
