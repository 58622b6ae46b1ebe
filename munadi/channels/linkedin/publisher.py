"""Posting to LinkedIn: uploads, then one request, and one for a first comment (see `upload` and `lookup`).

A page's posts can be listed, a member's cannot: there a lost answer stays unknown, and only a person sends it again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.channel import COMMENT, Post, Publisher
from munadi.channels.http import ChannelTools, could_not_read, token_of
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.errors import duplicate_of, failure
from munadi.channels.linkedin.lookup import Lookup, live_post
from munadi.channels.linkedin.spec import SPEC, Options, Settings, is_page
from munadi.channels.linkedin.state import Live, Prepared
from munadi.channels.linkedin.upload import Uploads, upload_again
from munadi.channels.linkedin.wire import comment_body, id_in, is_created, post_body, wants_card
from munadi.channels.state import SavedState
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import (
    POST,
    POST_ID_PENDING,
    Absent,
    Pending,
    Published,
    Ready,
    Unknown,
    Warning_,
)
from munadi.ports import SaveHandle, VisibleStep

# Before the list is read again for the post that a comment is for.
PARENT_WAIT = timedelta(seconds=5)
CANNOT_LOOK = "LinkedIn shows a member's posts to no app: open the profile and see whether the post is there"


class LinkedInPublisher(Publisher[Options]):
    """A post, and a first comment."""

    def __init__(self, settings: Settings, api: Api, tools: ChannelTools) -> None:
        self._settings, self._api, self._tools = settings, api, tools
        self._site = settings.hosts.auth
        self._deadline = settings.publish_deadline or SPEC.publish_deadline

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Upload the files and the picture of a card, and wait until LinkedIn has processed them."""
        if not post.draft.media and not wants_card(post.draft):
            return Ready()
        saved = SavedState(Prepared.of(post.handle).without_lapsed_assets(self._tools.clock.now()), save)
        return await Uploads(self._api, self._settings, self._tools, post, saved).run()

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        saved = SavedState(Prepared.of(post.handle), save)
        if known := saved.state.posts.get(step.name):
            return self._published(known)
        if step.name == COMMENT and post.draft.first_comment:
            return await self._comment(post, post.draft.first_comment, saved, step)
        if step.name != POST:
            raise failure(Reason.INTERNAL_ERROR, f"this post has no step {step.name!r}")
        if not self._is_prepared(post, saved.state):
            raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        state = saved.state
        body = post_body(post.account.external_id, post.draft, post.options, state.urns, state.card)
        try:
            seconds = self._deadline.total_seconds()
            answer = await self._api.post(token_of(post.account), body, step.gate, is_created, seconds)
        except ChannelError as error:
            await self._note(saved, error, step)
            raise
        urn = id_in(answer)
        url = live_post(self._site, urn).url if urn else None
        return await self._remember(saved, POST, Live(id=urn, url=url))

    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """A post is live at once, so this only looks for it."""
        prepared = Prepared.of(post.handle)
        found = await self.find(post, post.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        if self._is_prepared(post, prepared):
            return Ready(expires_at=prepared.expires_at)
        return Pending(after=timedelta(0), note="to be prepared")

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """See `lookup`."""
        state = Prepared.of(post.handle)
        if (known := state.posts.get(step)) and known.id:
            return self._published(known)
        if step != POST:
            return Unknown(note="LinkedIn shows comments to apps with another product only", blind=True)
        if not is_page(post.account):
            named = f"; LinkedIn calls it a duplicate of {state.duplicate_of}" if state.duplicate_of else ""
            return Unknown(note=f"{CANNOT_LOOK}{named}", blind=True)
        try:
            return await Lookup(self._api, self._site, post, state).find(since)
        except ChannelError as error:
            return could_not_read(error)

    async def _comment(
        self, post: Post[Options], text: str, saved: SavedState[Prepared], step: VisibleStep
    ) -> Published:
        found = await self.find(post, post.draft.due_at, POST)
        if not isinstance(found, Published) or found.post_id is None:
            error = failure(Reason.PROVIDER_OUTAGE, "the id of the post is not known yet", code="PARENT_UNKNOWN")
            error.retry_after = PARENT_WAIT
            raise error
        body = comment_body(post.account.external_id, found.post_id, text)
        answer = await self._api.comment(token_of(post.account), found.post_id, body, step.gate, id_in)
        return await self._remember(saved, COMMENT, Live(id=id_in(answer), url=found.url))

    async def _remember(self, saved: SavedState[Prepared], step: str, live: Live) -> Published:
        await saved.record_success(posts={**saved.state.posts, step: live})
        return self._published(live).model_copy(update={"published_at": self._tools.clock.now()})

    def _published(self, live: Live) -> Published:
        message = "LinkedIn published this without telling its id"
        pending = Warning_(code=POST_ID_PENDING, message=message, channel=SPEC.name)
        return Published(post_id=live.id, url=live.url, warnings=() if live.id else (pending,))

    def _is_prepared(self, post: Post[Options], state: Prepared) -> bool:
        return state.is_complete(len(post.draft.media), card=wants_card(post.draft))

    async def _note(self, saved: SavedState[Prepared], error: ChannelError, step: VisibleStep) -> None:
        """Keep what a refusal says about the files, or about another post. The core decides what it means."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED and saved.state.assets:
            await upload_again(saved, error)
        elif error.reason is Reason.MEDIA_PROCESSING_TIMEOUT and saved.state.assets:
            await upload_again(saved, error, same=True)
        elif step.is_doubtful and error.may_be_ours and (urn := duplicate_of(error)):
            await saved.record_success(duplicate_of=urn)
