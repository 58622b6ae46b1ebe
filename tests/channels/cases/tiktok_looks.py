"""TikTok: it shows which posts are public, and never that one is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.tiktok.looking import NO_ID, PHOTOS
from munadi.domain.failure import Effect, Reason
from munadi.domain.reasons import REASONS
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


def known(*ids: str) -> Any:
    """A network that shows these, and takes twenty ids at most."""

    def shown(request: httpx.Request) -> httpx.Response:
        wanted = json.loads(request.content)["filters"]["video_ids"]
        found: httpx.Response = videos(*(one for one in wanted if one in ids))
        return found if len(wanted) <= 20 else refused(400, "invalid_params")

    return shown


HUNDRED = [str(number) for number in range(1000, 1100)]
FORTY = " ".join(HUNDRED[:40])
LATER = Seen(
    verdict=V.UNREADABLE,
    word=f"RATE_LIMITED (rate_limit_exceeded): TikTok: {REASONS[R.RATE_LIMITED].meaning}",
    pause=timedelta(seconds=60),
)
DOWN = Seen(verdict=V.UNREADABLE, word=f"PROVIDER_OUTAGE (HTTP 503): TikTok: {REASONS[R.PROVIDER_OUTAGE].meaning}")
SCOPE = Seen(verdict=V.UNREADABLE, word="scope_not_authorized: video.list")


CASES = {
    "a public post": look([LIVE], videos(str(POST_ID)), [(QUERY, {"filters": {"video_ids": [str(POST_ID)]}})]),
    "an id that is a number": look([LIVE], videos(POST_ID)),
    "a post that is left out is not proven gone": look([UNSEEN], videos()),
    "several posts by one call": look(
        [LIVE, UNSEEN], videos(POST_ID), [f"{QUERY}?fields=id,share_url"], f"{POST_ID} 8"
    ),
    "a connection without video.list": look([SCOPE, SCOPE], refused(401, "scope_not_authorized"), [QUERY], "7 8"),
    # many
    "a hundred posts are five calls": look([LIVE] * 100, known(*HUNDRED), [QUERY] * 5, " ".join(HUNDRED)),
    "what is left out of any call is unseen": look(
        [UNSEEN if one in ("1007", "1099") else LIVE for one in HUNDRED],
        known(*(one for one in HUNDRED if one not in ("1007", "1099"))),
        [QUERY] * 5,
        " ".join(HUNDRED),
    ),
    "one post of several kinds of objects is asked for once": look(
        [LIVE, LIVE], known("7"), [(QUERY, {"filters": {"video_ids": ["7"]}})], "7 7"
    ),
    "what is no id spoils no other": look(
        [LIVE, NO_ID], known("7"), [(QUERY, {"filters": {"video_ids": ["7"]}})], "7 7x"
    ),
    "a photo that is left out says nothing": look([PHOTOS, LIVE], known("8"), [QUERY], "7#photo 8#photo"),
    "a throttle ends the look, and what was read counts": look(
        [LIVE] * 20 + [LATER] * 80,
        [videos(*HUNDRED[:20]), refused(429, "rate_limit_exceeded")],
        [QUERY] * 2,
        " ".join(HUNDRED),
    ),
    "one outage spoils its own call only": look(
        [DOWN] * 20 + [LIVE] * 20, [answer(503, "<html>"), videos(*HUNDRED[20:40])], [QUERY] * 2, FORTY
    ),
    "an error in a success": look(Fails(R.RATE_LIMITED), refused(200, "rate_limit_exceeded")),
    "an answer without a list": look(Fails(R.PROVIDER_OUTAGE, code="NO_PROOF"), done({})),
    "a network that is down": look(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
}
