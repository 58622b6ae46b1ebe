"""Mastodon and its like: a post is deleted by its id; it is gone where something else of the account is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.making import account
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import ACCOUNT, ID, PLAIN, SALE, SERVER, STATUSES, WHO, refusal, status

R, S, V = Reason, Effect, Verdict
DELETE, ONE, SEVERAL = f"DELETE {STATUSES}/117", f"GET {STATUSES}/117", f"GET {STATUSES}"
ME = "GET /api/v1/accounts/verify_credentials"
GONE, PAGE = refusal(404, "Record not found"), answer(404, "<html>")
NET = Net("mastodon", WHO, {ME: ok({"id": ACCOUNT, "username": "acme"})})


def at(software: str, version: str = "", api: int = 0) -> Any:
    return account(
        "mastodon", ID, service_url=SERVER, facts={"instance": {"software": software, "version": version, "api": api}}
    )


OLD, PLEROMA, GOTOSOCIAL = at("mastodon", "4.2.1"), at("pleroma", "2.7.2 (compatible; Pleroma)"), at("gotosocial")


def remove(outcome: Any, reply: Any, who: Any = WHO, request: Any = DELETE) -> Case:
    return Case(NET, SALE, [Call("withdraw 117", outcome, [request])], replies={DELETE: reply}, account=who)


def look(outcome: Any, reply: Any, who: Any = WHO, requests: Any = None, ids: str = "117", me: Any = None) -> Case:
    replies = {SEVERAL: reply, ONE: reply, **({ME: me} if me else {})}
    return Case(NET, SALE, [Call(f"look {ids}", outcome, requests)], replies=replies, account=who)


def seen(verdict: Verdict, word: str = "") -> Seen:
    return Seen(verdict=verdict, word=word)


ABSENT = seen(V.GONE, "Record not found")
# fmt: off
CASES = {
    # removals
    "a post goes with its media": remove(None, ok(status()), request=(DELETE, {"delete_media": "true"})),
    "an older server keeps the media for a day": remove(None, ok(status()), OLD, (DELETE, {})),
    "Pleroma answers with nothing": remove(None, ok({}), PLEROMA),
    "Mastodon does not": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok({})),
    "the answer is about another post": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok(status("118"))),
    "a page of a proxy": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a second time, or another's": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "HTTP 404"), GONE),
    "snac has no such call": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "HTTP 404"), answer(404, ""), PLAIN),
    "another's, at GoToSocial": remove(Fails(R.WITHDRAWAL_REFUSED, S.REJECTED, "HTTP 403"), refusal(403, "Forbidden"),
        GOTOSOCIAL),
    "a page of a firewall": remove(Fails(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN), answer(403, "<html>")),
    "without the scope": remove(Fails(R.MISSING_SCOPE, S.REJECTED),
        refusal(403, "This action is outside the authorized scopes")),
    "thirty in half an hour": remove(Fails(R.RATE_LIMITED, S.NOT_SENT, wait=90),
        refusal(429, "slow", **{"x-ratelimit-reset": (NOW + timedelta(seconds=90)).isoformat()})),
    "a dead token": remove(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, "The access token is invalid")),
    "the server fails": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(502, "<html>")),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # looks
    "several in one call": look([seen(V.LIVE), ABSENT], ok([status()]), ids="117 118",
        requests=[(SEVERAL, {"id[]": "117"})]),
    "twenty in one call": look([seen(V.LIVE), *[ABSENT] * 20], [ok([status()]), ok([])],
        ids=" ".join(f"{n}!" for n in range(117, 138)), requests=[SEVERAL, SEVERAL]),
    "gone, and the account is there": look([ABSENT], ok([]), requests=[SEVERAL, ME]),
    "gone at an older server": look([ABSENT], GONE, OLD, [ONE, ME]),
    "live at an older server": look([seen(V.LIVE)], ok(status()), OLD, [ONE]),
    "edited": look([seen(V.LIVE, "edited")], ok([status(edited_at=NOW.isoformat())])),
    "not public": look([seen(V.LIMITED, "private")], ok([status(visibility="private")])),
    "of a limited account": look([seen(V.LIMITED, "limited")], ok([status(account={"limited": True})])),
    "of a suspended account": look([seen(V.REJECTED, "suspended")], ok([status(account={"suspended": True})])),
    "missing at snac, which gives an edited post another id": look([seen(V.UNSEEN, "Record not found")], GONE, PLAIN),
    "another account's token": look([seen(V.UNREADABLE, "the token is another account's")], ok([]),
        me=ok({"id": "5", "username": "b"})),
    "the control fails": look(Fails(R.TOKEN_EXPIRED), ok([]), me=refusal(401, "The access token is invalid")),
    "a page that is not the server's": look(Fails(code="NO_PROOF"), PAGE, OLD),
    "no list": look(Fails(code="NO_PROOF"), ok({"id": "117"})),
    "a server that is down": look(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
}
