"""What a relay does: it takes events, forgets what their authors delete, and answers queries. Source: NIPs 1, 9, 11."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import MINUTE, wall_time
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.nostr.model import Deleted, Key, Note, event_in, frame_of, made, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.nostr import Nostr

NOTE, DELETION = 1, 5
SINCE = 1_700_000_000  # the time of what a profile says of itself
REFUSALS = {"banned": "blocked", "unpaid": "restricted", "wants_work": "pow"}


async def publish(platform: Nostr, call: Call) -> Answer:
    """A note. The same event again is taken, and changes nothing."""
    event, author, relay = _taken(platform, call)
    known = platform.notes.get(event["id"])
    if known is not None and relay in known.relays:
        return _ok(event, "duplicate: already have this event")
    refuse_if(platform.deleted.get(event["id"]), "deleted", key=event["id"])
    too_long = len(event["content"]) > platform.limits["contentCharacters"]
    refuse_if(too_long, "long", key=event["id"])
    ahead = event["created_at"] - platform.clock.now()
    refuse_if(ahead > platform.limits["futureSeconds"], "future", key=event["id"])
    refuse_if(-ahead > platform.limits["pastSeconds"], "past", key=event["id"])
    try:
        platform.limited(author.id, "notesPerMinute", MINUTE)
    except Refusal:
        raise refuse("rate", key=event["id"]) from None
    kind = "reply" if any(tag[:1] == ["e"] for tag in event["tags"]) else "note"
    note = known or Note(event["id"], author.id, event["content"], wall_time(), event, kind=kind)
    note.relays = [*note.relays, relay]
    platform.notes.put(note.id, note)
    if platform.switches["forgets"]:
        platform.notes.remove(note.id)
    return Answer(200, _ok(event).body, effect=True)


async def delete(platform: Nostr, call: Call) -> Answer:
    """A request to delete notes of its author; those of others stay."""
    event, author, _ = _taken(platform, call)
    for tag in event["tags"]:
        note = platform.notes.get(tag[1]) if tag[:1] == ["e"] and len(tag) > 1 else None
        if note is not None and note.profile_id == author.id:
            platform.notes.remove(note.id)
            platform.deleted.put(note.id, Deleted(note.id, platform.clock.now()))
    return Answer(200, _ok(event).body, effect=True)


async def read(platform: Nostr, call: Call) -> Answer:
    """The events that fit a query, and the end of what is stored."""
    frame, relay = frame_of(call), relay_of(platform, call)
    if frame[:1] != ["REQ"] or len(frame) < 3:
        return Answer(200, [["NOTICE", "could not parse the command"]])
    name, queries = str(frame[1]), [one for one in frame[2:] if isinstance(one, dict)]
    for query in queries:
        for author in _authors(platform, query):
            if not platform.is_admitted(author):
                return Answer(400, [["CLOSED", name, "auth-required: log in to read here"]])
    found = [event for query in queries for event in _fitting(platform, call, query, relay)]
    return Answer(200, [*(["EVENT", name, event] for event in found), ["EOSE", name]])


async def close(platform: Nostr, call: Call) -> Answer:
    """The end of a query, which has no answer."""
    return Answer(200, [])


async def document(platform: Nostr, call: Call) -> Answer:
    """What the relay says of itself."""
    limits = {"max_content_length": platform.limits["contentCharacters"], "max_message_length": 131_072}
    shown = {"name": "The sandbox's relay", "supported_nips": [1, 9, 11], "software": "munadi", "limitation": limits}
    return Answer(200, shown)


def relay_of(platform: Nostr, call: Call) -> str:
    """The name of the relay that is called."""
    return platform.path_parts(call)[0]


def _taken(platform: Nostr, call: Call) -> tuple[dict[str, Any], Key, str]:
    """A genuine event with its author, who may write here. Raises the relay's refusals."""
    event = event_in(frame_of(call))
    author = platform.accounts.get(event["pubkey"])
    if author is None:
        raise refuse("restricted", key=event["id"])
    if author.status in REFUSALS:
        raise refuse(REFUSALS[author.status], key=event["id"])
    refuse_if(not platform.is_admitted(author), "token", key=event["id"])
    return event, author, relay_of(platform, call)


def _authors(platform: Nostr, query: dict[str, Any]) -> list[Key]:
    found = [platform.accounts.get(str(one)) for one in query.get("authors") or []]
    return [one for one in found if one is not None]


def _fitting(platform: Nostr, call: Call, query: dict[str, Any], relay: str) -> list[dict[str, Any]]:
    ids, kinds = query.get("ids"), query.get("kinds") or []
    if ids is not None:
        named = [platform.notes.get(str(one)) for one in ids]
        return _shown(platform, relay, [one for one in named if one is not None])
    authors = _authors(platform, query)
    found = [event for author in authors for event in _about(platform, author, call, kinds)]
    if NOTE not in kinds:
        return found
    keys = {one.id for one in authors}
    return found + _shown(platform, relay, [one for one in platform.notes if one.profile_id in keys])


def _shown(platform: Nostr, relay: str, notes: list[Note]) -> list[dict[str, Any]]:
    """The events that this relay has, and shows."""
    return [one.event for one in notes if relay in one.relays and platform.shows(one)]


def _about(platform: Nostr, author: Key, call: Call, kinds: list[Any]) -> list[dict[str, Any]]:
    """What a profile published of itself: its name, and where its files go."""
    rows: dict[int, tuple[list[list[str]], str]] = {
        0: ([], json.dumps({"name": author.username, "display_name": author.username})),
        10063: ([["server", f"{call.base_url}/nostr/media"]], ""),
    }
    more = [name for name in platform.further_relays if name]
    if more:
        base = f"ws{call.base_url.removeprefix('http')}/nostr"
        rows[10002] = ([["r", f"{base}/{name}"] for name in more], "")
    return [made(author.secret, kind, *rows[kind], at=SINCE) for kind in kinds if kind in rows]


def _ok(event: dict[str, Any], words: str = "") -> Answer:
    return Answer(200, [["OK", event["id"], True, words]])
