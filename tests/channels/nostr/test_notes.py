"""What a note says, byte for byte, and what several relays' answers mean together."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import nostr_sdk
import pytest

from munadi.channels.nostr.keys import npub
from munadi.channels.nostr.relays import RelayExchange
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Verdict
from tests.channels.calls import Saved, visible_step
from tests.channels.making import NOW, Bench, bench, error_of, publication
from tests.channels.network import Answer, answer, ok
from tests.channels.scene_nostr import (
    AUTHOR,
    BOTH,
    EVENT,
    HOME,
    MEDIA,
    OTHER,
    PICTURE,
    SALE,
    SECRET_KEY,
    WHO,
    refused,
    stored,
    taken,
)

R, S = Reason, Effect
# Of the sale. A version that made another one could double a post whose answer was lost before an upgrade.
SALE_ID = "ffc1f3a46e3d0d45354cb780c8bf95d91b6065f73fcd74454984e4e9ebc49c6e"
LOST = httpx.ReadTimeout("slow")


def sent(built: Bench, number: int = 0) -> dict[str, Any]:
    """The event of a visible call."""
    frame = json.loads(built.network.mutations[number].content)
    assert frame[0] == "EVENT"
    event: dict[str, Any] = frame[1]
    assert nostr_sdk.Event.from_json(json.dumps(event)).verify()
    return event


async def note(given: Any, saved: Saved | None = None) -> dict[str, Any]:
    built = bench("nostr")
    built.network.on("POST", HOME, lambda request: taken(json.loads(request.content)[1]["id"]))
    await built.publish(given, WHO, saved or Saved())
    return sent(built)


async def test_the_id_of_a_note_never_changes() -> None:
    event = await note(SALE)
    assert (event["id"], event["created_at"], event["kind"]) == (EVENT["id"], int(NOW.timestamp()), 1)
    assert event["id"] == SALE_ID


async def test_a_note_bears_the_time_that_its_preparation_fixed() -> None:
    built, saved = bench("nostr"), Saved()
    assert isinstance(await built.prepare(SALE, WHO, saved), Ready)
    later = SALE.model_copy(update={"due_at": NOW.replace(year=NOW.year + 1)})
    assert (await note(later, saved))["id"] == EVENT["id"]
    assert (await note(later))["id"] != EVENT["id"]


async def test_two_posts_of_one_text_in_one_second_are_two_notes() -> None:
    other = publication(SALE.text, seed="pub_01jd0000000000000000000001")
    assert (await note(other))["id"] != EVENT["id"]


async def test_the_tags_of_a_text() -> None:
    friend = nostr_sdk.Keys.generate().public_key().to_hex()
    text = f"Sale! #Monsoon #sale, nostr:{npub(friend)} https://acme.example/#top"
    options = {"contentWarning": "spoiler", "hashtags": ["Mumbai", "SALE"]}
    tags = (await note(publication(text, options=options)))["tags"]
    assert tags[:-1] == [
        ["p", friend],
        ["t", "mumbai"],
        ["t", "sale"],
        ["t", "monsoon"],
        ["content-warning", "spoiler"],
    ]
    assert tags[-1][0] == "key"


async def test_a_file_is_uploaded_with_an_event_for_it_alone_and_described() -> None:
    built, saved = bench("nostr"), Saved()
    built.network.on("PUT", "/upload", _stored_file)
    built.network.on("POST", HOME, lambda request: taken(json.loads(request.content)[1]["id"]))
    assert isinstance(await built.prepare(PICTURE, WHO, saved), Ready)
    (upload,) = built.network.requests
    scheme, _, given = upload.headers["authorization"].partition(" ")
    event = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    tags = dict(tag[:2] for tag in event["tags"])
    assert (scheme, str(upload.url), event["kind"]) == ("Nostr", f"{MEDIA}/upload", 24242)
    assert nostr_sdk.Event.from_json(json.dumps(event)).verify()
    assert (tags["t"], tags["x"], int(tags["expiration"]) > NOW.timestamp()) == (
        "upload",
        upload.headers["x-sha-256"],
        True,
    )
    await built.publish(PICTURE, WHO, saved)
    event, url = sent(built, 1), f"{MEDIA}/{tags['x']}.jpg"
    assert event["content"] == f"Hello\n{url}"
    assert event["tags"][0] == ["imeta", f"url {url}", "m image/jpeg", f"x {tags['x']}", "dim 1080x1080", "alt Teal"]


def _stored_file(request: httpx.Request) -> httpx.Response:
    sha256 = request.headers["x-sha-256"]
    return answer(201, {"url": f"{MEDIA}/{sha256}.jpg", "sha256": sha256, "size": 5, "type": "image/jpeg"})


@pytest.mark.parametrize("said", [ok({"url": f"{MEDIA}/x.jpg", "sha256": "0" * 64}), ok({"sha256": "0" * 64}), ok([])])
async def test_a_server_that_stored_something_else_has_stored_nothing(said: httpx.Response) -> None:
    built = bench("nostr")
    built.network.on("PUT", "/upload", said)
    await error_of(built.prepare(PICTURE, WHO, Saved()), R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF")


# Several relays

ANSWERS: dict[str, Answer] = {
    "taken": taken(),
    "had it": taken(words="duplicate: already have this event"),
    "blocked": refused("blocked: no"),
    "limited": refused("rate-limited: slow"),
    "trouble": refused("error: disk full"),
    "lost": LOST,
    "a page": answer(502, "<html>"),
    "another's id": taken("0" * 64),
}
TOGETHER: list[tuple[str, str, Any]] = [
    ("taken", "had it", None),
    ("taken", "blocked", "blocked"),
    ("lost", "taken", "second.example"),
    ("a page", "had it", "relay.example"),
    ("blocked", "lost", (R.PROVIDER_OUTAGE, S.UNKNOWN)),
    ("blocked", "a page", (R.PROVIDER_OUTAGE, S.UNKNOWN)),
    ("limited", "another's id", (R.PROVIDER_OUTAGE, S.UNKNOWN)),
    ("blocked", "limited", (R.RATE_LIMITED, S.NOT_SENT)),
    ("trouble", "blocked", (R.PROVIDER_OUTAGE, S.NOT_SENT)),
    ("blocked", "blocked", (R.CONTENT_POLICY, S.REJECTED)),
]


@pytest.mark.parametrize(("first", "second", "wanted"), TOGETHER, ids=[f"{row[0]}, {row[1]}" for row in TOGETHER])
async def test_one_relay_that_took_a_note_has_published_it(first: str, second: str, wanted: Any) -> None:
    built = bench("nostr")
    built.network.on("POST", HOME, ANSWERS[first]).on("POST", OTHER, ANSWERS[second])
    if isinstance(wanted, tuple):
        error = await error_of(built.publish(SALE, BOTH, Saved()), *wanted)
        assert SECRET_KEY not in f"{error.raw}{error.provider_message}{error.message}"
        return
    found = await built.publish(SALE, BOTH, Saved())
    assert (found.post_id, [one.code for one in found.warnings]) == (
        EVENT["id"],
        [] if wanted is None else ["RELAYS_INCOMPLETE"],
    )
    assert json.loads(built.network.mutations[0].content) == json.loads(built.network.mutations[1].content)
    if wanted == "blocked":
        assert "wss://second.example/other" in found.warnings[0].message


READ: list[tuple[Answer, Answer, type, Verdict | None]] = [
    (stored(EVENT), stored(), Published, Verdict.LIVE),
    (stored(), stored(EVENT), Published, Verdict.LIVE),
    (LOST, stored(EVENT), Published, Verdict.LIVE),
    (stored(), stored(), Absent, Verdict.GONE),
    (stored(), LOST, Unknown, None),
    (stored({**EVENT, "content": "forged"}), stored(), Absent, Verdict.GONE),
    (ok([["EVENT", "munadi", EVENT]]), stored(), Unknown, None),
]


@pytest.mark.parametrize(("first", "second", "found", "verdict"), READ)
async def test_a_note_is_absent_only_where_every_relay_says_so(
    first: Answer, second: Answer, found: type, verdict: Verdict | None
) -> None:
    built = bench("nostr")
    built.network.on("GET", HOME, first).on("GET", OTHER, second)
    assert isinstance(await built.find(SALE, BOTH), found)
    one = PostedObject(id=EVENT["id"])
    if verdict is None:
        with pytest.raises(ChannelError):
            await built.channel.look([one], BOTH)
    else:
        assert [each.verdict for each in await built.channel.look([one], BOTH)] == [verdict]


async def test_a_removal_asks_every_relay_and_names_the_note() -> None:
    built = bench("nostr")
    for path in (HOME, OTHER):
        built.network.on("POST", path, lambda request: taken(json.loads(request.content)[1]["id"]))
    await built.channel.withdraw(PostedObject(id=EVENT["id"]), BOTH, visible_step())
    assert (sent(built)["kind"], sent(built)["tags"]) == (5, [["e", EVENT["id"]], ["k", "1"]])
    assert (len(built.network.mutations), sent(built)["pubkey"]) == (2, AUTHOR)


# The frames of one relay


def exchange(*frames: Any, login: bool = False) -> tuple[int | None, list[str]]:
    """The status after these frames, and what was sent meanwhile."""
    one = RelayExchange(["EVENT", EVENT], EVENT["id"], (lambda _: {"id": "login"}) if login else None)
    said = [reply for frame in frames for reply in one.hear(frame if isinstance(frame, str) else json.dumps(frame))]
    return one.status, [json.loads(reply)[0] for reply in said]


MINE = EVENT["id"]
CLOSED_DOOR = ["OK", MINE, False, "auth-required: log in"]


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ([["OK", MINE, True, ""]], 200),
        ([["OK", MINE, True]], 200),
        ([["OK", MINE, False, "duplicate: have it"]], 200),
        ([["OK", MINE, False, "blocked: no"]], 400),
        ([["OK", "", False, "blocked: no"]], 400),
        ([["OK", "0" * 64, True, ""]], None),
        ([["NOTICE", "hello"]], None),
        (["no json", "[", "null", "{}", '["OK"]', '["OK", null, true]'], None),
        ([["AUTH", "challenge"], ["OK", MINE, True, ""]], 200),
        ([CLOSED_DOOR], 400),
    ],
)
def test_what_the_frames_of_a_relay_mean(frames: list[Any], status: int | None) -> None:
    assert exchange(*frames) == (status, [])


def test_a_log_in_is_made_once_and_the_event_sent_again() -> None:
    frames = (["AUTH", "challenge"], CLOSED_DOOR, ["OK", "login", True, ""])
    assert exchange(*frames, login=True) == (None, ["AUTH", "EVENT"])
    assert exchange(*frames, CLOSED_DOOR, login=True) == (400, ["AUTH", "EVENT"])
    assert exchange(CLOSED_DOOR, login=True) == (400, []), "without a challenge nothing can be signed"
