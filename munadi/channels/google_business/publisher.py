"""Posting to a location: one request, after which Google looks at the post before it shows it.

A photo is fetched by Google from an address that has a key of the publication, and by it a post is found again, where
Google returns the address; else by its words, which is a likeness only. A post that is not judged yet, or was
rejected, was sent: it is never sent again by itself. Source: docs/networks/google_business.md, 3 and 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.channels.answers import object_in
from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.google_business import looking
from munadi.channels.google_business.accounts import LANGUAGE, MAPS, may_post, place_of
from munadi.channels.google_business.api import MAX_PAGES, PAGE, Api
from munadi.channels.google_business.errors import REJECTED as POLICY
from munadi.channels.google_business.errors import TABLE, failure
from munadi.channels.google_business.spec import PHOTO, Options, Settings
from munadi.channels.google_business.wire import (
    LIVE,
    REJECTED,
    LocalPost,
    is_alike,
    is_keyed,
    photo_url,
    post_body,
    read_post,
)
from munadi.channels.http import ChannelTools, no_proof
from munadi.channels.pulls import count_failed_pull
from munadi.channels.renditions import fitted
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, PostDropped, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Attempt, PreparedState, Publication

# Google's clock may be behind ours.
SKEW = timedelta(seconds=5)
QUICK_FOR, SLOW_FOR = timedelta(seconds=30), timedelta(minutes=5)


class Prepared(PreparedState):
    """The post that Google made, and when."""

    name: str | None = None
    sent_at: datetime | None = None


class BusinessChannel(NetworkChannel[Options, Prepared]):
    """One post of a location. There are no comments and no threads."""

    options, state = Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings, self._api, self._tools = settings, api, tools
        self._deadline = parts.spec.publish_deadline.total_seconds()

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Read that the location takes posts and that people see them, and make the photo's rendition."""
        account = publication.account
        location = await self._api.location(account.token, account.external_id)
        if not may_post(location):
            raise failure(Reason.FEATURE_NOT_ELIGIBLE, "Google takes no posts for this location", Effect.REJECTED)
        if object_in(location, "metadata").get("hasVoiceOfMerchant") is False:
            message = "the location is not verified, or suspended: Google would not show its posts"
            raise failure(Reason.ACCOUNT_RESTRICTED, message, Effect.REJECTED)
        for photo in publication.draft.media:
            await fitted(self._tools.media, PHOTO, photo)
        await publication.save(ready=True)
        return Ready()

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One request; then Google judges the post. What it rejected before a retry by hand is made anew."""
        state, draft, account = publication.state, publication.draft, publication.account
        if state.name is not None:
            known = await self._read(state.name, account)
            is_of_this_try = state.sent_at is not None and state.sent_at >= draft.due_at
            if known.state != REJECTED or is_of_this_try:
                return self._outcome(publication, known)
            await publication.replace(Prepared())
        photo = None
        for asset in draft.media:
            sent = await fitted(self._tools.media, PHOTO, asset)
            photo = photo_url(self._tools.media.public_url(sent), draft.publication_id)
        language = str(account.facts.get(LANGUAGE) or self._settings.language)
        body = post_body(draft, publication.options, language, photo)
        request = self._api.creating(account.token, place_of(account), body, self._deadline)
        try:
            answer = await self._api.http.send(request, attempt.gate)
        except ChannelError as error:
            if error.reason is Reason.MEDIA_UNREACHABLE:
                await count_failed_pull(publication, error)
            raise
        post = read_post(answer.body)
        if post is None:
            raise no_proof(answer, request.hidden)
        if post.state != REJECTED:  # a retry by hand makes a rejected post anew
            await publication.keep(name=post.name, sent_at=self._tools.clock.now())
        return self._outcome(publication, post)

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """The state of a post that Google made. Only REJECTED is a refusal: a failed read says nothing about it."""
        if publication.state.name is None:
            found = await self._find(publication, publication.draft.due_at, POST)
            return found if isinstance(found, Published) else Pending(after=self._settings.poll_idle, note="not found")
        return self._outcome(publication, await self._read(publication.state.name, publication.account))

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """The post by its name, else in the list of the location, of which all is read: its order is not known."""
        account, name = publication.account, publication.state.name
        if name is not None:
            return self._known(await self._api.post(account.token, name), account)
        rows = await self._api.posts(account.token, place_of(account))
        if rows is None:
            return Unknown(note=f"the location has more than {PAGE * MAX_PAGES} posts")
        if not rows:  # an empty object, as any answer without posts would be: the location must be readable
            await self._api.location(account.token, account.external_id)
        new = [one for one in rows if one.created_at is not None and one.created_at >= since - SKEW]
        keyed = [one for one in new if is_keyed(one, publication.draft.publication_id)]
        if len(keyed) == 1:
            post = keyed[0]
            return self._live(post, account) if post.state == LIVE else Unknown(note=f"the post is {post.state}")
        alike = [one for one in new if is_alike(one, publication.draft, publication.options)]
        if keyed or len(alike) > 1:
            return Unknown(note=f"{len(keyed) or len(alike)} posts look like this one")
        if not alike:
            return Absent()
        if alike[0].state != LIVE:
            return Unknown(note=f"a post that looks like this one is {alike[0].state or 'without a state'}")
        return self._live(alike[0], account).alike()

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await self._api.delete(account.token, looking.name_of(one, account), attempt.gate)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await looking.look(self._api, objects, account)

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await looking.edit(self._api, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await looking.read(self._api, version, account)

    async def _read(self, name: str, account: ConnectedAccount) -> LocalPost:
        """A post that was made. Raises ChannelError, whose effect is unknown: the post may be live."""
        try:
            return await self._api.post(account.token, name)
        except ChannelError as error:
            error.effect = Effect.UNKNOWN
            raise

    def _outcome(self, publication: Publication[Options, Prepared], post: LocalPost) -> Published | Pending:
        """Of a post that Google made. Raises PostDropped for one that it rejected."""
        if post.state == LIVE:
            return self._live(post, publication.account)
        if post.state == REJECTED:
            raise TABLE.reported(PostDropped, POLICY, REJECTED, "the state of the post is REJECTED")
        now, sent_at = self._tools.clock.now(), publication.state.sent_at
        after = self._settings.poll_wait(now - sent_at if sent_at else SLOW_FOR, QUICK_FOR, SLOW_FOR)
        return Pending(after=after, note=f"Google says {post.state or 'nothing'}")

    def _known(self, post: LocalPost, account: ConnectedAccount) -> Published | Absent | Unknown:
        """A post whose name is known. A rejected one never will be live: publishing says so, and sends nothing."""
        if post.state == LIVE:
            return self._live(post, account)
        return Absent(by_key=True) if post.state == REJECTED else Unknown(note=f"Google says {post.state or 'nothing'}")

    def _live(self, post: LocalPost, account: ConnectedAccount) -> Published:
        """With its address on Search, or, where Google gives none, that of the profile on Maps."""
        maps = account.facts.get(MAPS)
        url = post.url or (maps if isinstance(maps, str) else None)
        return Published(post_id=post.name.rpartition("/")[2], url=url, published_at=post.created_at)
