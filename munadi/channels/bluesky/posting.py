"""The visible step: one commit at a key that only this stage of this publication has.

A post alone is a putRecord with `swapRecord: null`, "must not exist yet": a repeat of the same record is a no-op, and a
different one is refused. A post with gates is an applyWrites that creates all of them or none, and that the server
refuses once one is there. So a publication can never be there twice, nor without its gates. A part of a thread needs
uri and cid of what it answers: kept in the handle when a post goes live, else read from its record.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from munadi.channels.bluesky.gates import gates_of
from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Prepared, Ref
from munadi.channels.bluesky.thread import POST as FIRST
from munadi.channels.bluesky.thread import parent_of, record_key
from munadi.channels.bluesky.wire import POST, Reply, commit, post_record, post_uri, same_post, written
from munadi.channels.bluesky.xrpc import Server
from munadi.channels.http import no_proof
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Handle
from munadi.ports import Answer, PublicationDraft, SaveHandle, Stage

# After these a record may stand at our key: only a look can tell. Both are sorted as unknown.
LOOK_AFTER = frozenset({"InvalidSwap", "InternalServerError"})
# Uploads that vanish again and again are not uploaded for ever.
MAX_UPLOADS = 5


async def get_record(server: Server, draft: PublicationDraft, stage: str = FIRST) -> Answer:
    """The record at a stage's key, from the account's own PDS, which is the authority. Raises ChannelError."""
    key = record_key(draft, stage)
    answer = await server.record(server.did, POST, key)
    if answer.field("uri") != post_uri(server.did, key) or not isinstance(answer.field("value"), dict):
        raise no_proof(answer)
    return answer


class Posting:
    """One visible step of one publication."""

    def __init__(self, server: Server, draft: PublicationDraft, handle: Handle | None, save: SaveHandle) -> None:
        self._server = server
        self._draft = draft
        self._state = Prepared.of(handle)
        self._expires_at = handle.expires_at if handle else None
        self._save = save

    async def put(self, stage: Stage) -> bool:
        """Whether this very call wrote it; False when it stood there already. Raises ChannelError."""
        reply = await self._reply(stage.name) if stage.name != FIRST else None
        options = Options.model_validate(self._draft.options)
        record = post_record(self._draft, options, self._state, stage.name, reply)
        key, did = record_key(self._draft, stage.name), self._server.did
        gates = gates_of(options, stage.name, post_uri(did, key), record["createdAt"])
        nsid, body = commit(did, key, {POST: record, **gates})
        uris = [f"at://{did}/{collection}/{key}" for collection in (POST, *gates)]
        try:
            answer = await self._server.write(
                nsid, body, stage.gate, lambda answer: [one.get("uri") for one in written(answer)] == uris
            )
        except ChannelError as error:
            if error.provider_code == "BlobNotFound":
                await self._forget_uploads(error)
            if error.provider_code not in LOOK_AFTER:
                raise
            await self._compare(stage.name, record, error)
            return False
        await self._remember(stage.name, written(answer)[0].get("cid"))
        return True

    async def _reply(self, stage: str) -> Reply:
        """Reads only, so whatever fails here, the part was not sent."""
        try:
            root = await self._ref(FIRST)
            return Reply(root=root, parent=await self._ref(parent_of(stage)))
        except ChannelError as error:
            if error.effect is Effect.UNKNOWN:
                error.effect = Effect.NOT_SENT
            raise

    async def _ref(self, stage: str) -> Ref:
        if stage not in self._state.posts:
            answer = await get_record(self._server, self._draft, stage)
            await self._remember(stage, answer.field("cid"))
            if stage not in self._state.posts:
                raise no_proof(answer)
        return self._state.posts[stage]

    async def _remember(self, stage: str, cid: Any) -> None:
        """For the parts that follow. The post is live: neither a lost lease nor our own database may hide that."""
        if not self._draft.parts or not isinstance(cid, str):
            return
        uri = post_uri(self._server.did, record_key(self._draft, stage))
        posts = {**self._state.posts, stage: Ref(uri=uri, cid=cid)}
        self._state = self._state.model_copy(update={"posts": posts})
        with suppress(Exception):
            await self._save(self._state.model_dump(mode="json"), ready=True, expires_at=self._expires_at)

    async def _forget_uploads(self, error: ChannelError) -> None:
        """The blobs lapsed: forget them, so that preparation uploads them anew; not for ever."""
        failures = self._state.failures + 1
        if failures >= MAX_UPLOADS:
            error.effect = Effect.REJECTED
        await self._save(self._state.without_uploads(failures=failures).model_dump(mode="json"), ready=False)

    async def _compare(self, stage: str, record: dict[str, Any], error: ChannelError) -> None:
        """What stands at our key: this post → fine; another → a duplicate; nothing or no answer → unknown."""
        try:
            answer = await get_record(self._server, self._draft, stage)
        except ChannelError as look:
            raise error from look
        if same_post(answer.field("value"), record):
            await self._remember(stage, answer.field("cid"))
            return
        raise ChannelError(
            Reason.DUPLICATE_CONTENT,
            Effect.REJECTED,
            "Bluesky: another record stands at this publication's key",
            provider_code=error.provider_code,
            provider_message=error.provider_message,
            raw=error.raw,
        ) from error
