"""Shapes on the wire: the body of a post, and posts read leniently. Source: docs/networks/google_business.md, 3."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from munadi.channels.answers import instant, object_in, text_in
from munadi.channels.google_business.spec import Action, Event, Options, Topic
from munadi.channels.http import given
from munadi.channels.text import collapsed
from munadi.domain.content import Draft

LIVE, REJECTED, PROCESSING = "LIVE", "REJECTED", "PROCESSING"
KEY = "post"


@dataclass(frozen=True)
class LocalPost:
    """A post as Google shows it; `sources` are the addresses of its photos, where Google returns them."""

    name: str
    state: str
    url: str | None
    created_at: datetime | None
    fields: Mapping[str, Any]
    sources: tuple[str, ...]


def post_body(draft: Draft, options: Options, language: str, photo: str | None) -> dict[str, Any]:
    """The body of the visible call. `photo` is the address that Google fetches."""
    media = [{"mediaFormat": "PHOTO", "sourceUrl": photo}] if photo else None
    named = {"topicType": options.topic.upper(), "languageCode": options.language_code or language}
    return {**named, **given({**changing(draft, options), "media": media})}


def changing(draft: Draft, options: Options) -> dict[str, Any]:
    """What an edit can change, None where there is nothing. An offer's link is where it is redeemed."""
    offer = options.offer
    if options.topic is Topic.OFFER:
        kept = {"couponCode": offer.coupon_code, "termsConditions": offer.terms} if offer else {}
        shown = given({**kept, "redeemOnlineUrl": (offer.redeem_url if offer else None) or draft.link}) or None
    else:
        shown = None
    event = event_body(options.event) if options.event else None
    return {"summary": draft.text or None, "callToAction": _action(draft, options), "event": event, "offer": shown}


def _action(draft: Draft, options: Options) -> dict[str, str] | None:
    wanted = options.call_to_action
    if options.topic is Topic.OFFER or (wanted is None and not draft.link):
        return None
    action = wanted.action if wanted else Action.LEARN_MORE
    url = (wanted.url if wanted else None) or draft.link
    return {"actionType": action.upper(), **({"url": url} if url and action is not Action.CALL else {})}


def event_body(event: Event) -> dict[str, Any]:
    """Title and schedule; Google asks for both times."""
    starts, ends = event.span
    schedule = {"startDate": _day(starts), "startTime": _time(starts), "endDate": _day(ends), "endTime": _time(ends)}
    return {"title": event.title, "schedule": schedule}


def _day(day: datetime) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _time(at: datetime) -> dict[str, int]:
    return {"hours": at.hour, "minutes": at.minute, "seconds": 0, "nanos": 0}


def photo_url(url: str, publication_id: str) -> str:
    """The address of a photo that no other post has: by it a post is found again."""
    return f"{url}?{urlencode({KEY: key_of(publication_id)})}"


def key_of(publication_id: str) -> str:
    """What the address of a post's photo ends with."""
    return hashlib.sha256(publication_id.encode()).hexdigest()[:24]


def is_keyed(post: LocalPost, publication_id: str) -> bool:
    """Whether a post was made with the photo of this publication."""
    return any(one.endswith(f"?{KEY}={key_of(publication_id)}") for one in post.sources)


def says(post: LocalPost, draft: Draft, options: Options, *, exact: bool = False) -> bool:
    """Whether a post shows the texts, the button and the time that were sent, but for blanks unless `exact`."""
    sent, shown = given(changing(draft, options)), {name: post.fields.get(name) for name in changing(draft, options)}
    return bool(_plain(sent, exact=exact) == _plain(given(shown), exact=exact))


def is_alike(post: LocalPost, draft: Draft, options: Options) -> bool:
    """Whether a post may be this one: of its kind, with its words, and with no photo that is another post's."""
    is_kind = post.fields.get("topicType") == options.topic.upper()
    has_photo = isinstance(post.fields.get("media"), list) and bool(post.fields["media"])
    return is_kind and has_photo == bool(draft.media) and not post.sources and says(post, draft, options)


def _plain(value: Any, *, exact: bool) -> Any:
    """With what Google may leave out or add left out: numbers that are 0, and blanks in texts."""
    if isinstance(value, dict):
        found = {name: _plain(one, exact=exact) for name, one in value.items()}
        return {name: one for name, one in found.items() if one not in (0, None, {}, "")}
    if isinstance(value, str):
        return value.strip() if exact else collapsed(value)
    return value


def read_post(value: Any) -> LocalPost | None:
    """A post of an answer; None without a name."""
    fields = object_in(value)
    name = text_in(fields, "name")
    if name is None or "/localPosts/" not in name:
        return None
    media = fields.get("media")
    rows = [one for one in media if isinstance(one, dict)] if isinstance(media, list) else []
    return LocalPost(
        name=name,
        state=text_in(fields, "state") or "",
        url=text_in(fields, "searchUrl"),
        created_at=instant(fields.get("createTime")),
        fields=fields,
        sources=tuple(url for one in rows if (url := text_in(one, "sourceUrl"))),
    )


def read_page(body: Any) -> list[LocalPost] | None:
    """The posts of a page, which is an empty object where there are none; None for what is no page."""
    if not isinstance(body, dict) or "error" in body:
        return None
    rows = body.get("localPosts", [])
    found = [read_post(one) for one in rows] if isinstance(rows, list) else [None]
    posts = [one for one in found if one is not None and one.created_at is not None]
    return posts if len(posts) == len(found) else None


def read_named(body: Any, rows: str) -> list[dict[str, Any]] | None:
    """Accounts or locations of a page; None for what is no page."""
    if not isinstance(body, dict) or "error" in body:
        return None
    found = body.get(rows, [])
    if not isinstance(found, list) or not all(text_in(one, "name") for one in found):
        return None
    return found
