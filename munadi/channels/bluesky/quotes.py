"""A quoted post: from what a person pastes to the strong reference that a record needs.

The account's own PDS is asked first (it knows its own accounts, and forwards what it does not know); the public
AppView answers for the rest. Source: com.atproto.repo.getRecord, app.bsky.feed.getPosts.
"""

from __future__ import annotations

import re

from munadi.channels.bluesky.state import Ref
from munadi.channels.bluesky.xrpc import Server, Xrpc
from munadi.channels.http import no_proof
from munadi.channels.text import broken
from munadi.domain.failure import ChannelError, Effect, Reason

POST = "app.bsky.feed.post"
_WHO = r"(did:[a-z]+:[a-zA-Z0-9._:%-]+|(?:[a-zA-Z0-9-]+\.)+[a-zA-Z][a-zA-Z0-9-]*)"
_KEY = r"([234567a-j][234567a-z]{12})"  # a TID: atproto.com/specs/tid
_AT_URI = re.compile(rf"at://{_WHO}/app\.bsky\.feed\.post/{_KEY}")
_WEB = re.compile(rf"https://bsky\.app/profile/{_WHO}/post/{_KEY}/?(?:[?#].*)?")
# What a server says of a record or repo that it does not have.
NOT_HERE = frozenset({"RecordNotFound", "InvalidRequest", "RepoNotFound"})


def parse(quote: str) -> tuple[str, str] | None:
    """Who wrote the quoted post (a DID or a handle) and its key; None when `quote` names no post."""
    match = _AT_URI.fullmatch(quote.strip()) or _WEB.fullmatch(quote.strip())
    return (match[1], match[2]) if match else None


def checked(quote: str) -> str:
    """For the options model: the quote as it is. Raises what says how it should look."""
    if parse(quote) is None:
        raise broken("quote", "a quote is at://…/app.bsky.feed.post/… or https://bsky.app/profile/…/post/…")
    return quote


class Quotes:
    """Looks up quoted posts; reads only."""

    def __init__(self, xrpc: Xrpc, appview: str) -> None:
        self._xrpc = xrpc
        self._appview = appview

    async def resolve(self, quote: str, server: Server) -> Ref:
        """Raises ChannelError: INVALID_FIELD when there is no such post."""
        named = parse(quote)
        if named is None:
            raise _missing(quote)
        who, key = named
        did = who if who.startswith("did:") else await server.resolve_handle(who)
        if did is None:
            raise _missing(quote)
        uri = f"at://{did}/{POST}/{key}"
        cid = await _here(server, did, key) or await self._anywhere(uri)
        if cid is None:
            raise _missing(quote)
        return Ref(uri=uri, cid=cid)

    async def _anywhere(self, uri: str) -> str | None:
        answer = await self._xrpc.query(self._appview, "app.bsky.feed.getPosts", {"uris": uri})
        posts = answer.field("posts")
        if not isinstance(posts, list):
            raise no_proof(answer)
        ours = (post.get("cid") for post in posts if isinstance(post, dict) and post.get("uri") == uri)
        return next((cid for cid in ours if isinstance(cid, str) and cid), None)


async def _here(server: Server, did: str, key: str) -> str | None:
    try:
        answer = await server.record(did, POST, key)
    except ChannelError as error:
        if error.provider_code in NOT_HERE:
            return None
        raise
    cid = answer.field("cid")
    if not isinstance(cid, str) or not cid:
        raise no_proof(answer)
    return cid


def _missing(quote: str) -> ChannelError:
    message = f"Bluesky: the post to quote is not there: {quote[:200]}"
    return ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, message, provider_code="QUOTE_NOT_FOUND")
