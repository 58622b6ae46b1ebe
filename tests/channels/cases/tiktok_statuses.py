"""TikTok: what a status proves about a sent post, and media that TikTok could not fetch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.publication import Absent, Pending, PostedId, Published, Ready, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, after, one
from tests.channels.cases.tiktok import (
    ASK,
    CREATED,
    FILE,
    FILE_SENT,
    INIT,
    LIVE,
    NAMELESS,
    NET,
    NO_PHOTO,
    NO_VIDEO,
    PHOTO,
    PULL,
    PULLING,
    READ,
    REFUSED_READS,
    RETRIED,
    SENT,
    STARTED_AGAIN,
    UPLOADED,
    WAITS,
    WHOLE,
    R,
    S,
    prepare,
    publish,
)
from tests.channels.network import answer, ok
from tests.channels.scene_tiktok import COMPLETE, HOSTS, POST_ID, PUBLISH_ID, UNFINISHED, WHO, done, refused, said


def check(outcome: Any, read: Any, draft: Any = PULL, state: Any = SENT, **more: Any) -> Case:
    return one("check", NET, draft, outcome, {READ: read}, state=state, **more)


FAIL_REASONS = {
    R.MEDIA_VALIDATION_FAILED: "file_format_check_failed duration_check_failed frame_rate_check_failed "
    "picture_size_check_failed video_bitrate_check_failed",
    R.PROVIDER_OUTAGE: "internal",
    R.INVALID_FIELD: "publish_cancelled",
    R.TOKEN_REVOKED: "auth_removed",
    R.DAILY_CAP_REACHED: "spam_risk_too_many_posts",
    R.ACCOUNT_RESTRICTED: "spam_risk_user_banned_from_posting",
    R.SPAM_BLOCKED: "spam_risk",
    R.CONTENT_POLICY: "spam_risk_text",
    R.FEATURE_NOT_ELIGIBLE: "privacy_level_not_authorized",
    R.UNKNOWN_PROVIDER_ERROR: "something_new",
}
# fmt: off
CASES = {
    **{f"a sent {draft.media[0].kind} is read first: {number}": publish(outcome, draft, state, {READ: read},
            requests=[READ])
        for draft, state in ((PULL, SENT), (FILE, FILE_SENT))
        for number, (read, outcome) in enumerate((
                (COMPLETE, Published),
                (PULLING, Pending),
                *((read, Fails(effect=S.UNKNOWN)) for read in (answer(503), *REFUSED_READS))))},
    "a post that TikTok gave up": publish(Fails(R.PROVIDER_OUTAGE, S.REJECTED), PULL, SENT,
        {READ: said("FAILED", fail_reason="internal")}, saved=STARTED_AGAIN),
    "is started again by a retry": publish(Fails(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT), RETRIED, SENT,
        {READ: said("FAILED", fail_reason="internal")}, requests=[READ], saved=STARTED_AGAIN),
    "so is what TikTok could not fetch": publish(Fails(effect=S.NOT_SENT), RETRIED, SENT, {READ: NO_VIDEO},
        requests=[READ], saved=STARTED_AGAIN),
    "an accepted pull without a publish_id is not sent again": Case(NET, PULL,
        [Call("publish", Pending, [INIT]), Call("check", Pending, []), Call("find", Unknown, []),
            Call("publish", Fails(effect=S.UNKNOWN), [])], state=CREATED, replies={INIT: done({})}),
    "nor by a retry at once": publish(Fails(effect=S.NOT_SENT), RETRIED, {**CREATED, "sent_at": NOW.isoformat()},
        requests=[]),
    # the status
    **{f"a post failed with {word}": check(Fails(reason, S.REJECTED, word), said("FAILED", fail_reason=word))
        for reason, words in FAIL_REASONS.items()
        for word in words.split()},
    "a post failed without a reason": check(Fails(R.UNKNOWN_PROVIDER_ERROR, S.REJECTED, "FAILED"),
        said("FAILED", fail_reason="")),
    **{f"a refused read proves nothing: {number}": check(Fails(effect=S.UNKNOWN), read)
        for number, read in enumerate((refused(400, "invalid_publish_id"), *REFUSED_READS))},
    **{f"a post of {age} s is polled after {wait} s": check(after(wait, "TikTok says PROCESSING_DOWNLOAD"), PULLING,
            minutes=age / 60)
        for age, wait in ((0, 5), (29, 5), (30, 10), (299, 10), (300, 60), (3600, 60))},
    "a check before the last chunk": check(Ready(expires_at=NOW + timedelta(minutes=55)), UNFINISHED, FILE, UPLOADED),
    **{f"a look by publish_id: {number}": one("find", NET, FILE, outcome, {READ: read}, state=UPLOADED)
        for number, (read, outcome) in enumerate((
                (COMPLETE, Published),
                (UNFINISHED, Absent),
                (said("FAILED", fail_reason="internal"), Absent),
                *((said(word), Unknown) for word in ("PROCESSING_UPLOAD", "SEND_TO_USER_INBOX", "A_NEW_STATUS")),
                *((odd, Unknown) for odd in (WHOLE, PULLING, done(), httpx.ReadTimeout("slow"))),
                *((refused(*given), Unknown)
                    for given in ((400, "invalid_publish_id"), (429, "rate_limit_exceeded")))))},
    **{f"a look without a publish_id: {draft.text} {bool(state)}": one("find", NET, draft, outcome, state=state,
            requests=[])
        for state in (None, CREATED)
        for draft, outcome in ((FILE, Absent), (PULL, Unknown), (PHOTO, Unknown))},
    **{f"the address of {kind} {draft.text} {who.handle}": check(Live(str(POST_ID),
                url=f"{HOSTS['auth']}/@acme/{kind}/{POST_ID}"), COMPLETE, draft, state, account=who)
        for draft, kind in ((FILE, "video"), (PULL, "video"), (PHOTO, "photo"))
        for who, state in (
            (WHO.model_copy(update={"handle": None}), SENT),
            (WHO.model_copy(update={"handle": "@acme"}), NAMELESS))},
    "photos are kept as such, since a look may not show them": check(Published(post_id=str(POST_ID), published_at=NOW,
            url=f"{HOSTS['auth']}/@acme/photo/{POST_ID}", objects=(PostedId(id=str(POST_ID), version="photo"),)),
        COMPLETE, PHOTO, SENT, account=WHO.model_copy(update={"handle": None})),
    **{f"a post is live before its id is known: {ids}": check(Live(None, warnings=("POST_ID_PENDING",)),
            said("PUBLISH_COMPLETE", publicaly_available_post_id=ids))
        for ids in (None, [], "7", [1, 2], [7.5e18], POST_ID)},
    **{f"an id is read as {type(ids[0]).__name__} of {name}": check(LIVE, said("PUBLISH_COMPLETE", **{name: ids}))
        for name in ("publicaly_available_post_id", "publicly_available_post_id")
        for ids in ([POST_ID], [str(POST_ID)])},
    **{f"only the code ok is a success: {body}": check(Fails(effect=S.UNKNOWN), ok({"data": {}, **body}))
        for body in ({}, {"error": None}, {"error": {}}, {"error": "ok"}, {"error": {"code": "OK"}})},
    # media that TikTok could not fetch
    **{f"a sent post is not prepared again: {number}": prepare(outcome, PULL, replies={READ: read}, state=SENT,
            requests=[READ], saved=SENT)
        for number, (read, outcome) in enumerate((
                *((said(word), Ready()) for word in ("PUBLISH_COMPLETE", "PROCESSING_DOWNLOAD", "")),
                (said("FAILED", fail_reason="internal"), Ready()),
                *((read, Fails(effect=S.UNKNOWN)) for read in (answer(503), refused(401, "scope_not_authorized")))))},
    "a sent post without a publish_id is not prepared again": prepare(Ready(), PULL,
        state={"sent_at": NOW.isoformat()}, requests=[]),
    "what TikTok could not fetch is prepared again for another init": prepare(Ready, PHOTO, replies={READ: NO_PHOTO},
        state={**SENT, "failed_pulls": 2}, requests=[READ, ASK],
        saved={"publish_id": None, "sent_at": None, "failed_pulls": 3}, minutes=1),
    "what TikTok could not fetch too often is not": prepare(Ready(), PHOTO, replies={READ: NO_PHOTO},
        state={**SENT, "failed_pulls": len(WAITS)}, requests=[READ], saved={"publish_id": PUBLISH_ID}),
    **{f"a {call} that meets pull {failed}": one(call, NET, PULL,
            Fails(R.MEDIA_UNREACHABLE, effect, "video_pull_failed", wait), {READ: NO_VIDEO},
            state={**SENT, "failed_pulls": failed}, requests=[READ])
        for call in ("check", "publish")
        for failed, (effect, wait) in enumerate((*((S.NOT_SENT, wait) for wait in WAITS), (S.REJECTED, None)))},
}
