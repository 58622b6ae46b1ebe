"""Posting to LinkedIn: uploads, then one request, and one for a first comment. Source: docs/networks/linkedin.md, 3, 7.

A page's posts can be listed, a member's cannot: there a lost answer stays unknown, and only a person sends it again. In
a list the URN of a file is in no other post, so it decides. Everything else is found by kind, text or link, and time:
that is a likeness, not a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, Request
from munadi.channels.linkedin import editing
from munadi.channels.linkedin.api import COUNT, MAX_PAGES, Api
from munadi.channels.linkedin.commentary import same_text
from munadi.channels.linkedin.errors import duplicate_of
from munadi.channels.linkedin.looking import COMMENTS, MOST_REQUESTS, PageLook
from munadi.channels.linkedin.removing import remove, seen
from munadi.channels.linkedin.spec import Options, Settings, is_page
from munadi.channels.linkedin.state import Prepared
from munadi.channels.linkedin.upload import LinkedInUploads
from munadi.channels.linkedin.wire import (
    PostRow,
    comment_body,
    content_kind,
    id_in,
    is_created,
    post_body,
    wants_card,
)
from munadi.channels.looking import Look
from munadi.channels.posting import PostChannel, Step, match
from munadi.channels.uploads import count_failure, upload_again
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import COMMENT, POST, Absent, Pending, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Answer, Attempt, Publication

CANNOT_LOOK = "LinkedIn shows a member's posts to no app: open the profile and see whether the post is there"
# LinkedIn's clock may be behind ours.
SKEW = timedelta(seconds=5)
FAILED = "PUBLISH_FAILED"


class LinkedInChannel(PostChannel[Options, Prepared]):
    """A post, and a first comment."""

    options, state = Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools, api.http)
        self._settings, self._api, self._site = settings, api, settings.hosts.auth.rstrip("/")

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the files and the picture of a card, and wait until LinkedIn has processed them."""
        return await LinkedInUploads(self._api, self._settings, publication, self.tools).run()

    def is_prepared(self, publication: Publication[Options, Prepared]) -> bool:
        """A card has a picture or none."""
        state = publication.state
        if not wants_card(publication.draft):
            return super().is_prepared(publication)
        return state.card is not None and state.is_complete(len(state.media))

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """A post, or a comment below it."""
        author, state, token = publication.account.external_id, publication.state, publication.token
        if step.parent is not None:
            body = comment_body(author, step.parent, step.text)
            return self._api.request("POST", self._api.comments(step.parent), token, json=body, proof=id_in)
        urns = [one.id for one in state.media]
        body = post_body(author, publication.draft, publication.options, urns, state.card)
        return self._api.request("POST", "posts", token, json=body, proof=is_created, timeout=self.deadline)

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        """By its URN, which may be missing; a comment is seen at its post."""
        urn = id_in(answer)
        return Published(post_id=urn, url=self._address(step.parent or urn) if step.parent or urn else None)

    async def refused(
        self, publication: Publication[Options, Prepared], attempt: Attempt, step: Step, error: ChannelError
    ) -> None:
        """Keep what a refusal says about the files, or about another post. The core decides what it means."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED and publication.state.media:
            await upload_again(publication, error)
        elif error.reason is Reason.MEDIA_PROCESSING_TIMEOUT and publication.state.media:
            await count_failure(publication, error)  # the same file, a little later
        elif attempt.is_doubtful and error.may_be_ours and (urn := duplicate_of(error)):
            await publication.keep(duplicate_of=urn)

    def blind(self, publication: Publication[Options, Prepared], step: str) -> Unknown | None:
        """Comments, and the posts of members."""
        if step != POST:
            return Unknown(note="LinkedIn shows comments to apps with another product only", blind=True)
        if is_page(publication.account):
            return None
        other = publication.state.duplicate_of
        named = f"; LinkedIn calls it a duplicate of {other}" if other else ""
        return Unknown(note=f"{CANNOT_LOOK}{named}", blind=True)

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """The post that a refusal as a duplicate named, or one of the page's list."""
        since -= SKEW
        if named := await self._duplicate(publication, since):
            return named
        rows = await self._api.posts(publication.token, publication.account.external_id, since)
        if rows is None:
            return Unknown(note=f"the page has more than {COUNT * MAX_PAGES} new posts")
        keys = set(publication.state.keys)
        # A card's picture is a key too, but LinkedIn may show the card without it.
        is_by_key = bool(publication.draft.media and keys) or any(row.keys & keys for row in rows)
        mine = [row for row in rows if (row.keys & keys if is_by_key else _is_alike(row, publication))]
        if any(row.state == FAILED for row in mine):
            return Unknown(note="LinkedIn accepted the post and says that publishing it failed")
        return match(mine, self._live, lambda row: True, is_keyed=(lambda row: True) if is_by_key else None)

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await remove(self._api, one, account, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        """A page's posts; no app may read a member's."""
        if not is_page(account):
            return await super()._look(objects, account)
        if len(objects) == 1:  # a withdrawal, which no list may delay
            return [await seen(self._api, objects[0], account) if objects[0].step != COMMENT else COMMENTS]
        look = Look(objects, MOST_REQUESTS)
        return await PageLook(self._api, account, look, self._settings.batch_get).run()

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._api, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._api, version, account)

    async def _duplicate(self, publication: Publication[Options, Prepared], since: datetime) -> Published | None:
        """The post that a refusal as a duplicate named, if the page has it since then."""
        urn = publication.state.duplicate_of
        if urn is None:
            return None
        try:
            row = await self._api.read_post(publication.token, urn)
        except ChannelError as error:
            if error.reason is not Reason.TARGET_NOT_ACCESSIBLE:
                raise
            return None
        return self._live(row).alike() if row.created_at >= since else None

    def _live(self, row: PostRow) -> Published:
        return Published(post_id=row.id, url=self._address(row.id), published_at=row.created_at)

    def _address(self, urn: str | None) -> str:
        return f"{self._site}/feed/update/{urn}/"


def _is_alike(row: PostRow, publication: Publication[Options, Prepared]) -> bool:
    """Whether it has the kind, the text and the link of the draft."""
    draft, kind = publication.draft, content_kind(publication.draft, publication.options)
    same_link = kind != "article" or row.source.rstrip("/") == (draft.link or "").rstrip("/")
    return row.kind == kind and same_link and same_text(row.text, draft.text)
