"""The quoted post: from the address in the options to the strong reference that a record needs.

The account's own PDS is called first: it has its own accounts, and forwards other requests. If it has no such record,
the public AppView is called. Source: com.atproto.repo.getRecord, app.bsky.feed.getPosts.
"""

from __future__ import annotations

from munadi.channels.bluesky.errors import failure, proof
from munadi.channels.bluesky.spec import parse_quote
from munadi.channels.bluesky.state import Ref
from munadi.channels.bluesky.wire import FEED_POST
from munadi.channels.bluesky.xrpc import Server
from munadi.domain.failure import ChannelError, Effect, Reason

# A server's errors for a record or repository that it does not have.
NOT_HERE = frozenset({"RecordNotFound", "InvalidRequest", "RepoNotFound"})


async def resolve_quote(quote: str, server: Server, appview: str) -> Ref:
    """The reference to a quoted post. Raises ChannelError: INVALID_FIELD when there is no such post."""
    named = parse_quote(quote)
    found = await _reference(*named, server, appview) if named else None
    if found is None:
        message = f"the post to quote is not there: {quote[:200]}"
        raise failure(Reason.INVALID_FIELD, message, Effect.REJECTED, "QUOTE_NOT_FOUND")
    return found


async def _reference(who: str, key: str, server: Server, appview: str) -> Ref | None:
    did = who if who.startswith("did:") else await server.resolve_handle(who)
    if did is None:
        return None
    uri = f"at://{did}/{FEED_POST}/{key}"
    cid = await _here(server, did, key) or (await _anywhere(server, appview, uri) if appview else None)
    return Ref(uri=uri, cid=cid) if cid else None


async def _anywhere(server: Server, appview: str, uri: str) -> str | None:
    answer = await server.xrpc.query(appview, "app.bsky.feed.getPosts", {"uris": uri})
    posts = proof(answer, "posts", list)
    ours = (post.get("cid") for post in posts if isinstance(post, dict) and post.get("uri") == uri)
    return next((cid for cid in ours if isinstance(cid, str) and cid), None)


async def _here(server: Server, did: str, key: str) -> str | None:
    try:
        answer = await server.record(did, FEED_POST, key)
    except ChannelError as error:
        if error.provider_code in NOT_HERE:
            return None
        raise
    return proof(answer, "cid", str)
