"""The service behind the doors: it accepts, lists and removes posts as the API's own routes do.

A foreign client often repeats a request whose answer it did not get, and has no key to say so. The same request within
an hour is therefore the same post, unless that one has come to nothing meanwhile. An `Idempotency-Key` or the door's
own field replaces this rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from munadi.db.accounts.store import AccountStore
from munadi.db.answers import Answer, NotVisible, Service
from munadi.db.contents import queries
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.account_view import AccountView
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.media import MediaView
from munadi.domain.problem import ProblemsFound
from munadi.domain.publication import PublicationStatus
from munadi.doors.translated import Translated, back
from munadi.intake.bodies import read_sent
from munadi.intake.requests import ContentRequest
from munadi.media.reader import MEDIA_URL_PURPOSE, URL_LIFE
from munadi.media.signing import sign_url
from munadi.publishing.service import PostService
from munadi.publishing.states import ChangeRefused

OPERATION = "doors.post"
WINDOW = timedelta(hours=1)
PAGE, MOST_ACCOUNTS = 100, 500
_PROPOSES = frozenset({Scope.CONTENTS_PROPOSE.value})
_OVER = frozenset({ContentStatus.CANCELED, ContentStatus.FAILED})


@dataclass(frozen=True)
class DoorService(Service):
    """What all doors share. `base_url`: this installation's address, as in the addresses of stored files."""

    posts: PostService
    base_url: str

    async def accept(
        self, translated: Translated, caller: Principal, prints: tuple[str, ...], key: str | None
    ) -> ContentView:
        """Store a post, or find the one of the same request. Raises as `PostService.accept`, with the places of the
        foreign request. `prints` are the fingerprints of the request, `key` is that of its header."""
        if translated.is_proposal and caller.may(Scope.CONTENTS_PROPOSE):
            caller = replace(caller, scopes=_PROPOSES)
        try:
            request, shape = read_sent(translated.content, ContentRequest)
            named = key or translated.key
            if named is not None:
                known = IdempotencyKey(named, prints)
            else:
                known = await self._repeatable(request.brand_ref, caller, prints)
            answer = await self.posts.accept(request, shape, caller, known, operation=OPERATION)
        except ProblemsFound as error:
            raise back(error, translated.places) from None
        return await self.get(json.loads(answer.body)["id"], caller)

    async def get(self, content_id: str, caller: Principal) -> ContentView:
        """A post as it is now. Raises NotVisible."""
        view = None
        if is_id(content_id, Prefix.CONTENT):
            view = await self.database.lookup(partial(queries.read_view, content_id=content_id))
        if view is None or not caller.may_see(view.brand_ref):
            raise NotVisible("post", content_id)
        return view

    async def content_of(self, publication_id: str, caller: Principal) -> str:
        """The id of the post to which a publication belongs. Raises NotVisible."""
        async with self.database.read() as session:
            found = await queries.find_publication(session, publication_id)
        if found is None or not caller.may_see(found[0].brand_ref):
            raise NotVisible("post", publication_id)
        return found[0].id

    async def cancel(self, content_id: str, caller: Principal) -> ContentView:
        """Cancel what waits of a post. Raises NotVisible, ChangeRefused."""
        await self.posts.cancel(content_id, caller, IdempotencyKey(None, ()), None)
        return await self.get(content_id, caller)

    async def list(self, wanted: ContentFilter, most: int, pages: int = 10) -> list[ContentView]:
        """Posts, the newest first: at most so many, in at most so many pages."""
        found: list[ContentView] = []
        for _ in range(pages):
            async with self.database.read() as session:
                views, place = await queries.list_contents(session, wanted, min(PAGE, most - len(found)))
            found += views
            if place is None or len(found) >= most:
                break
            wanted = replace(wanted, before=place)
        return found

    async def remove(self, content_id: str, caller: Principal) -> ContentView:
        """Cancel what waits of a post, and begin to take back what is live. Raises NotVisible, ScopeMissing,
        ChangeRefused, NotWithdrawable."""
        no_key, refusal = IdempotencyKey(None, ()), None
        try:
            await self.posts.cancel(content_id, caller, no_key, None)
        except ChangeRefused as error:
            refusal = error
        view = await self.get(content_id, caller)
        if any(each.status is PublicationStatus.PUBLISHED for each in view.publications):
            caller.require(Scope.CONTENTS_WITHDRAW)
            await self.posts.withdraw_content(content_id, caller, no_key)
            return await self.get(content_id, caller)
        if refusal is not None:
            raise refusal
        return view

    async def accounts(self, brand_ref: str) -> Sequence[AccountView]:
        """The connected accounts of a brand."""
        store = AccountStore(self.database, self.keyring)
        return await store.list(brand_ref=brand_ref, limit=MOST_ACCOUNTS, after=None)

    def upload_url(self, media: MediaView) -> str:
        """Where a stored file can be seen for a while, and what a later request names it by: it ends in its id."""
        name = f"{media.id}.{media.type.rpartition('/')[2]}"
        until = (self.clock.now() + URL_LIFE).replace(microsecond=0)
        return sign_url(self.base_url, media.sha256, name, until, self.keyring.derive(MEDIA_URL_PURPOSE)[0])

    async def _repeatable(self, brand_ref: str, caller: Principal, prints: tuple[str, ...]) -> IdempotencyKey:
        """The key for a request that has none: that of the same one within the last hour, else a new one."""
        if not caller.may_see(brand_ref):
            return IdempotencyKey(None, ())
        for number in count():
            key = IdempotencyKey(f"{prints[0]} {number}", prints)
            earlier = await self._earlier(key.record(self.keyring, brand_ref, OPERATION))
            if earlier is None or await self._stands(earlier):
                return key
        raise AssertionError("the numbers do not end")

    async def _stands(self, earlier: Answer) -> bool:
        """Whether an earlier post is recent, and has not come to nothing."""
        then: dict[str, Any] = json.loads(earlier.body)
        if self.clock.now() - datetime.fromisoformat(then["createdAt"]) > WINDOW:
            return False
        view = await self.database.lookup(partial(queries.read_view, content_id=then["id"]))
        return view is not None and view.status not in _OVER and not is_taken_back(view)


def is_taken_back(view: ContentView) -> bool:
    """Whether all of a post that was live is withdrawn."""
    live = [each for each in view.publications if each.status is PublicationStatus.PUBLISHED]
    return bool(live) and all(each.withdrawal is not None and each.withdrawal.status == "withdrawn" for each in live)


def has_ended(view: ContentView) -> bool:
    """Whether nothing more happens to a post by itself."""
    moving = ("accepted", "queued", "publishing")
    return not any(each.status.value in moving or is_leaving(view) for each in view.publications)


def is_leaving(view: ContentView) -> bool:
    """Whether something of a post is being taken back."""
    return any(each.withdrawal is not None and each.withdrawal.status == "withdrawing" for each in view.publications)
