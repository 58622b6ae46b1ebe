"""Posting to X: uploads, then one request for each post of the thread. Source: docs/networks/x.md, sections 3 and 7.

A post whose answer was lost is read in the account's own timeline. A media key is in no other post, so it decides.
Everything else is found by text, time and the post that it answers: that is a likeness, not a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, Request
from munadi.channels.posting import PostChannel, Row, Step, match
from munadi.channels.uploads import upload_again
from munadi.channels.x import editing
from munadi.channels.x.api import MAX_PAGES, PAGE, Api
from munadi.channels.x.removing import look, remove
from munadi.channels.x.spec import Options, Settings
from munadi.channels.x.upload import Prepared, XUploads
from munadi.channels.x.wire import id_in, post_body, reply_body, same_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Answer, Attempt, Publication

# X's clock may be behind ours.
SKEW = timedelta(seconds=5)


class XChannel(PostChannel[Options, Prepared]):
    """A post, the later parts of its thread, and a first comment."""

    options, state = Options, Prepared
    profile_at = "https://x.com/{handle}"

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools, api.http)
        self._settings, self._api, self._site = settings, api, settings.hosts.auth.rstrip("/")

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the media, and wait until X has processed them."""
        return await XUploads(self._api, self._settings, publication, self.tools).run()

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """Make a post or a reply (POST /tweets)."""
        if step.parent is not None:
            body = reply_body(step.text, publication.options, step.parent)
        else:
            body = post_body(step.text, publication.options, [one.id for one in publication.state.media])
        url, token = f"{self._api.base}/tweets", publication.token
        return Request("POST", url, token=token, json=body, proof=id_in, timeout=self.deadline)

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        return self._live(publication, id_in(answer) or "")

    async def refused(
        self, publication: Publication[Options, Prepared], attempt: Attempt, step: Step, error: ChannelError
    ) -> None:
        """Media that X does not know are uploaded again."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED and step.name == POST and publication.state.media:
            await upload_again(publication, error)

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """In the timeline. Each post that is read costs money, so only those since the attempt are."""
        begin = since - SKEW
        rows = await self._api.timeline(publication.token, publication.account.external_id, begin)
        if rows is None:
            return Unknown(note=f"the account has more than {PAGE * MAX_PAGES} new posts")
        rows = [row for row in rows if row.created_at >= begin and row.parent == step.parent]
        keys, count = (set(publication.state.keys), len(publication.draft.media)) if step.name == POST else (set(), 0)
        return match(
            rows,
            lambda row: self._live(publication, row.id, row),
            lambda row: len(row.keys) == count and same_text(row.text, step.text),
            is_keyed=(lambda row: bool(row.keys & keys)) if keys else None,
        )

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await remove(self._api, one, account, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await look(self._api, objects, account)

    def live_edit(self, draft: Draft, account: ConnectedAccount) -> EditRule:
        return editing.rule_of(draft, account, super().live_edit(draft, account))

    def _live(self, publication: Publication[Options, Prepared], post_id: str, row: Row | None = None) -> Published:
        name = publication.account.handle.removeprefix("@") or "i/web"
        return Published(
            post_id=post_id, url=f"{self._site}/{name}/status/{post_id}", published_at=row and row.created_at
        )
