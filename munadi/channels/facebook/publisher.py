"""Posting to a Facebook Page. Only a feed post, a story, the finish of an upload and a comment are visible.

None of them has an idempotency key, and posts have appeared despite an error (500, code 2): an unknown outcome is
resolved by reading. A reel or video is found by its id, which is known beforehand, a story by that of its media, and a
feed post by its photos, or by text and time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.facebook import editing, feed, lookup, videos
from munadi.channels.facebook.discard import remove
from munadi.channels.facebook.errors import LINK_UNREADABLE, codes_of, explain, may_upload_again, not_sent
from munadi.channels.facebook.graph import PageGraph, story_of
from munadi.channels.facebook.prepare import Preparation
from munadi.channels.facebook.removing import PageObjects
from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.state import Case, Prepared
from munadi.channels.facebook.wire import feed_form, finish_form
from munadi.channels.http import Request
from munadi.channels.looking import are_many
from munadi.channels.meta.graph import id_of, succeeded
from munadi.channels.meta.removing import of_removals
from munadi.channels.steps import COMMENT
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Attempt, Gate, Publication

# Before a preparation is repeated.
SOON = timedelta(seconds=2)
# The proof of a success.
PROOFS = {Kind.POST: id_of, Kind.STORY: story_of, Kind.REEL: succeeded, Kind.VIDEO: succeeded}


class FacebookChannel(NetworkChannel[Options, Prepared]):
    """Posts, photos, videos, reels and stories of a Page."""

    options, state = Options, Prepared
    profile_at = "https://www.facebook.com/{id}"

    def __init__(self, parts: Parts[Options], graph: PageGraph) -> None:
        super().__init__(parts, graph.tools)
        self._graph, self._removals = graph, of_removals(graph, graph.tools, explain)

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload what is missing and read its status once; call it again after a Pending, until Ready."""
        return await Preparation(Case(publication, self._graph)).run()

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One feed post, story, finish or comment. Raises ChannelError. What is known to be live is not sent again."""
        run = Publishing(Case(publication, self._graph), attempt.gate)
        if attempt.step not in (POST, COMMENT):
            raise not_sent(Reason.INTERNAL_ERROR, f"there is no step {attempt.step!r}")
        return await (run.post() if attempt.step == POST else run.comment())

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """How far an upload or an accepted post is. Raises ChannelError when Facebook gave it up."""
        return await lookup.check(Case(publication, self._graph))

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """A video by its id, a story by its media, a feed post by photos, or text and time; a comment at its post."""
        case = Case(publication, self._graph)
        if step == COMMENT:
            return await feed.comment(case, await lookup.target(case), since)
        return await lookup.find(case, since)

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await PageObjects(self._removals, account).remove(one, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await PageObjects(self._removals, account).look(objects, is_watch=are_many(objects))

    async def _watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await PageObjects(self._removals, account).look(objects, is_watch=True)

    def live_edit(self, draft: Draft, account: ConnectedAccount) -> EditRule:
        return editing.rule_of(draft, super().live_edit(draft, account))

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._removals, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._removals, version, account)

    async def _discard(self, account: ConnectedAccount, state: Prepared) -> None:
        await remove(self._graph, account, state)


class Publishing:
    """One visible call of one draft, and what came of it. Every method raises ChannelError."""

    def __init__(self, case: Case, gate: Gate) -> None:
        self._case, self._graph, self._gate = case, case.graph, gate

    async def post(self) -> Published | Pending:
        """The post, story or finish; what is known to be live or was finished is not sent again."""
        case, prepared = self._case, self._case.state
        if prepared.post_id:
            return await lookup.live(case, prepared.post_id)
        if not case.is_complete:
            raise not_sent(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        if not case.film and prepared.lapsed(self._graph.now()):
            # Photos that Facebook has deleted by now are uploaded again before anything is sent.
            await self._case.replace(Prepared(link=prepared.link))
            raise not_sent(Reason.PROVIDER_OUTAGE, "the unpublished photos have lapsed", "PHOTOS_LAPSED", SOON)
        if not prepared.finished:
            request, proof = await self._request(), PROOFS[case.kind]
            try:
                made = proof(await self._graph.http.send(request, self._gate))
            except ChannelError as error:
                if found := await self._refused(error):
                    return found
                raise
            # A post or story has an id; a reel or video is published later.
            post_id = made if isinstance(made, str) else None
            if post_id:
                await self._case.keep(post_id=post_id)
                return await lookup.live(case, post_id, self._graph.now())
            await self._case.keep(finished=True)
        pending = Pending(after=videos.wait(case, timedelta(0)), note="Facebook is publishing the video")
        return await self._live_already() or pending

    async def comment(self) -> Published:
        """Write the first comment below a post (POST /{post}/comments). Raises ChannelError."""
        path = f"{await lookup.target(self._case)}/comments"
        form = {"message": self._case.draft.first_comment or ""}
        request = self._graph.making(path, self._case.token, form)
        comment_id = id_of(await self._graph.http.send(request, self._gate))
        return Published(post_id=comment_id, published_at=self._graph.now())

    async def _request(self) -> Request:
        """The feed post, the story, or the finish of an upload."""
        case, upload = self._case, self._case.state.upload
        photos = [photo.id for photo in case.state.photos]
        if upload:
            edge = videos.EDGES[case.kind]
            form = finish_form(case.draft, case.options, case.kind, upload.video_id, upload.session_id)
        elif case.kind is Kind.STORY:
            edge, form = "photo_stories", {"photo_id": photos[0]}
        else:
            edge, form = "feed", feed_form(case.draft, case.options, photos)
        cover = case.cover if case.kind is Kind.VIDEO else None
        files = {"thumb": await self._graph.photo_bytes(cover)} if cover else None
        return self._graph.posting(case.path(edge), case.token, form, PROOFS[case.kind], files)

    async def _refused(self, error: ChannelError) -> Published | None:
        """What a refusal means beyond the table. A story or video may be live by an earlier call."""
        case, prepared = self._case, self._case.state
        again = case.film is not None and may_upload_again(error)
        if case.kind is Kind.POST:
            if LINK_UNREADABLE in codes_of(error) and case.draft.link and not prepared.link:
                # The page is read again, once.
                await self._case.save(link="unreadable")
                error.reason, error.effect, error.retry_after = Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, SOON
        elif error.effect is Effect.REJECTED or again:
            if found := await self._live_already():
                return found
            if again and (left := prepared.without_upload(error)):
                await self._case.replace(left)
        return None

    async def _live_already(self) -> Published | None:
        """The story or video if it is live already; a read that fails proves nothing."""
        with suppress(ChannelError):
            found = await lookup.find(self._case, self._case.draft.due_at)
            if isinstance(found, Published):
                return found.model_copy(update={"published_at": found.published_at or self._graph.now()})
        return None
