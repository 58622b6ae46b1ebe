"""YouTube: the whole snippet is sent, because what is left out is deleted; no other part is named."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.youtube import DRAFT, NET, READ
from tests.channels.cases.youtube_removals import MISSING, OTHER, OWNER
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import VIDEO, YOUTUBE, listed, refusal

R, S = Reason, Effect
UPDATE = READ.replace("GET", "PUT")
NEW = {"text": "It has ended", "options": {**DRAFT.options, "title": "The end"}}
SNIPPET = {"title": "Sale", "description": DRAFT.text, "categoryId": "22", "tags": ["a", "b"], "channelId": "UC"}
KEPT = {"title": "The end", "description": "It has ended", "categoryId": "22", "tags": ["a", "b"]}


def video(**snippet: Any) -> dict[str, Any]:
    return {"kind": "youtube#video", "id": VIDEO, "snippet": {**SNIPPET, **snippet}}


def edit(outcome: Any, reply: Any, shown: Any = None, requests: Any = None) -> Case:
    replies = {UPDATE: reply, READ: shown or listed(video())}
    wanted = requests or [READ, (UPDATE, {"id": VIDEO, "snippet": KEPT})]
    return Case(NET, DRAFT, [Call(f"edit {VIDEO}", outcome, wanted)], replies=replies, edited=NEW)


def read(outcome: Any, reply: Any, owner: Any = YOUTUBE.identity[2]) -> Case:
    return Case(NET, DRAFT, [Call(f"read {VIDEO}", outcome)], replies={READ: reply, OWNER: owner}, edited=NEW)


ENDED = {"title": "The end", "description": "It has ended"}
CASES = {
    "what stays is sent again": edit(None, ok(video(**ENDED))),
    "a success without its proof": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "gone meanwhile": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "videoNotFound"), MISSING),
    "gone before": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "videoNotFound"), MISSING, listed(), [READ]),
    "a permission that was not given": edit(
        Fails(R.MISSING_SCOPE, S.REJECTED), refusal(403, "insufficientPermissions")
    ),
    "the day's units are used up": edit(Fails(R.QUOTA_EXCEEDED, S.NOT_SENT), refusal(403, "quotaExceeded")),
    "an outage": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), refusal(503, "backendError")),
    "no answer": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # reads
    "the new words": read(Shown(says=Says.NEW), listed(video(**ENDED))),
    "half of them": read(Shown(says=Says.OTHER), listed(video(title="The end"))),
    "others": read(Shown(says=Says.OTHER), listed(video(title="Closed"))),
    "gone": read(Shown(says=Says.GONE, word="videoNotFound"), listed()),
    "gone, or another channel's": read(
        Shown(says=Says.NOTHING, word="videoNotFound"), listed(), ok({"items": [{"id": OTHER, "snippet": {}}]})
    ),
}
