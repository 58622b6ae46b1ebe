"""The limits of Google Business Profile (docs/networks/google_business.md, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from tests.channels.limits import Limit, media, of, picture
from tests.channels.making import draft, image

SITE = "https://acme.com/sale"
POST = of(draft("Hello"))


def event(**parts: Any) -> dict[str, Any]:
    return {"title": "Sale", "startDate": "2026-12-24", "endDate": "2026-12-24", **parts}


EVENT = of(draft("Hello", options={"topic": "event", "event": event()}))
OFFER = of(draft("Hello", options={"topic": "offer", "event": event()}))
LINKED = of(draft("Hello", link=SITE))
OFFERED = of(draft("Hello", link=SITE, options={"topic": "offer", "event": event()}))
LIMITS = [
    # texts
    Limit("/text summary_characters", draft, "text", ["x" * 1500, "👍" * 1500], ["x" * 1501], (1500, 1501)),
    Limit("/text not_empty", draft, "text", ["x"], [""]),
    # kinds of posts
    Limit("/options/topic INVALID_OPTION", EVENT, "topic", ["event"], ["alert"]),
    Limit("/options/event event_missing", POST, "topic", ["standard"], ["event", "offer"]),
    Limit("/options/event event_of_topic", EVENT, "topic", ["event", "offer"], ["standard"]),
    Limit("/options/offer offer_of_topic", OFFER, "offer", [{"couponCode": "RAIN"}], [
        draft("Hello", options={"topic": "event", "event": event(), "offer": {}})]),
    Limit("/options/event/title INVALID_OPTION", EVENT, "event", [event(title="x" * 58)],
          [event(title="x" * 59), event(title=" ")]),
    Limit("/options/event/endDate event_range", EVENT, "event",
          [event(), event(startTime="09:00", endTime="09:01"), event(endDate="2026-12-25")],
          [event(endDate="2026-12-23"), event(startTime="09:00", endTime="09:00")],
          ("2026-12-24T00:00:00", "2026-12-23T23:59:00")),
    Limit("/options/event/startDate INVALID_OPTION", EVENT, "event", [event()], [event(startDate="24.12.2026")]),
    Limit("/options/event/startTime INVALID_OPTION", EVENT, "event", [event(startTime="00:00")],
          [event(startTime="24:00"), event(startTime="9:00")]),
    Limit("/options/offer/couponCode INVALID_OPTION", OFFER, "offer", [{"couponCode": "x" * 58}],
          [{"couponCode": "x" * 59}, {"couponCode": ""}]),
    Limit("/options/offer/terms INVALID_OPTION", OFFER, "offer", [{"terms": "x" * 5000}], [{"terms": "x" * 5001}]),
    Limit("/options/offer/redeemUrl INVALID_OPTION", OFFER, "offer", [{"redeemUrl": SITE}], [{"redeemUrl": "acme"}]),
    Limit("/options/offer/redeemUrl one_link", OFFERED, "offer", [{"couponCode": "x"}], [{"redeemUrl": SITE}]),
    # the button
    Limit("/options/callToAction/url action_link", POST, "callToAction", [{"action": "book", "url": SITE}],
          [{"action": "book"}]),
    Limit("/options/callToAction/url one_link", LINKED, "callToAction", [{"action": "book"}],
          [{"action": "book", "url": SITE}]),
    Limit("/options/callToAction/url call_link", POST, "callToAction", [{"action": "call"}],
          [{"action": "call", "url": SITE}]),
    Limit("/link call_link", LINKED, "callToAction", [{"action": "shop"}], [{"action": "call"}]),
    Limit("/options/callToAction/action INVALID_OPTION", LINKED, "callToAction", [{"action": "order"}],
          [{"action": "get_offer"}]),
    Limit("/options/callToAction action_of_offer", OFFER, "offer", [{"terms": "x"}], [
        draft("Hello", options={"topic": "offer", "event": event(), "callToAction": {"action": "call"}})]),
    Limit("/options/languageCode INVALID_OPTION", POST, "languageCode", ["hi", "zh-Hant-TW"], ["", "hindi!"]),
    # media
    Limit("/media MEDIA_TOO_MANY", media, "", [media(image(0))], [media(image(0), image(1))], (1, 2)),
    Limit("/media/0 min_height", picture, "size", [(250, 250)], [(250, 249)], (250, 249)),
]  # fmt: skip
