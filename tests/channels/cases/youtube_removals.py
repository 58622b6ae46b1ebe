"""YouTube: a video is deleted with its comments, and proven gone by the channel of the token."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.youtube import DELETE, DRAFT, NET, READ
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import VIDEO, YOUTUBE, listed, refusal, resource

R, S, V = Reason, Effect, Verdict
OWNER = "GET /youtube/v3/channels"
OTHER = "UCbbbbbbbbbbbbbbbbbbbbbb"
MISSING = refusal(404, "videoNotFound")


def remove(outcome: Any, reply: Any) -> Case:
    return Case(NET, DRAFT, [Call(f"withdraw {VIDEO}", outcome, [f"{DELETE}?id={VIDEO}"])], replies={DELETE: reply})


def look(outcome: Any, reply: Any, requests: Any = None, owner: Any = YOUTUBE.identity[2]) -> Case:
    return Case(NET, DRAFT, [Call(f"look {VIDEO}", outcome, requests)], replies={READ: reply, OWNER: owner})


def saw(verdict: Verdict, word: str = "") -> list[Seen]:
    return [Seen(verdict=verdict, word=word)]


def detailed(**details: Any) -> httpx.Response:
    return listed({**resource("public"), "contentDetails": details})


ASKED = (READ, {"part": "status,contentDetails", "id": VIDEO})
CASES = {
    "a video is removed": remove(None, httpx.Response(204)),
    "a success without its proof": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a second time": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "videoNotFound"), MISSING),
    "the video of another account": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED), refusal(403, "forbidden")),
    "a permission that was not given": remove(
        Fails(R.MISSING_SCOPE, S.REJECTED), refusal(403, "insufficientPermissions")
    ),
    "the day's units are used up": remove(Fails(R.QUOTA_EXCEEDED, S.NOT_SENT), refusal(403, "quotaExceeded")),
    "a dead token": remove(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, "authError")),
    "an outage": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), refusal(503, "backendError")),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # looks
    "it is there": look(saw(V.LIVE), listed(resource("public")), [ASKED]),
    "several are read by one call": Case(
        NET,
        DRAFT,
        [
            Call(
                f"look {VIDEO} other",
                [*saw(V.LIVE), *saw(V.GONE, "videoNotFound")],
                [(READ, {"id": f"{VIDEO},other"}), OWNER],
            )
        ],
        replies={READ: listed(resource("public")), OWNER: YOUTUBE.identity[2]},
    ),
    **{
        f"it is there, {word}": look(saw(verdict, word), reply)
        for word, verdict, reply in (
            ("private", V.LIMITED, listed(resource("private"))),
            ("unlisted", V.LIMITED, listed(resource("unlisted"))),
            ("blocked in IN, DE", V.LIMITED, detailed(regionRestriction={"blocked": ["IN", "DE"]})),
            ("allowed in IN", V.LIMITED, detailed(regionRestriction={"allowed": ["IN"]})),
            ("allowed in no country", V.LIMITED, detailed(regionRestriction={"allowed": []})),
            ("ytAgeRestricted", V.LIMITED, detailed(contentRating={"ytRating": "ytAgeRestricted"})),
            ("uploaded", V.PROCESSING, listed(resource("public", "uploaded"))),
            ("copyright", V.REJECTED, listed(resource("public", "rejected", rejectionReason="copyright"))),
            ("codec", V.REJECTED, listed(resource("public", "failed", failureReason="codec"))),
            ("deleted", V.GONE, listed(resource("public", "deleted"))),
        )
    },
    "it is gone from its own channel": look(saw(V.GONE, "videoNotFound"), listed(), [READ, OWNER]),
    "a token of another channel proves nothing": look(
        saw(V.UNREADABLE, f"the connection is of the channel {OTHER}"), listed(), owner=ok({"items": [{"id": OTHER}]})
    ),
    "missing, and the channel cannot be read": look(
        Fails(R.PROVIDER_OUTAGE), listed(), owner=refusal(503, "backendError")
    ),
    "a token that may only upload": look(Fails(R.MISSING_SCOPE), refusal(403, "insufficientPermissions")),
    "an answer that is no list": look(Fails(R.PROVIDER_OUTAGE, code="NO_PROOF"), answer(200, "<html>")),
}
