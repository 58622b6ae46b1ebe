"""YouTube: fifty videos are read for one unit, and one more reads the channel where a video is missing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import httpx

from munadi.channels.youtube.removing import COMMENTS
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.youtube import DRAFT, NET, READ
from tests.channels.cases.youtube_removals import OTHER, OWNER
from tests.channels.network import ok
from tests.channels.scene_youtube import YOUTUBE, listed, refusal, resource

V = Verdict
LIVE, GONE = Seen(verdict=V.LIVE), Seen(verdict=V.GONE, word="videoNotFound")
HUNDRED = [f"video-{number:05}" for number in range(100)]
FOREIGN = Seen(verdict=V.UNREADABLE, word=f"the connection is of the channel {OTHER}")
DOWN = Seen(
    verdict=V.UNREADABLE, word=f"PROVIDER_OUTAGE (backendError): YouTube: {REASONS[Reason.PROVIDER_OUTAGE].meaning}"
)


def videos(*shown: str, **parts: Any) -> Any:
    """A channel that has these, and takes fifty ids at most."""

    def read(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params["id"].split(",")
        if len(wanted) > 50:
            return refusal(400, "invalidFilters")
        return listed(*({**resource("public"), "id": one, **parts} for one in wanted if one in shown))

    return read


def look(
    outcome: Any, reply: Any, ids: Collection[str], requests: Any = None, owner: Any = YOUTUBE.identity[2]
) -> Case:
    return Case(NET, DRAFT, [Call(f"look {' '.join(ids)}", outcome, requests)], replies={READ: reply, OWNER: owner})


def status(**changes: Any) -> dict[str, Any]:
    return {"status": {**resource("public")["status"], **changes}}


def limited(word: str) -> list[Seen]:
    return [Seen(verdict=V.LIMITED, word=word)]


# fmt: off
CASES = {
    "a hundred videos are two calls": look([LIVE] * 100, videos(*HUNDRED), HUNDRED, [READ] * 2),
    "those that are missing are proven by one call more": look([GONE, *[LIVE] * 98, GONE], videos(*HUNDRED[1:99]),
        HUNDRED, [READ, READ, OWNER]),
    "all are missing, and the channel is there": look([GONE] * 100, videos(), HUNDRED, [READ, READ, OWNER]),
    "another channel's token sees what is public": look([LIVE, FOREIGN], videos("a"), ["a", "b"],
        owner=ok({"items": [{"id": OTHER}]})),
    "a video that is named twice is asked for once": look([LIVE, LIVE], videos("a"), ["a", "a"], [(READ, {"id": "a"})]),
    "comments are not asked for as videos": look([LIVE, COMMENTS], videos("a"), ["a", "comment=Ugx"],
        [(READ, {"id": "a"})]),
    "nothing but a comment": look([COMMENTS], videos(), ["comment=Ugx"], []),
    "a call that fails spoils no other call": look([DOWN] * 50 + [LIVE] * 50,
        [refusal(503, "backendError"), listed(*({**resource("public"), "id": one} for one in HUNDRED[50:]))], HUNDRED,
        [READ] * 2),
    "a channel that cannot be read spoils no other video": look([LIVE, DOWN], videos("a"), ["a", "b"],
        owner=refusal(503, "backendError")),
    "the day's units are used up": look(Fails(Reason.QUOTA_EXCEEDED), refusal(403, "quotaExceeded"), HUNDRED, [READ]),
    "a suspended channel": look(Fails(Reason.ACCOUNT_RESTRICTED), refusal(403, "channelSuspended"), HUNDRED, [READ]),
    # who sees it
    "an empty list of countries that block it": look([LIVE],
        videos("a", contentDetails={"regionRestriction": {"blocked": []}}), ["a"]),
    "made for kids by YouTube's word": look(limited("madeForKids"),
        videos("a", **status(madeForKids=True, selfDeclaredMadeForKids=False)), ["a"]),
    "made for kids by its owner's word": look([LIVE],
        videos("a", **status(madeForKids=True, selfDeclaredMadeForKids=True)), ["a"]),
    "blocked everywhere": look(limited("allowed in no country"),
        videos("a", contentDetails={"regionRestriction": {"allowed": []}}), ["a"]),
    "rejected, whoever may see it": look([Seen(verdict=V.REJECTED, word="claim")],
        videos("a", **status(uploadStatus="rejected", rejectionReason="claim", privacyStatus="private")), ["a"]),
    "private, in a look that lacks another": look([*limited("private"), GONE],
        videos("a", **status(privacyStatus="private")), ["a", "b"]),
}
# fmt: on
