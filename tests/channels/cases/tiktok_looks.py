"""TikTok: it shows which posts are public, and never that one is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.tiktok import FILE
from tests.channels.cases.tiktok import NET as TIKTOK
from tests.channels.network import answer
from tests.channels.scene_tiktok import POST_ID, done, refused

R, S, V = Reason, Effect, Verdict
PATH = "/v2/video/query/"
QUERY = f"POST {PATH}"
NET = replace(TIKTOK, reading_posts=(PATH,))
LIVE, UNSEEN = Seen(verdict=V.LIVE), Seen(verdict=V.UNSEEN)


def look(outcome: Any, reply: Any, requests: Any = None, ids: str = str(POST_ID)) -> Case:
    return Case(NET, FILE, [Call(f"look {ids}", outcome, requests)], replies={QUERY: reply})


def videos(*ids: Any) -> Any:
    return done({"videos": [{"id": one, "share_url": f"https://www.example/{one}"} for one in ids]})


CASES = {
    "a public post": look([LIVE], videos(str(POST_ID)), [(QUERY, {"filters": {"video_ids": [str(POST_ID)]}})]),
    "an id that is a number": look([LIVE], videos(POST_ID)),
    "a post that is left out is not proven gone": look([UNSEEN], videos()),
    "several posts by one call": look(
        [LIVE, UNSEEN], videos(POST_ID), [f"{QUERY}?fields=id,share_url"], f"{POST_ID} 8"
    ),
    "a connection without video.list": look(Fails(R.MISSING_SCOPE), refused(401, "scope_not_authorized")),
    "an error in a success": look(Fails(R.RATE_LIMITED), refused(200, "rate_limit_exceeded")),
    "an answer without a list": look(Fails(R.PROVIDER_OUTAGE, code="NO_PROOF"), done({})),
    "a network that is down": look(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
}
