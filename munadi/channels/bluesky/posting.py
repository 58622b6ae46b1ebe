"""The visible step: one putRecord at a key that only this stage of this publication has.

`swapRecord: null` means "must not exist yet": a repeat of the same record is a no-op, and a different one is
refused, so a publication can never be there twice. A part of a thread needs uri and cid of what it answers: kept in
the handle when a post goes live, else read from its record.
"""

from __future__ import annotations

from contextlib import suppress

from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Prepared, Ref
from munadi.channels.bluesky.thread import POST as FIRST
from munadi.channels.bluesky.thread import parent_of, record_key
from munadi.channels.bluesky.wire import POST, Reply, post_record, post_uri, same_post
from munadi.channels.bluesky.xrpc import Xrpc
from munadi.channels.http import no_proof
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Handle
from munadi.ports import Answer, PublicationDraft, SaveHandle, Stage

# After these a record may stand at our key: only a look can tell. Both are sorted as unknown.
LOOK_AFTER = frozenset({"InvalidSwap", "InternalServerError"})
# Uploads that vanish again and again are not uploaded for ever.
MAX_UPLOADS = 5


async def get_record(xrpc: Xrpc, draft: PublicationDraft, account: ConnectedAccount, stage: str = FIRST) -> Answer:
    """The record at a stage's key, from the account's own PDS, which is the authority. Raises ChannelError."""
    key = record_key(draft, stage)
    params = {"repo": account.external_id, "collection": POST, "rkey": key}
    answer = await xrpc.query(account.service_url or xrpc.entryway, "com.atproto.repo.getRecord", params)
    if answer.field("uri") != post_uri(account.external_id, key) or not isinstance(answer.field("value"), dict):
        raise no_proof(answer)
    return answer


class Posting:
    """One visible step of one publication."""

    def __init__(
        self, xrpc: Xrpc, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> None:
        self._xrpc = xrpc
        self._draft = draft
        self._account = account
        self._state = Prepared.of(handle)
        self._expires_at = handle.expires_at if handle else None
        self._save = save

    async def put(self, stage: Stage) -> bool:
        """Whether this very call wrote it; False when it stood there already. Raises ChannelError."""
        reply = await self._reply(stage.name) if stage.name != FIRST else None
        options = Options.model_validate(self._draft.options)
        record = post_record(self._draft, options, self._state, stage.name, reply)
        key = record_key(self._draft, stage.name)
        body = {
            "repo": self._account.external_id,
            "collection": POST,
            "rkey": key,
            "record": record,
            "swapRecord": None,
        }
        token = self._account.credentials.access_token.get_secret_value()
        base = self._account.service_url or self._xrpc.entryway
        ours = post_uri(self._account.external_id, key)
        try:
            answer = await self._xrpc.procedure(
                base,
                "com.atproto.repo.putRecord",
                token=token,
                body=body,
                gate=stage.gate,
                proof=lambda written: written.field("uri") == ours,
            )
        except ChannelError as error:
            if error.provider_code == "BlobNotFound":
                await self._forget_uploads(error)
            if error.provider_code not in LOOK_AFTER:
                raise
            await self._compare(stage.name, record, error)
            return False
        await self._remember(stage.name, answer)
        return True

    async def _reply(self, stage: str) -> Reply:
        """Reads only, so whatever fails here, the part was not sent."""
        try:
            root = await self._ref(FIRST)
            return Reply(root=root, parent=await self._ref(parent_of(stage)))
        except ChannelError as error:
            if error.sorting is Sorting.UNKNOWN:
                error.sorting = Sorting.NOT_SENT
            raise

    async def _ref(self, stage: str) -> Ref:
        known = self._state.posts.get(stage)
        if known is not None:
            return known
        answer = await get_record(self._xrpc, self._draft, self._account, stage)
        await self._remember(stage, answer)
        if stage not in self._state.posts:
            raise self._xrpc.explain(answer)
        return self._state.posts[stage]

    async def _remember(self, stage: str, answer: Answer) -> None:
        """For the parts that follow. The post is live: neither a lost lease nor our own database may hide that."""
        cid = answer.field("cid")
        if not self._draft.parts or not isinstance(cid, str):
            return
        uri = post_uri(self._account.external_id, record_key(self._draft, stage))
        posts = {**self._state.posts, stage: Ref(uri=uri, cid=cid)}
        self._state = self._state.model_copy(update={"posts": posts})
        with suppress(Exception):
            await self._save(self._state.model_dump(mode="json"), ready=True, expires_at=self._expires_at)

    async def _forget_uploads(self, error: ChannelError) -> None:
        """The blobs lapsed: forget them, so that preparation uploads them anew; not for ever."""
        failures = self._state.failures + 1
        if failures >= MAX_UPLOADS:
            error.sorting = Sorting.REJECTED
        await self._save(self._state.without_uploads(failures=failures).model_dump(mode="json"), ready=False)

    async def _compare(self, stage: str, record: dict[str, object], error: ChannelError) -> None:
        """What stands at our key: this post → fine; another → a duplicate; nothing or no answer → unknown."""
        try:
            answer = await get_record(self._xrpc, self._draft, self._account, stage)
        except ChannelError as look:
            raise error from look
        if same_post(answer.field("value"), record):
            await self._remember(stage, answer)
            return
        raise ChannelError(
            Reason.DUPLICATE_CONTENT,
            Sorting.REJECTED,
            "Bluesky: another record stands at this publication's key",
            provider_code=error.provider_code,
            provider_message=error.provider_message,
            raw=error.raw,
        ) from error
