"""The visible calls: a feed post, a story, the finish of an upload, a first comment. Each is one request."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.facebook.errors import LINK_UNREADABLE, codes_of, may_upload_again, not_sent
from munadi.channels.facebook.graph import story_of
from munadi.channels.facebook.parts import Parts
from munadi.channels.facebook.spec import Kind
from munadi.channels.facebook.state import Case, Prepared
from munadi.channels.facebook.videos import EDGES
from munadi.channels.facebook.wire import feed_form, finish_form
from munadi.channels.meta.graph import id_of, succeeded
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Published
from munadi.ports import Gate, SaveHandle

# Before a preparation is made anew.
SOON = timedelta(seconds=2)
# What Facebook says of a success.
PROOFS = {Kind.POST: id_of, Kind.STORY: story_of, Kind.REEL: succeeded, Kind.VIDEO: succeeded}


@dataclass(frozen=True)
class Publishing:
    """One visible call of one draft, and what came of it. Every method raises ChannelError."""

    parts: Parts
    case: Case
    save: SaveHandle
    gate: Gate

    async def post(self) -> Published | Pending:
        """The post, story or finish; what is known to be live, or was finished, is not sent again."""
        prepared = self.case.prepared
        if prepared.post_id:
            return await self.parts.live(self.case, prepared.post_id)
        if not self.case.is_complete:
            raise not_sent(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        if not self.case.film and prepared.lapsed(self.parts.graph.now()):
            # Photos that Facebook has deleted by now are uploaded anew before anything is sent.
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
        return await self._looked() or pending

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
            if found := await self._looked():
                return found
            if again and (left := prepared.anew(error)):
                await self._forget(left)
        return None

    async def _looked(self) -> Published | None:
        """The story or video if it is live already; a look that fails says nothing."""
        with suppress(ChannelError):
            found = await self.parts.find(self.case, self.case.draft.due_at)
            if isinstance(found, Published):
                return found.model_copy(update={"published_at": found.published_at or self.parts.graph.now()})
        return None

    async def _forget(self, prepared: Prepared) -> None:
        """Something is to be prepared anew."""
        await self.save(prepared.model_dump(mode="json"), ready=False)

    async def _keep(self, **known: object) -> None:
        """It is live or accepted: neither a lost lease nor our own database may hide that."""
        with suppress(Exception):
            state = self.case.prepared.model_copy(update=known)
            await self.save(state.model_dump(mode="json"), ready=True, expires_at=state.expires_at)
