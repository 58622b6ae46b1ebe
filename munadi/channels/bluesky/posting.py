"""The visible step: one commit at a key that only this step of this publication has.

A post alone is a putRecord with `swapRecord: null`, "must not exist yet": a repeat of the same record changes nothing,
and a different record is refused. A post with gates is an applyWrites that creates all of them or none, and that the
server refuses once one exists. So a publication can never be there twice, nor without its gates. A part of a thread
needs uri and cid of the posts it answers: they are saved when a post goes live, and otherwise read from its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from munadi.channels.bluesky.errors import failure
from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Prepared, Ref
from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import FEED_POST, Reply, commit, gates_of, post_record, post_uri, same_post, written
from munadi.channels.bluesky.xrpc import Server, address
from munadi.channels.http import Request, no_proof
from munadi.channels.steps import no_such_step, parent_of, text_of
from munadi.channels.uploads import upload_again
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST
from munadi.ports import Answer, Publication, PublicationDraft

# After these a record may exist at our key: only a read shows it. In the error table the effect of both is unknown.
READ_AFTER = frozenset({"InvalidSwap", "InternalServerError"})
# Uploads that vanish repeatedly are not repeated endlessly.
MAX_UPLOADS = 5


async def get_record(server: Server, draft: PublicationDraft, step: str = POST) -> Answer:
    """The record at a step's key, from the account's own PDS, which is the authority. Raises ChannelError."""
    key = record_key(draft, step)
    answer = await server.record(server.did, FEED_POST, key)
    if answer.field("uri") != post_uri(server.did, key) or not isinstance(answer.field("value"), dict):
        raise no_proof(answer)
    return answer


@dataclass(frozen=True)
class RecordWriter:
    """The records of one post's steps."""

    server: Server
    publication: Publication[Options, Prepared]

    async def request(self, step: str) -> tuple[Request, dict[str, Any]]:
        """The request that writes a step's record, and the record. Reads only. Raises ChannelError."""
        draft, options = self.publication.draft, self.publication.options
        if text_of(draft, step) is None:
            raise no_such_step("Bluesky", step)
        reply = await self._reply(step) if step != POST else None
        record = post_record(draft, options, self.publication.state, step, reply)
        key, did = record_key(draft, step), self.server.did
        gates = gates_of(options, step, post_uri(did, key), record["createdAt"])
        nsid, body = commit(did, key, {FEED_POST: record, **gates})
        uris = [f"at://{did}/{collection}/{key}" for collection in (FEED_POST, *gates)]
        request = Request(
            "POST",
            address(self.server.base, nsid),
            json=body,
            proof=lambda answer: [one.get("uri") for one in written(answer)] == uris,
        )
        return request, record

    async def refused(self, step: str, record: dict[str, Any], error: ChannelError) -> None:
        """Returns where the record existed already. Raises the refusal, or what is at our key in its place."""
        if error.provider_code == "BlobNotFound":
            await upload_again(self.publication, error, MAX_UPLOADS)
        if error.provider_code not in READ_AFTER:
            raise error
        await self._compare(step, record, error)

    async def remember(self, step: str, cid: Any) -> None:
        """Save a live post for the parts that follow, if it can be saved."""
        if not self.publication.draft.parts or not isinstance(cid, str):
            return
        uri = post_uri(self.server.did, record_key(self.publication.draft, step))
        await self.publication.keep(posts={**self.publication.state.posts, step: Ref(uri=uri, cid=cid)})

    async def _reply(self, step: str) -> Reply:
        """Reads only, so whatever fails here, the part was not sent."""
        try:
            root = await self._ref(POST)
            return Reply(root=root, parent=await self._ref(parent_of(step)))
        except ChannelError as error:
            if error.effect is Effect.UNKNOWN:
                error.effect = Effect.NOT_SENT
            raise

    async def _ref(self, step: str) -> Ref:
        if step not in self.publication.state.posts:
            answer = await get_record(self.server, self.publication.draft, step)
            await self.remember(step, answer.field("cid"))
            if step not in self.publication.state.posts:
                raise no_proof(answer)
        return self.publication.state.posts[step]

    async def _compare(self, step: str, record: dict[str, Any], error: ChannelError) -> None:
        """What is at our key: this post → fine; another → a duplicate; nothing or no answer → unknown."""
        try:
            answer = await get_record(self.server, self.publication.draft, step)
        except ChannelError as failed:
            raise error from failed
        if same_post(answer.field("value"), record):
            await self.remember(step, answer.field("cid"))
            return
        message, given = "another record exists at this publication's key", error.provider_code
        words: dict[str, Any] = {"provider_message": error.provider_message, "raw": error.raw}
        raise failure(Reason.DUPLICATE_CONTENT, message, Effect.REJECTED, given, may_be_ours=True, **words) from error
