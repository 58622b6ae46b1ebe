"""Bluesky: a record is deleted by its version, and read to see whether it is there."""

from __future__ import annotations

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.bluesky import servers
from tests.channels.bluesky.servers import BROKEN, DID, MISSING, refusal, uri
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.bluesky import DRAFT, FEED, KEY, NET, read
from tests.channels.network import answer, ok

R, S = Reason, Effect
STATUS, ACTIVE = "GET /xrpc/com.atproto.sync.getRepoStatus", ok({"did": DID, "active": True})
DELETE, GET = "POST /xrpc/com.atproto.repo.deleteRecord", f"GET {servers.GET}"
GATE = f"at://{DID}/app.bsky.feed.threadgate/{KEY}"
DONE = ok({"commit": {"cid": "bafynew", "rev": "3"}})


def delete(collection: str = FEED, version: str = "c1") -> tuple[str, object]:
    return (DELETE, {"repo": DID, "collection": collection, "rkey": KEY, "swapRecord": version})


def remove(outcome: object, reply: object, given: str = f"{uri(KEY)}#c1", requests: object = None) -> Case:
    wanted = requests or [delete()]
    return Case(NET, DRAFT, [Call(f"withdraw {given}", outcome, wanted)], replies={DELETE: reply})  # type: ignore[arg-type]


def look(outcome: object, reply: object, given: str = f"{uri(KEY)}#cid-{KEY}") -> Case:
    return Case(NET, DRAFT, [Call(f"look {given}", outcome)], replies={GET: reply, STATUS: ACTIVE})


CASES = {
    "a post is removed by its version": remove(None, DONE),
    "a gate is a record of its own": remove(None, DONE, f"{GATE}#c2", [delete("app.bsky.feed.threadgate", "c2")]),
    "a version that is not known is read first": remove(None, DONE, uri(KEY), [GET, delete(version=f"cid-{KEY}")]),
    "nothing was there": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "RecordNotFound"), ok({})),
    "another version is there": remove(
        Fails(R.DUPLICATE_CONTENT, S.REJECTED, "InvalidSwap", words="changed since", ours=False),
        refusal("InvalidSwap"),
    ),
    "a password that may not delete": remove(Fails(R.MISSING_SCOPE, S.REJECTED), refusal("ScopeMissingError", 403)),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    "a page of a proxy": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN), answer(200, "<html>")),
    "it is there": look([Seen(verdict=Verdict.LIVE)], read),
    "another version is there, which is seen": look(
        [Seen(verdict=Verdict.LIVE, word="edited")], read, f"{uri(KEY)}#c1"
    ),
    "it is gone": look([Seen(verdict=Verdict.GONE, word="RecordNotFound")], MISSING),
    "a repository that moved says nothing": look(Fails(R.INVALID_FIELD), refusal("InvalidRequest")),
    "a server that is down says nothing": look(Fails(R.PROVIDER_OUTAGE), BROKEN),
}
