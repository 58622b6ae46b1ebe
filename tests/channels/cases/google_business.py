"""Google Business Profile: what each kind of post sends, what its states mean, and how a lost post is found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.google_business.wire import photo_url
from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from munadi.domain.publication import Absent, Pending, Ready, Unknown
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails, Live, Net, one
from tests.channels.making import NOW, PUBLICATION
from tests.channels.network import answer, ok
from tests.channels.scene_google_business import (
    MAPS,
    NAME,
    ONE,
    PICTURE,
    PLACE,
    POST_ID,
    POSTS,
    SALE,
    SEARCH,
    SETTINGS,
    WHERE,
    WHO,
    location,
    page,
    post,
    refusal,
)

R, S, V = Reason, Effect, Verdict
MADE, LIST, GET, AT = f"POST {POSTS}", f"GET {POSTS}", f"GET {ONE}", f"GET {WHERE}"
NET = Net("google_business", WHO, {MADE: ok(post()), LIST: page(), GET: ok(post()), AT: ok(location())}, SETTINGS)
BODY = {"topicType": "STANDARD", "languageCode": "en-IN", "summary": SALE.text}
SITE = "https://acme.com/sale"
EVENT = {"title": "Sale", "startDate": "2026-12-24", "endDate": "2026-12-26"}
SHOWN: dict[str, Any] = {
    "title": "Sale",
    "schedule": {
        "startDate": {"year": 2026, "month": 12, "day": 24},
        "startTime": {"hours": 0, "minutes": 0, "seconds": 0, "nanos": 0},
        "endDate": {"year": 2026, "month": 12, "day": 26},
        "endTime": {"hours": 23, "minutes": 59, "seconds": 0, "nanos": 0},
    },
}
OFFER = {"couponCode": "RAIN", "terms": "Once"}
PENDING, REJECTED = post(state="PROCESSING", searchUrl=None), post(state="REJECTED", searchUrl=None)
SENT = {"name": NAME, "sent_at": NOW.isoformat()}
EARLIER = {**SENT, "sent_at": (NOW - timedelta(hours=1)).isoformat()}
OTHER = f"{PLACE}/localPosts/7008"
GONE = refusal(404, "NOT_FOUND")
POLICY = Fails(R.CONTENT_POLICY, S.REJECTED, "REJECTED")
PHOTO = {"mediaFormat": "PHOTO", "sourceUrl": photo_url("https://munadi.example/media/a.jpg", PUBLICATION)}
FOREIGN = {"mediaFormat": "PHOTO", "sourceUrl": photo_url("https://munadi.example/media/a.jpg", "pub_other")}
NEW = {"text": "The monsoon sale has ended"}


def optioned(link: str | None = None, **options: Any) -> Any:
    return SALE.model_copy(update={"options": options, "link": link})


def sends(draft: Any, **more: Any) -> Case:
    body = {name: value for name, value in {**BODY, **more}.items() if value is not None}
    return one("publish", NET, draft, Live(POST_ID, url=SEARCH), requests=[(MADE, body)])


def find(outcome: Any, *rows: dict[str, Any], draft: Any = SALE, **replies: Any) -> Case:
    return one("find", NET, draft, outcome, {LIST: page(*rows), **replies})


def known(call: str, outcome: Any, reply: Any, state: Any = SENT, requests: Any = (GET,)) -> Case:
    return Case(NET, SALE, [Call(call, outcome, [*requests])], state=state, replies={GET: reply})


def edit(outcome: Any, reply: Any, fields: str, body: Any, edited: Any = NEW) -> Case:
    calls = [Call(f"edit {POST_ID}", outcome, [(f"PATCH {ONE}?updateMask={fields}", body)])]
    return Case(NET, SALE, calls, replies={f"PATCH {ONE}": reply}, edited=edited)


def read(says: Says, reply: Any, word: str = "", edited: Any = NEW, **more: Any) -> Case:
    replies = {GET: reply, **more}
    return Case(NET, SALE, [Call(f"read {POST_ID}", Shown(says=says, word=word))], replies=replies, edited=edited)


def remove(outcome: Any, reply: Any) -> Case:
    calls = [Call(f"withdraw {POST_ID}", outcome, [f"DELETE {ONE}"])]
    return Case(NET, SALE, calls, replies={f"DELETE {ONE}": reply})


def look(outcome: Any, replies: Any = None, ids: str = POST_ID) -> Case:
    return Case(NET, SALE, [Call(f"look {ids}", outcome)], replies=replies or {})


def seen(verdict: Verdict, word: str = "") -> Seen:
    return Seen(verdict=verdict, word=word)


THREE = f"{POST_ID} 7008 7009"
# fmt: off
CASES = {
    # what is sent
    "a text has the language of its location": sends(SALE),
    "the post's link is a button": sends(optioned(SITE), callToAction={"actionType": "LEARN_MORE", "url": SITE}),
    "a button of its own": sends(optioned(callToAction={"action": "book", "url": SITE}, languageCode="hi"),
        languageCode="hi", callToAction={"actionType": "BOOK", "url": SITE}),
    "a button for the link": sends(optioned(SITE, callToAction={"action": "sign_up"}),
        callToAction={"actionType": "SIGN_UP", "url": SITE}),
    "a call has no address": sends(optioned(callToAction={"action": "call"}), callToAction={"actionType": "CALL"}),
    "an event lasts for whole days": sends(optioned(topic="event", event=EVENT), topicType="EVENT", event=SHOWN),
    "an offer is redeemed at the link": sends(optioned(SITE, topic="offer", event=EVENT, offer=OFFER),
        topicType="OFFER", event=SHOWN,
        offer={"couponCode": "RAIN", "termsConditions": "Once", "redeemOnlineUrl": SITE}),
    # before it
    "a location that takes posts": one("prepare", NET, SALE, Ready, requests=[AT]),
    "a location that takes none": one("prepare", NET, SALE, Fails(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),
        {AT: ok(location(canOperateLocalPost=False))}),
    "a location that nobody would see": one("prepare", NET, SALE, Fails(R.ACCOUNT_RESTRICTED, S.REJECTED),
        {AT: ok(location(hasVoiceOfMerchant=False))}),
    "a location that has moved": one("prepare", NET, SALE, Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED), {AT: GONE}),
    # states
    "a post that is looked at is not published": Case(NET, SALE, [
        Call("publish", Pending, [MADE]), Call("check", Live(POST_ID, url=SEARCH), [GET])],
        replies={MADE: ok(PENDING)}),
    "rejected at once": one("publish", NET, SALE, POLICY, {MADE: ok(REJECTED)}),
    "rejected later": known("check", POLICY, ok(REJECTED)),
    "still looked at": known("check", Pending, ok(PENDING)),
    "a state that is not known is no success": known("check", Pending, ok(post(state="SCHEDULED"))),
    "a check that fails says nothing": known("check", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(503, "<html>")),
    "a post that is gone is no refusal": known("check", Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN), GONE),
    "without an address it is that on Maps": known("check", Live(POST_ID, url=MAPS), ok(post(searchUrl=None))),
    "what was sent is not sent again": known("publish", Live(POST_ID, url=SEARCH), ok(post())),
    "what was rejected in this try is not sent again": known("publish", POLICY, ok(REJECTED)),
    "what was rejected before a retry by hand is made anew": Case(NET, SALE, [
        Call("publish", Live(POST_ID, url=SEARCH), [GET, MADE])], state=EARLIER, replies={GET: ok(REJECTED)}),
    "an answer about no post": one("publish", NET, SALE, Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"),
        {MADE: ok({"name": PLACE})}),
    "the field that is wrong is named": one("publish", NET, SALE, Fails(R.INVALID_FIELD, S.REJECTED, "INVERTED_RANGE",
        said="Request contains an invalid argument.; event.schedule: The end is before the start"),
        {MADE: refusal(400, "INVALID_ARGUMENT",
            {"code": "INVERTED_RANGE", "field": "event.schedule", "message": "The end is before the start"})}),
    "a photo that is not fetched is offered again": one("publish", NET, PICTURE,
        Fails(R.MEDIA_UNREACHABLE, S.NOT_SENT, "PHOTO_FETCH_FAILED", wait=10),
        {MADE: refusal(400, "INVALID_ARGUMENT", {"code": "PHOTO_FETCH_FAILED", "field": "media", "message": "x"})}),
    # a lost answer
    "by the address of its photo": find(Live(POST_ID), post(summary="changed", media=[PHOTO]), post(OTHER),
        draft=PICTURE),
    "by its words it is only alike": find(Live(POST_ID, alike=True), post()),
    "a photo without its address is alike": find(Live(POST_ID, alike=True),
        post(summary="Hello", media=[{"mediaFormat": "PHOTO"}]), draft=PICTURE),
    "blanks make no difference": find(Live(POST_ID, alike=True), post(summary=f" {SALE.text}  ")),
    **{f"not {name}": find(Absent, row, draft=draft) for name, row, draft in (
        ("another text", post(summary="Closed"), SALE),
        ("another kind", post(topicType="EVENT", event=SHOWN), SALE),
        ("with a button", post(callToAction={"actionType": "CALL"}), SALE),
        ("with a photo", post(media=[{"mediaFormat": "PHOTO"}]), SALE),
        ("another post's photo", post(summary="Hello", media=[FOREIGN]), PICTURE),
        ("older", post(createTime=(NOW - timedelta(minutes=1)).isoformat()), SALE))},
    "an event without the parts that are 0": find(Live(POST_ID, alike=True), post(topicType="EVENT", event={**SHOWN,
        "schedule": {**SHOWN["schedule"], "startTime": {}, "endTime": {"hours": 23, "minutes": 59}}}),
        draft=optioned(topic="event", event=EVENT)),
    "two that are alike": find(Unknown, post(), post(OTHER)),
    "one that is alike and not judged": find(Unknown, PENDING),
    "one that is alike and rejected": find(Unknown, REJECTED),
    "ours is not judged yet": find(Unknown, {**PENDING, "media": [PHOTO]}, draft=PICTURE),
    "ours is rejected": find(Unknown, {**REJECTED, "media": [PHOTO]}, draft=PICTURE),
    "what is known to be rejected is absent, and publishing it says so": Case(NET, SALE, [
        Call("find", Absent, [GET]), Call("publish", POLICY, [GET])], state=SENT, replies={GET: ok(REJECTED)}),
    "all pages are read": Case(NET, SALE, [Call("find", Live(POST_ID, alike=True), [LIST, LIST])],
        replies={LIST: [page(post(OTHER, summary="x"), token="2"), page(post())]}),
    "an empty list of a location that is read": one("find", NET, SALE, Absent, requests=[LIST, AT]),
    "an empty list of a location that is not": find(Unknown, **{AT: GONE}),
    "more pages than are read": find(Unknown, **{LIST: page(post(OTHER, summary="x"), token="n")}),
    "a post of the list without a time": find(Unknown, post(createTime="soon")),
    "a list that cannot be read": find(Unknown, **{LIST: refusal(403, "PERMISSION_DENIED")}),
    # removals
    "a post": remove(None, ok({})),
    "a page of a proxy": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a second time": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "NOT_FOUND"), GONE),
    "the role is lost": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED), refusal(403, "PERMISSION_DENIED")),
    # edits
    "a text is edited": edit(None, ok(post(summary=NEW["text"])), "summary", {"summary": NEW["text"]}),
    "a button comes": edit(None, ok(post()), "callToAction",
        {"callToAction": {"actionType": "LEARN_MORE", "url": SITE}}, {"link": SITE}),
    "the answer is about another post": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok(post(OTHER)),
        "summary", {"summary": NEW["text"]}),
    "gone meanwhile": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "NOT_FOUND"), GONE, "summary",
        {"summary": NEW["text"]}),
    "the new text": read(Says.NEW, ok(post(summary=NEW["text"]))),
    "the old text, and judged again": read(Says.OLD, ok(post(state="PROCESSING")), "PROCESSING"),
    "another text": read(Says.OTHER, ok(post(summary="Closed"))),
    "gone": read(Says.GONE, GONE, "NOT_FOUND"),
    "gone, and listed": read(Says.NOTHING, GONE, "NOT_FOUND", **{LIST: page(post())}),
    # looks
    "there": look([seen(V.LIVE)]),
    "rejected after it was live": look([seen(V.REJECTED, "REJECTED")], {GET: ok(REJECTED)}),
    "another state": look([seen(V.LIMITED, "RECURRING")], {GET: ok(post(state="RECURRING"))}),
    "one of several is gone": look([seen(V.LIVE), seen(V.PROCESSING, "PROCESSING"), seen(V.GONE, "NOT_FOUND")],
        {LIST: page(post(), {**PENDING, "name": OTHER}), f"GET {POSTS}/7009": GONE}, THREE),
    "not found, and listed": look([seen(V.UNREADABLE, "not found, and listed")], {GET: GONE, LIST: page(post())}),
    "not found, and no location": look(Fails(R.TARGET_NOT_ACCESSIBLE), {GET: GONE, AT: GONE}),
    "no id of a post": look([seen(V.LIVE), seen(V.UNREADABLE, "no id of a post")], ids=f"{POST_ID} ../x"),
    "nothing can be read": look(Fails(R.TARGET_NOT_ACCESSIBLE), {GET: refusal(403, "PERMISSION_DENIED")}),
    "no answer": look(Fails(R.PROVIDER_OUTAGE), {GET: httpx.ReadTimeout("slow")}),
}
