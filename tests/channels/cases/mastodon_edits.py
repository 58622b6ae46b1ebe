"""Mastodon and its like: an edit replaces, so all that stays is sent again; the source shows what a post says."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.cases.mastodon_removals import GOTOSOCIAL, ME
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import ACCOUNT, SALE, STATUSES, WHO, refusal, status

R, S = Reason, Effect
ONE, PUT, SOURCE = (f"{method} {STATUSES}/117{more}" for method, more in (("GET", ""), ("PUT", ""), ("GET", "/source")))
NET = Net("mastodon", WHO, {ME: ok({"id": ACCOUNT, "username": "acme"}), ONE: ok(status())})
NEW = {"text": "The monsoon sale has ended"}
WARNED = {"options": {"contentWarning": "Rain"}}
BODY = {"status": NEW["text"], "spoiler_text": "", "sensitive": False, "media_ids": []}
PICTURE = status(
    sensitive=True, language="en", media_attachments=[{"id": "9", "type": "image", "description": "An umbrella"}]
)
KEPT = {
    "status": NEW["text"],
    "spoiler_text": "",
    "sensitive": True,
    "language": "en",
    "media_ids": ["9"],
    "media_attributes": [{"id": "9", "description": "An umbrella"}],
}
GONE = refusal(404, "Record not found")


def edit(outcome: Any, reply: Any, *, shown: Any = None, body: Any = None, who: Any = WHO, **edited: Any) -> Case:
    replies = {PUT: reply, **({ONE: shown} if shown else {})}
    requests = [ONE, PUT if body is None else (PUT, body)]
    return Case(NET, SALE, [Call("edit 117", outcome, requests)], replies=replies, account=who, edited=edited or NEW)


def read(outcome: Any, text: str = "", warning: str = "", edited: Any = NEW, **replies: Any) -> Case:
    given = {SOURCE: ok({"id": "117", "text": text, "spoiler_text": warning})}
    given |= {{"one": ONE, "source": SOURCE, "me": ME}[name]: reply for name, reply in replies.items()}
    return Case(NET, SALE, [Call("read 117", outcome)], replies=given, edited=edited)


def shown(says: Says, word: str = "") -> Shown:
    return Shown(says=says, word=word)


# fmt: off
CASES = {
    # edits
    "a text alone": edit(None, ok(status(text=NEW["text"])), body=BODY),
    "what stays is sent again": edit(None, ok(PICTURE), shown=ok(PICTURE), body=KEPT),
    "a warning": edit(None, ok(status()), body={**BODY, "status": SALE.text, "spoiler_text": "Rain"}, **WARNED),
    "the answer is about another post": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok(status("118"))),
    "a page of a proxy": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "another's, or gone meanwhile": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "HTTP 404"), GONE),
    "over the limit": edit(Fails(R.TEXT_TOO_LONG, S.REJECTED),
        refusal(422, "Validation failed: Text character limit of 500 exceeded")),
    "equal, at GoToSocial": edit(Fails(R.EDIT_REFUSED, S.UNKNOWN), refusal(422, "status was not changed"),
        who=GOTOSOCIAL),
    "another's, at GoToSocial": edit(Fails(R.EDIT_REFUSED, S.REJECTED), refusal(403, "Forbidden"), who=GOTOSOCIAL),
    "without the scope": edit(Fails(R.MISSING_SCOPE, S.REJECTED),
        refusal(403, "This action is outside the authorized scopes")),
    "the server fails": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(502, "<html>")),
    "no answer": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    "what stays could not be read": Case(NET, SALE, [Call("edit 117", Fails(R.PROVIDER_OUTAGE), [ONE])],
        replies={ONE: answer(503, "<html>")}, edited=NEW),
    # reads
    "the new text": read(shown(Says.NEW, "edited"), NEW["text"], one=ok(status(edited_at="2026-12-01T00:00:00Z"))),
    "the old text": read(shown(Says.OLD), SALE.text),
    "the old text, with other blanks": read(shown(Says.OLD), f"{SALE.text} \n"),
    "another text": read(shown(Says.OTHER), "Closed"),
    "another warning": read(shown(Says.OTHER), NEW["text"], "Rain"),
    "the new warning": read(shown(Says.NEW), SALE.text, "Rain", WARNED),
    "the old warning": read(shown(Says.OLD), SALE.text, "", WARNED),
    "gone, and the account is there": read(shown(Says.GONE, "Record not found"), one=GONE),
    "gone, or another account's token": read(shown(Says.NOTHING, "Record not found"), one=GONE,
        me=ok({"id": "5", "username": "b"})),
    "a source without a text": read(Fails(code="NO_PROOF"), source=ok({"id": "117"})),
    "a server that is down": read(Fails(R.PROVIDER_OUTAGE), one=answer(503, "<html>")),
}
