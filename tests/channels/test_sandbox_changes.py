"""What happens to a post after it was published shows in the network's own reads, and what a look makes of it.

Source: docs/networks, section 9 of each. Every change that an emulated network has is a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from munadi.domain.failure import ChannelError
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.sandbox.platform import Platform
from munadi.sandbox.state import NETWORKS
from tests.channels.calls import Saved
from tests.channels.raw_reads import raw_read
from tests.channels.sandbox import Acme, draft
from tests.channels.servers import Oracle

LIVE, LIMITED, GONE, REJECTED = Verdict.LIVE, Verdict.LIMITED, Verdict.GONE, Verdict.REJECTED
UNSEEN, UNREADABLE, PROCESSING = Verdict.UNSEEN, Verdict.UNREADABLE, Verdict.PROCESSING
META_ABSENT = {"error": {"code": 100, "error_subcode": 33}}
META_LOCKED = {"error": {"code": 190, "error_subcode": 459}}


@dataclass(frozen=True)
class Row:
    """A change, and what is read then: by the post's id (`status` and a part of the `body`), in a list, by others."""

    control: str
    way: str
    verdict: Verdict
    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    listed: bool | None = True
    public: Any = None
    kind: str = ""
    is_final: bool = False


def absent(control: str, way: str, body: Mapping[str, Any], status: int, verdict: Verdict = GONE, **more: Any) -> Row:
    return Row(control, way, verdict, body, status, more.pop("listed", False), is_final=way == "deleted", **more)


def video_failed(film: str) -> Row:
    return Row("moderate", "failed", REJECTED, {"published": False, "status": {"video_status": "error"}}, kind=film)


def matched(way: str, action: str) -> Row:
    match = {"owner_copyright_policy": {"actions": [{"action": action}]}}
    return Row("copyright", way, LIMITED, {"copyright_check_information": {"copyright_matches": [match]}}, kind="reel")


NO_RECORD = {"error": "RecordNotFound"}
NO_REPO = {"error": "InvalidRequest", "message": "Could not locate record"}
NOT_FOUND_AT_X = {"errors": [{"type": "https://api.x.com/2/problems/resource-not-found"}]}
NOT_SHOWN_AT_X = {"errors": [{"type": "https://api.x.com/2/problems/not-authorized-for-resource"}]}
ROWS: Mapping[str, tuple[Row, ...]] = {
    "bluesky": (
        absent("delete", "deleted", NO_RECORD, 400),
        Row("hide", "logged_out", LIMITED, public={"author": {"labels": [{"val": "!no-unauthenticated"}]}}),
        Row("moderate", "hide", LIMITED, public={"labels": [{"val": "!hide"}]}),
        Row("moderate", "warn", LIMITED, public={"labels": [{"val": "!warn"}]}),
        Row("moderate", "adult", LIMITED, public={"labels": [{"val": "porn"}]}),
        Row("moderate", "unseen", PROCESSING, listed=False),  # within its first hour; UNSEEN later
        absent("moderate", "taken_down", NO_RECORD, 400),
        absent("copyright", "taken_down", NO_RECORD, 400),
        absent("vanish", "takendown", NO_REPO, 400, UNREADABLE),
        absent("vanish", "deactivated", NO_REPO, 400, UNREADABLE),
    ),
    "facebook": (
        absent("delete", "deleted", META_ABSENT, 400),
        Row("hide", "hidden", LIMITED, {"is_hidden": True, "timeline_visibility": "hidden", "is_published": True}),
        Row("hide", "audience", LIMITED, {"privacy": {"value": "CUSTOM"}}),
        Row("hide", "expired", LIMITED, {"is_expired": True}),
        Row("hide", "unpublished", LIMITED, {"published": False}, kind="reel"),
        absent("moderate", "removed", META_ABSENT, 400),
        video_failed("reel"),
        matched("block", "BLOCK"),
        matched("mute", "MUTE"),
        absent("vanish", "checkpoint", META_LOCKED, 400, UNREADABLE),
    ),
    "instagram": (
        absent("delete", "deleted", META_ABSENT, 400),
        Row("hide", "archived", LIMITED, {"media_type": "IMAGE"}, listed=False),
        absent("moderate", "removed", META_ABSENT, 400),
        Row("copyright", "flagged", LIMITED, {"media_url": None}),
        absent("vanish", "checkpoint", META_LOCKED, 400, UNREADABLE),
    ),
    "linkedin": (
        absent("delete", "deleted", {"code": "NOT_FOUND"}, 404),
        Row("hide", "connections", LIMITED, {"visibility": "CONNECTIONS"}),
        Row("hide", "logged_in", LIMITED, {"visibility": "LOGGED_IN"}),
        Row("hide", "no_feed", LIMITED, {"distribution": {"feedDistribution": "NONE"}}),
        absent("moderate", "removed", {"code": "NOT_FOUND"}, 404),
        Row("moderate", "failed", REJECTED, {"lifecycleState": "PUBLISH_FAILED"}, kind="video"),
        absent("vanish", "no_role", {"code": "ACCESS_DENIED"}, 403, UNREADABLE),
    ),
    "mastodon": (
        absent("delete", "deleted", {"error": "Record not found"}, 404),
        Row("moderate", "deleted", GONE, {"error": "Record not found"}, 404, False, is_final=True),
        Row("moderate", "limited", LIMITED, {"account": {"limited": True}}),
        Row("moderate", "sensitive", LIMITED, {"sensitive": True}),
        absent("vanish", "suspended", {"error": "Your login is currently disabled"}, 403, UNREADABLE),
        absent("vanish", "disabled", {"error": "Your login is currently disabled"}, 403, LIVE),  # people see it
    ),
    "pinterest": (
        absent("delete", "deleted", {"code": 50}, 404),
        Row("hide", "secret", LIMITED, listed=False, public={"code": 29}),
        Row("hide", "protected", LIMITED, public={"privacy": "PROTECTED"}),
        absent("moderate", "removed", {"code": 50}, 404),
        absent("copyright", "removed", {"code": 50}, 404),
        absent("vanish", "closed", {"code": 2}, 401, UNREADABLE),
    ),
    "discord": (
        absent("delete", "deleted", {"code": 10008}, 404),
        Row("moderate", "removed", GONE, {"code": 10008}, 404, False, is_final=True),
        absent("vanish", "channel_gone", {"code": 10003}, 404, UNREADABLE),
        absent("vanish", "kicked", {"code": 50001}, 403, UNREADABLE),
    ),
    "google_business": (
        absent("delete", "deleted", {"error": {"status": "NOT_FOUND"}}, 404),
        Row("moderate", "rejected", REJECTED, {"state": "REJECTED"}),
        absent("vanish", "role_lost", {"error": {"status": "PERMISSION_DENIED"}}, 403, UNREADABLE),
        absent("vanish", "suspended", {"error": {"status": "NOT_FOUND"}}, 404, UNREADABLE),
    ),
    "nostr": (
        absent("delete", "deleted", [["EOSE", "raw"]], 200),
        Row("moderate", "removed", GONE, [["EOSE", "raw"]], 200, False, is_final=True),
        absent("vanish", "banned", [["EOSE", "raw"]], 200),
    ),
    "telegram": (
        absent("delete", "deleted", {"description": "Bad Request: message to edit not found"}, 400, listed=None),
        absent(
            "moderate", "frozen", {"description": "Bad Request: FROZEN_METHOD_INVALID"}, 400, UNREADABLE, listed=None
        ),
        absent("vanish", "chat_gone", {"description": "Bad Request: chat not found"}, 400, UNREADABLE, listed=None),
        absent(
            "vanish",
            "kicked",
            {"description": "Forbidden: bot was kicked from the channel chat"},
            403,
            UNREADABLE,
            listed=None,
        ),
    ),
    "threads": (
        absent("delete", "deleted", META_ABSENT, 400),
        Row("hide", "archived", LIMITED, {}, listed=False),
        absent("moderate", "removed", META_ABSENT, 400),
        absent("vanish", "checkpoint", META_LOCKED, 400, UNREADABLE),
    ),
    "tiktok": (
        absent("delete", "deleted", {"data": {"videos": []}}, 200, UNSEEN),
        absent("hide", "private", {"data": {"videos": []}}, 200, UNSEEN),
        absent("hide", "friends", {"data": {"videos": []}}, 200, UNSEEN),
        absent("moderate", "removed", {"data": {"videos": []}}, 200, UNSEEN),
        absent("copyright", "removed", {"data": {"videos": []}}, 200, UNSEEN),
        absent("vanish", "closed", {"error": {"code": "access_token_invalid"}}, 401, UNREADABLE),
    ),
    "x": (
        absent("delete", "deleted", NOT_FOUND_AT_X, 200),
        Row("hide", "protected", LIMITED, public={"protected": True}),
        Row("moderate", "withheld", LIMITED, {"data": [{"withheld": {"country_codes": ["DE"], "scope": "tweet"}}]}),
        Row("moderate", "sensitive", LIMITED, {"data": [{"possibly_sensitive": True}]}),
        Row("copyright", "withheld", LIMITED, {"data": [{"withheld": {"copyright": True}}]}),
        absent("vanish", "suspended", NOT_SHOWN_AT_X, 200, UNREADABLE),
    ),
    "youtube": (
        absent("delete", "deleted", {"items": []}, 200, public=False),
        Row("hide", "private", LIMITED, {"status": {"privacyStatus": "private"}}, public=False),
        Row("hide", "unlisted", LIMITED, {"status": {"privacyStatus": "unlisted"}}, public=True),
        Row(
            "moderate",
            "rejected",
            REJECTED,
            {"status": {"uploadStatus": "rejected", "rejectionReason": "termsOfUse"}},
        ),
        Row(
            "moderate",
            "age_restricted",
            LIMITED,
            {"contentDetails": {"contentRating": {"ytRating": "ytAgeRestricted"}}},
        ),
        Row("copyright", "rejected", REJECTED, {"status": {"uploadStatus": "rejected", "rejectionReason": "claim"}}),
        Row("copyright", "blocked", LIMITED, {"contentDetails": {"regionRestriction": {"blocked": ["DE", "AT"]}}}),
        Row("copyright", "blocked_everywhere", LIMITED, {"contentDetails": {"regionRestriction": {"allowed": []}}}),
        absent("vanish", "suspended", {"error": {"code": 403}}, 403, UNREADABLE),
    ),
}
# What the network shows, and no look reads.
UNREAD = {("instagram", "archived"), ("threads", "archived"), ("x", "protected")}
KINDS = {"instagram": "photo", "pinterest": "photo", "tiktok": "file", "youtube": "clip"}
EACH = [(name, row) for name, rows in ROWS.items() for row in rows]


def rows(chosen: list[tuple[str, Row]]) -> pytest.MarkDecorator:
    ids = [f"{name} {row.control} {row.way}" for name, row in chosen]
    return pytest.mark.parametrize(("acme", "row"), chosen, indirect=["acme"], ids=ids)


@pytest.fixture(autouse=True)
def _lists_at_once(oracle: Oracle) -> None:
    """The app of Bluesky shows a post as soon as it is there."""
    oracle.call("PUT", "/delays", channel="bluesky", kind="appview", seconds=0)


async def published(acme: Acme, kind: str = "", text: str = "It changes") -> PostedObject:
    made = await acme.post(draft(acme, kind or KINDS.get(acme.name, "text"), text), Saved())
    return PostedObject(id=made.made[0].id, version=made.made[0].version)


def change(acme: Acme, one: PostedObject, control: str, way: str | None = None) -> httpx.Response:
    body = {"channel": acme.name, "post": one.id, "control": control, "way": way}
    return httpx.post(f"{acme.oracle.url}/control/changes", json=body)


def has(found: Any, wanted: Any) -> bool:
    """Whether an answer has all that is wanted, at every depth. None: it is not there."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(has(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and bool(wanted) == bool(found)
            and all(any(has(one, each) for one in found) for each in wanted)
        )
    return bool(found == wanted)


async def verdict(acme: Acme, one: PostedObject, other: PostedObject) -> Verdict:
    try:
        seen, _ = await acme.channel.watch([one, other], acme.account)
    except ChannelError:
        return UNREADABLE
    return seen.verdict


@rows(EACH)
async def test_the_reads_of_the_network_answer_as_written(acme: Acme, row: Row) -> None:
    await published(acme, row.kind, "It stays")
    one = await published(acme, row.kind)
    before = raw_read(acme, one.id)
    changed = change(acme, one, row.control, row.way)
    assert changed.status_code == 200, changed.text
    state = changed.json()["state"]
    assert (state["control"], state["way"], state["isFinal"]) == (row.control, row.way, row.is_final)
    after = raw_read(acme, one.id)
    assert (after.status, has(after.body, row.body), after.listed) == (row.status, True, row.listed), after
    assert has(after.public, row.public) or row.public is None, after
    assert after != before, "the change shows"
    restored = change(acme, one, "restore")
    if row.is_final:
        assert (restored.status_code, "nothing undoes" in restored.text) == (422, True)
        assert raw_read(acme, one.id) == after
    else:
        assert (restored.status_code, restored.json()["state"]) == (200, None), restored.text
        assert raw_read(acme, one.id) == before


@rows([(name, row) for name, row in EACH if (name, row.way) not in UNREAD])
async def test_a_look_makes_of_it_what_it_means(acme: Acme, row: Row) -> None:
    other = await published(acme, row.kind, "It stays")
    one = await published(acme, row.kind)
    assert await verdict(acme, one, other) is LIVE
    assert change(acme, one, row.control, row.way).status_code == 200
    assert await verdict(acme, one, other) is row.verdict
    if not row.is_final:
        assert change(acme, one, "restore").status_code == 200
        assert await verdict(acme, one, other) is LIVE
    elif row.verdict is not UNSEEN:
        assert await verdict(acme, other, one) is LIVE


@pytest.mark.parametrize("network", NETWORKS, ids=[network.channel for network in NETWORKS])
def test_every_change_has_a_row(network: type[Platform[Any]]) -> None:
    known = [(control, way) for control, ways in network.changes.items() for way in ways]
    assert [(row.control, row.way) for row in ROWS[network.channel]] == known
    assert {"delete", "vanish"} <= set(network.changes), "every network deletes a post, and closes an account"
