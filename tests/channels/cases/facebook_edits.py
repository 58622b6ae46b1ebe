"""Facebook: the text of a Page's post is changed, and read back; "not found" proves nothing alone."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.meta_removals import EMPTY, GONE, NETS, PAGE, PAGE_POST, TEXT
from tests.channels.containers import graph_error
from tests.channels.network import answer, ok

R, S = Reason, Effect
UPDATE, READ = f"POST /{PAGE_POST}", f"GET /{PAGE_POST}"
NEW = {"text": "Good bye"}


def edit(outcome: Any, reply: Any) -> Case:
    call = Call(f"edit {PAGE_POST}", outcome, [(UPDATE, {"message": "Good bye"})])
    return Case(NETS["facebook"], TEXT, [call], replies={UPDATE: reply}, edited=NEW)


def read(outcome: Any, reply: Any) -> Case:
    replies = {READ: reply, f"GET /{PAGE}/published_posts": EMPTY}
    return Case(NETS["facebook"], TEXT, [Call(f"read {PAGE_POST}", outcome)], replies=replies, edited=NEW)


def post(message: str | None, post_id: str = PAGE_POST) -> httpx.Response:
    return ok({"id": post_id, **({} if message is None else {"message": message})})


CASES = {
    "a text": edit(None, ok({"success": True})),
    "not done": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok({"success": False})),
    "gone, foreign, or without the right": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN), GONE),
    "a missing permission": edit(Fails(R.MISSING_SCOPE, S.REJECTED), graph_error(200)),
    "an outage": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(502, "<html>")),
    "no answer": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # reads
    "the new text": read(Shown(says=Says.NEW), post("Good bye")),
    "the old text": read(Shown(says=Says.OLD), post(TEXT.text)),
    "another text": read(Shown(says=Says.OTHER), post("Closed")),
    "no text": read(Shown(says=Says.OTHER), post(None)),
    "gone": read(Shown(says=Says.GONE, word="100/33"), GONE),
    "an answer about another post": read(Fails(code="NO_PROOF"), post("Good bye", "1_2")),
    "a server that is down": read(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
}
