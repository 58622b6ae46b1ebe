"""Posting to LinkedIn: uploads, then one request, and one for a first comment (see `upload` and `lookup`).

A page's posts can be listed, a member's cannot: there a lost answer stays unknown, and only a person sends it again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.channel import COMMENT, NetworkChannel, Parts
from munadi.channels.http import ChannelTools, could_not_read
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.errors import duplicate_of, failure
from munadi.channels.linkedin.lookup import Lookup, live_post
from munadi.channels.linkedin.spec import SPEC, Options, Settings, is_page
from munadi.channels.linkedin.state import Live, Prepared
from munadi.channels.linkedin.upload import Uploads, upload_again
from munadi.channels.linkedin.wire import comment_body, id_in, is_created, post_body, wants_card
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
from munadi.ports import Attempt, Publication

# Before the list is read again for the post that a comment is for.
PARENT_WAIT = timedelta(seconds=5)
CANNOT_LOOK = "LinkedIn shows a member's posts to no app: open the profile and see whether the post is there"


class LinkedInChannel(NetworkChannel[Options, Prepared]):
    """A post, and a first comment."""

    options, state = Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings, self._api, self._tools = settings, api, tools
        self._site = settings.hosts.auth
        self._deadline = settings.publish_deadline or SPEC.publish_deadline

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the files and the picture of a card, and wait until LinkedIn has processed them."""
        if not publication.draft.media and not wants_card(publication.draft):
            return Ready()
        publication.state = publication.state.without_lapsed_assets(self._tools.clock.now())
        return await Uploads(self._api, self._settings, self._tools, publication).run()

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        if known := publication.state.posts.get(attempt.step):
            return self._published(known)
        if attempt.step == COMMENT and publication.draft.first_comment:
            return await self._comment(publication, publication.draft.first_comment, attempt)
        if attempt.step != POST:
            raise failure(Reason.INTERNAL_ERROR, f"this post has no step {attempt.step!r}")
        if not self._is_prepared(publication, publication.state):
            raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        state = publication.state
        body = post_body(
            publication.account.external_id, publication.draft, publication.options, state.urns, state.card
        )
        try:
            seconds = self._deadline.total_seconds()
            answer = await self._api.post(publication.token, body, attempt.gate, is_created, seconds)
        except ChannelError as error:
            await self._note(publication, error, attempt)
            raise
        urn = id_in(answer)
        url = live_post(self._site, urn).url if urn else None
        return await self._remember(publication, POST, Live(id=urn, url=url))

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """A post is live at once, so this only looks for it."""
        prepared = publication.state
        found = await self._find(publication, publication.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        if self._is_prepared(publication, prepared):
            return Ready(expires_at=prepared.expires_at)
        return Pending(after=timedelta(0), note="to be prepared")

    async def _find(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """See `lookup`."""
        state = publication.state
        if (known := state.posts.get(step)) and known.id:
            return self._published(known)
        if step != POST:
            return Unknown(note="LinkedIn shows comments to apps with another product only", blind=True)
        if not is_page(publication.account):
            named = f"; LinkedIn calls it a duplicate of {state.duplicate_of}" if state.duplicate_of else ""
            return Unknown(note=f"{CANNOT_LOOK}{named}", blind=True)
        try:
            return await Lookup(self._api, self._site, publication, state).find(since)
        except ChannelError as error:
            return could_not_read(error)

    async def _comment(
        self,
        publication: Publication[Options, Prepared],
        text: str,
        attempt: Attempt,
    ) -> Published:
        found = await self._find(publication, publication.draft.due_at, POST)
        if not isinstance(found, Published) or found.post_id is None:
            error = failure(Reason.PROVIDER_OUTAGE, "the id of the post is not known yet", code="PARENT_UNKNOWN")
            error.retry_after = PARENT_WAIT
            raise error
        body = comment_body(publication.account.external_id, found.post_id, text)
        answer = await self._api.comment(publication.token, found.post_id, body, attempt.gate, id_in)
        return await self._remember(publication, COMMENT, Live(id=id_in(answer), url=found.url))

    async def _remember(self, publication: Publication[Options, Prepared], step: str, live: Live) -> Published:
        await publication.keep(posts={**publication.state.posts, step: live})
        return self._published(live).model_copy(update={"published_at": self._tools.clock.now()})

    def _published(self, live: Live) -> Published:
        message = "LinkedIn published this without telling its id"
        pending = Warning_(code=POST_ID_PENDING, message=message, channel=SPEC.name)
        return Published(post_id=live.id, url=live.url, warnings=() if live.id else (pending,))

    def _is_prepared(self, publication: Publication[Options, Prepared], state: Prepared) -> bool:
        return state.is_complete(len(publication.draft.media), card=wants_card(publication.draft))

    async def _note(self, publication: Publication[Options, Prepared], error: ChannelError, attempt: Attempt) -> None:
        """Keep what a refusal says about the files, or about another post. The core decides what it means."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED and publication.state.assets:
            await upload_again(publication, error)
        elif error.reason is Reason.MEDIA_PROCESSING_TIMEOUT and publication.state.assets:
            await upload_again(publication, error, same=True)
        elif attempt.is_doubtful and error.may_be_ours and (urn := duplicate_of(error)):
            await publication.keep(duplicate_of=urn)
