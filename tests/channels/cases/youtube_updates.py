"""YouTube: the one update that makes a video public, and which video is ours."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.publication import Absent, Unknown
from tests.channels.case import Call, Case, Fails, one
from tests.channels.cases.youtube import (
    ABSENT,
    BY_DEFAULT,
    DRAFT,
    LIST,
    LIVE,
    NET,
    NOW_LIVE,
    READ,
    STATUS,
    UPDATE,
    WHO,
    R,
    S,
    given,
    upload_entry,
    uploaded,
)
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import UPLOADS, VIDEO, listed, refusal, resource


def publish(outcome: Any, said: Any, draft: Any = DRAFT, **more: Any) -> Case:
    state = {**uploaded(), **more.pop("state", {})}
    return one("publish", NET, draft, outcome, {UPDATE: said}, state=state, **more)


def find(outcome: Any, shown: Any, target: str = "public") -> Case:
    draft = given(privacyStatus=target)
    return one("find", NET, draft, outcome, {READ: listed(*shown)}, state=uploaded(), requests=[READ])


NAMED = {"snippet": {**upload_entry()["snippet"], "resourceId": {"videoId": VIDEO}}}
# fmt: off
CASES = {
    **{f"the update carries the whole status: {privacy}": publish(NOW_LIVE, ok(resource(privacy)),
            given(**STATUS, privacyStatus=privacy, madeForKids=True),
            requests=[(UPDATE,
                    {"id": VIDEO, "status": {**STATUS, "privacyStatus": privacy, "selfDeclaredMadeForKids": True}})])
        for privacy in ("public", "unlisted")},
    "a video that shall be private is published": publish(NOW_LIVE, answer(500), given(privacyStatus="private"),
        requests=[]),
    "a video that YouTube keeps private is not": publish(Fails(R.APP_NOT_APPROVED, S.REJECTED, "kept private"),
        ok(resource("private"))),
    **{f"a video that is gone at its update: {code}, {renewals} renewals": publish(
            Fails(R.MEDIA_PROCESSING_FAILED, effect), refusal(404, code), state={"renewals": renewals}, saved=saved)
        for code in ("videoNotFound", "notFound")
        for renewals, effect, saved in ((0, S.NOT_SENT, {"video_id": None, "renewals": 1}), (2, S.REJECTED, {}))},
    "a 404 of another server proves nothing": publish(Fails(effect=S.UNKNOWN), answer(404, "<html>"), saved=uploaded()),
    "publishing again is the same request": Case(NET, DRAFT, [Call("publish", Fails(effect=S.UNKNOWN),
                [(UPDATE, {"id": VIDEO, "status": BY_DEFAULT})]),
            Call("publish", NOW_LIVE, [(UPDATE, {"id": VIDEO, "status": BY_DEFAULT})])], state=uploaded(),
        replies={UPDATE: [httpx.ReadTimeout("slow"), ok(resource("public"))]}),
    # looks
    **{f"the status shows whether it is published: {number}": find(outcome, [shown], target)
        for number, (shown, target, outcome) in enumerate((
                (resource("public"), "public", LIVE),
                (resource("unlisted"), "public", LIVE),
                (resource("public"), "unlisted", LIVE),
                (resource("private"), "public", ABSENT),
                (resource("private"), "unlisted", ABSENT),
                (resource("private"), "private", LIVE),
                ({"id": VIDEO}, "public", ABSENT),
                ({"id": VIDEO, "status": "odd", "processingDetails": [1]}, "public", ABSENT)))},
    "a deleted video may have been visible": find(Unknown, []),
    **{f"without a recorded video the uploads are searched: {name}": one("find", NET, DRAFT, outcome,
            {LIST: ok({"items": rows}), READ: listed(*shown)})
        for name, rows, shown, outcome in (
            ("live", [upload_entry()], [resource("public")], LIVE.alike()),
            ("private", [upload_entry()], [resource("private")], Absent()),
            ("earlier", [upload_entry(minutes=-2)], [resource("public")], Absent()),
            ("another", [upload_entry(title="Another")], [resource("public")], Absent()),
            ("none", [], [], Absent()),
            ("gone", [upload_entry()], [], Absent()),
            ("two", [upload_entry(), upload_entry("b")], [resource("public"), {**resource("public"), "id": "b"}],
                Unknown),
            ("named in its snippet", [NAMED], [resource("public")], LIVE.alike()))},
    **{f"an answer that is no list: {body}": one("find", NET, DRAFT, Unknown, {READ: ok(body)}, state=uploaded())
        for body in ({}, {"items": None}, {"items": {}}, {"kind": "youtube#video"})},
    "the uploads list is the channel's where none was noted": one("find", NET, DRAFT, Absent(),
        account=WHO.model_copy(update={"facts": {}}), requests=[(LIST, {"playlistId": UPLOADS})]),
}
