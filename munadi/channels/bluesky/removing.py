"""Takes records back. Source: docs/networks/bluesky.md, section 9.

A delete names the version that it means (`swapRecord`): a record that another app has put at the same key meanwhile is
never hit. Its answer tells what it did: `commit` when it removed the record, `{}` when nothing was there.
"""

from __future__ import annotations

from munadi.channels.answers import text_in
from munadi.channels.bluesky.looking import ABSENT, place_of
from munadi.channels.bluesky.xrpc import Server, address
from munadi.channels.http import Request
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import PostedId
from munadi.domain.withdrawal import PostedObject
from munadi.ports import Attempt

# Another version is at the key: a person or another app has changed the record.
CHANGED = "InvalidSwap"


def objects_of(results: list[dict[str, object]]) -> tuple[PostedId, ...]:
    """The records that a commit wrote, each with its version."""
    return tuple(
        PostedId(id=str(one["uri"]), version=str(one["cid"])) for one in results if one.get("uri") and one.get("cid")
    )


async def remove(server: Server, one: PostedObject, attempt: Attempt) -> None:
    """deleteRecord. Raises ChannelError: `unknown` when nothing was there, `rejected` when another version is."""
    collection, key = place_of(one.id)
    version = one.version
    if version is None:
        answer = await server.record(server.did, collection, key)
        version = text_in(answer.body, "cid")
    body = {"repo": server.did, "collection": collection, "rkey": key, "swapRecord": version}
    request = Request("POST", address(server.base, "com.atproto.repo.deleteRecord"), json=body)
    try:
        answer = await server.xrpc.send(request, server.access, attempt.gate)
    except ChannelError as error:
        if error.provider_code == CHANGED:
            error.effect, error.may_be_ours = Effect.REJECTED, False
            error.message = "the post was changed since it was published; it is not removed unseen"
        raise
    if text_in(answer.body, "commit", "cid") is None:
        message = "the server removed nothing: it had no such record"
        raise ChannelError(Reason.TARGET_NOT_ACCESSIBLE, Effect.UNKNOWN, message, provider_code=ABSENT)
