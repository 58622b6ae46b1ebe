"""Posting to a Facebook Page. Only a feed post, a story, the finish of an upload and a comment are visible.

None of them has an idempotency key, and posts have appeared despite an error (500, code 2): an unknown outcome is
resolved by reading. A reel or video is found by its id, which is known beforehand, a story by that of its media, and a
feed post by its photos, or by text and time.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.channels.channel import COMMENT, Post, Publisher
from munadi.channels.facebook.discard import remove
from munadi.channels.facebook.errors import LINK_UNREADABLE, codes_of, may_upload_again, not_sent
from munadi.channels.facebook.graph import PageGraph, story_of
from munadi.channels.facebook.parts import Parts
from munadi.channels.facebook.prepare import Preparation
from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.state import Case, Prepared
from munadi.channels.facebook.videos import EDGES
from munadi.channels.facebook.wire import feed_form, finish_form
from munadi.channels.http import cannot_look
from munadi.channels.meta.graph import id_of, succeeded
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import Gate, SaveHandle, VisibleStep

# Before a preparation is repeated.
SOON = timedelta(seconds=2)
# The proof of a success.
PROOFS = {Kind.POST: id_of, Kind.STORY: story_of, Kind.REEL: succeeded, Kind.VIDEO: succeeded}


class FacebookPublisher(Publisher[Options]):
    """Posts, photos, videos, reels and stories of a Page."""

    def __init__(self, graph: PageGraph) -> None:
        self._parts = Parts.over(graph)

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Upload what is missing and read its status once; call it again after a Pending, until Ready."""
        return await Preparation(self._parts, Case.of(post), save).run()

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """One feed post, story, finish or comment. Raises ChannelError. What is known to be live is not sent again."""
        run = Publishing(self._parts, Case.of(post), save, step.gate)
        if step.name not in (POST, COMMENT):
            raise not_sent(Reason.INTERNAL_ERROR, f"there is no step {step.name!r}")
        return await (run.post() if step.name == POST else run.comment())

    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """How far an upload or an accepted post is. Raises ChannelError when Facebook gave it up."""
        return await self._parts.check(Case.of(post))

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """A video by its id, a story by its media, a feed post by photos, or text and time; a comment at its post."""
        case = Case.of(post)
        try:
            if step == COMMENT:
                return await self._parts.lookup.comment(case, await self._parts.target(case), since)
            return await self._parts.find(case, since)
        except ChannelError as error:
            return cannot_look(error)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """See `discard`."""
        await remove(self._parts, account, Prepared.model_validate(handle.state))


@dataclass(frozen=True)
class Publishing:
    """One visible call of one draft, and what came of it. Every method raises ChannelError."""

    parts: Parts
    case: Case
    save: SaveHandle
    gate: Gate

    async def post(self) -> Published | Pending:
        """The post, story or finish; what is known to be live or was finished is not sent again."""
        prepared = self.case.prepared
        if prepared.post_id:
            return await self.parts.live(self.case, prepared.post_id)
        if not self.case.is_complete:
            raise not_sent(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        if not self.case.film and prepared.lapsed(self.parts.graph.now()):
            # Photos that Facebook has deleted by now are uploaded again before anything is sent.
            await self._forget(Prepared(link=prepared.link))
            raise not_sent(Reason.PROVIDER_OUTAGE, "the unpublished photos have lapsed", "PHOTOS_LAPSED", SOON)
        if not prepared.finished:
            try:
                post_id = await self._sent()
            except ChannelError as error:
                if found := await self._refused(error):
                    return found
                raise
            if post_id:
                await self._keep(post_id=post_id)
                return await self.parts.live(self.case, post_id, self.parts.graph.now())
            await self._keep(finished=True)
        pending = Pending(after=self.parts.videos.wait(timedelta(0)), note="Facebook is publishing the video")
        return await self._live_already() or pending

    async def comment(self) -> Published:
        """POST /{post}/comments."""
        path, form = f"{await self.parts.target(self.case)}/comments", {"message": self.case.draft.first_comment or ""}
        comment_id = await self.parts.graph.make(path, self.case.token, form, self.gate)
        return Published(post_id=comment_id, published_at=self.parts.graph.now())

    async def _sent(self) -> str | None:
        """The id of a post or story; none of a reel or video, which is published later."""
        case, upload = self.case, self.case.prepared.upload
        photos = [photo.id for photo in case.prepared.photos]
        if upload:
            edge = EDGES[case.kind]
            form = finish_form(case.draft, case.options, case.kind, upload.video_id, upload.session_id)
        elif case.kind is Kind.STORY:
            edge, form = "photo_stories", {"photo_id": photos[0]}
        else:
            edge, form = "feed", feed_form(case.draft, case.options, photos)
        files = {"thumb": await self.parts.photo_bytes(case.cover)} if case.cover and case.kind is Kind.VIDEO else None
        proof = PROOFS[case.kind]
        made = proof(await self.parts.graph.post(case.path(edge), case.token, form, self.gate, proof, files))
        return made if isinstance(made, str) else None

    async def _refused(self, error: ChannelError) -> Published | None:
        """What a refusal means beyond the table. A story or video may be live by an earlier call."""
        prepared, again = self.case.prepared, self.case.film is not None and may_upload_again(error)
        if self.case.kind is Kind.POST:
            if LINK_UNREADABLE in codes_of(error) and self.case.draft.link and not prepared.link:
                # The page is read again, once.
                await self._forget(prepared.model_copy(update={"link": "unreadable"}))
                error.reason, error.effect, error.retry_after = Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, SOON
            # "Posted already" may be about ours after all; it is final only when an older post explains it.
            if error.reason is Reason.DUPLICATE_CONTENT and await self.parts.lookup.has_older_twin(self.case):
                error.effect = Effect.REJECTED
        elif error.effect is Effect.REJECTED or again:
            if found := await self._live_already():
                return found
            if again and (left := prepared.without_upload(error)):
                await self._forget(left)
        return None

    async def _live_already(self) -> Published | None:
        """The story or video if it is live already; a read that fails proves nothing."""
        with suppress(ChannelError):
            found = await self.parts.find(self.case, self.case.draft.due_at)
            if isinstance(found, Published):
                return found.model_copy(update={"published_at": found.published_at or self.parts.graph.now()})
        return None

    async def _forget(self, prepared: Prepared) -> None:
        """Save that something is to be prepared again."""
        await self.save(prepared.model_dump(mode="json"), ready=False)

    async def _keep(self, **known: object) -> None:
        """Save what is live or accepted. Neither a lost lease nor a failing database may turn that into a failure."""
        with suppress(Exception):
            state = self.case.prepared.model_copy(update=known)
            await self.save(state.model_dump(mode="json"), ready=True, expires_at=state.expires_at)
