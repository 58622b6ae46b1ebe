"""What a reader sees: a handle's account, and posts as the AppView shows them, with the labels of its moderators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.model import Record, refuse, refuse_if
from munadi.sandbox.bluesky.repository import POST as FEED_POST
from munadi.sandbox.changes import ACCOUNT, POST
from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Answer, Call

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

MOST_URIS = 25
LABELLER = "did:plc:ar7c4by46qjdydhdevvrndac"  # Bluesky's own moderation


async def resolve_handle(platform: Bluesky, call: Call) -> Answer:
    handle = call.query.get("handle", "").lower()
    account = platform.readable_repo(handle)
    if account is None or account.handle != handle:
        raise refuse("InvalidRequest", "Unable to resolve handle")
    return Answer(200, {"did": account.did})


async def get_posts(platform: Bluesky, call: Call) -> Answer:
    """Posts that the AppView has indexed by now; it runs seconds behind the PDS."""
    latest = platform.clock.now() - platform.delays["appview"]
    uris = call.query.getlist("uris")
    refuse_if(len(uris) > MOST_URIS, "InvalidRequest", f"Error: uris must not have more than {MOST_URIS} elements")
    records = [platform.records.get(uri) for uri in uris]
    posts = [
        _post_in_app(platform, record)
        for record in records
        if record is not None and record.collection == FEED_POST and record.indexed_at <= latest
        if platform.readable_repo(record.did) and not platform.is_left_out(record.uri)
    ]
    return Answer(200, {"posts": posts})


def _post_in_app(platform: Bluesky, record: Record) -> dict[str, Any]:
    """A post with its labels, and its author with theirs."""

    def labels(place: str, name: str, uri: str) -> list[dict[str, str]]:
        values = platform.changed(name, {}, place).get("labels", [])
        return [{"src": LABELLER, "uri": uri, "val": value, "cts": iso(record.indexed_at)} for value in values]

    author = {"did": record.did, "labels": labels(ACCOUNT, record.did, f"at://{record.did}")}
    found = {"uri": record.uri, "cid": record.cid, "author": author, "record": record.value}
    return {**found, "labels": labels(POST, record.uri, record.uri)}
