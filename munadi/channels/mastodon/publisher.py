"""Posting to Mastodon: uploads, then one request for each post of the thread.

A lost post is looked for at the account's own server. A medium that is in one post only is a strong key: one of no post
proves that ours is not live. Everything else is found in the account's list, by its media, or by source text and time.
Source: docs/networks/mastodon.md, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from munadi.channels.answers import instant
from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, Request, given_id
from munadi.channels.looking import are_many
from munadi.channels.mastodon import editing
from munadi.channels.mastodon.api import PAGE, Server, Servers
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.looking import look
from munadi.channels.mastodon.removing import remove, rule_of
from munadi.channels.mastodon.spec import HIDDEN, Options, Settings
from munadi.channels.mastodon.upload import MastodonUploads, Prepared
from munadi.channels.mastodon.wire import attached, id_at, key_of, post_body, published, reply_body, same_text
from munadi.channels.posting import PostChannel, Step, match
from munadi.channels.uploads import upload_again
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.domain.withdrawal_rule import WithdrawalRule
from munadi.ports import Answer, Attempt, Publication

# The server's clock may be behind ours, and some have whole seconds only.
SKEW = timedelta(seconds=5)
LIST_FROM = timedelta(seconds=60)
# The smallest page that a server gives; a shorter one is the whole list.
SHORTEST_PAGE = 20
# Posts whose source is read, one call each of the 300 in five minutes: more than an account publishes within the minute
# by which clocks may differ.
MAX_SOURCES = 20


class MastodonChannel(PostChannel[Options, Prepared]):
    """A post, the later parts of its thread, and a first comment."""

    options, state = Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, servers: Servers, tools: ChannelTools) -> None:
        super().__init__(parts, tools, servers.http)
        self._settings, self._servers = settings, servers

    def profile_page(self, handle: str, external_id: str, server: str | None) -> str | None:
        """At the account's own server, by the name before the server's."""
        name = handle.lstrip("@").partition("@")[0]
        return f"{server.rstrip('/')}/@{quote(name, safe='')}" if server else None

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the media, and wait until the server has processed them."""
        return await MastodonUploads(self._server(publication), self._settings, publication, self.tools).run()

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """POST /statuses. The key is a second net: servers ignore it, or race."""
        if step.parent is not None:
            body = reply_body(step.text, publication.options, step.parent)
        else:
            body = post_body(step.text, publication.options, [one.id for one in publication.state.media])
        headers = {"idempotency-key": key_of(publication.draft.publication_id, step.name, body)}
        server = self._server(publication)
        return server.request(
            "POST", "api/v1/statuses", json=body, headers=headers, proof=_id_in, timeout=self.deadline
        )

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        """As the server shows it."""
        return published(answer.body, publication.options)

    async def refused(
        self, publication: Publication[Options, Prepared], attempt: Attempt, step: Step, error: ChannelError
    ) -> Published | None:
        """A post with media, unless an earlier call published it.

        Where a medium is in one post only, a refusal may mean that it is in ours; its text may be in any language.
        """
        is_doubtful = attempt.is_doubtful and error.may_be_ours
        if step.name != POST or error.provider_code != "HTTP 422" or is_doubtful or not _is_owned(publication):
            return None
        medium = publication.state.media[0]
        try:
            is_free = await self._server(publication).medium(medium.id) is not None
            since = medium.finalized_at or publication.draft.due_at
            found = Absent() if is_free else await self.find_step(publication, step, since)
        except ChannelError as unreadable:
            error.effect = Effect.UNKNOWN
            raise error from unreadable
        if isinstance(found, Published):
            return found
        if isinstance(found, Unknown):
            error.effect = Effect.UNKNOWN
        elif not is_free:
            await upload_again(publication, error)
        elif error.reason is Reason.DUPLICATE_CONTENT:
            error.effect = Effect.NOT_SENT
        return None

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """By its media, else in the account's list."""
        server, state, instance = self._server(publication), publication.state, Instance.of(publication.account)
        by_media = step.name == POST and _is_owned(publication)
        if by_media and await server.medium(state.media[0].id) is not None:
            return Absent(by_key=True)
        account_id = publication.account.external_id.partition("@")[0]
        page = await server.statuses(account_id, id_at(since - LIST_FROM, instance))
        recent = [one for one in page if _made(one) >= since - SKEW and not one.get("reblog")]
        of_parent = [one for one in recent if given_id(one.get("in_reply_to_id")) == step.parent]
        none, ours = _none(publication, page, recent), {one.id for one in state.media}
        alike = [] if by_media else await self._alike(server, publication, of_parent, step)
        if alike is None:
            return Unknown(note=f"more than {MAX_SOURCES} posts may be this one")
        is_keyed = (lambda one: ours <= set(attached(one))) if by_media else None
        return match(of_parent, published, lambda one: one in alike, is_keyed=is_keyed, none=none)

    async def _alike(
        self, server: Server, publication: Publication[Options, Prepared], rows: list[dict[str, Any]], step: Step
    ) -> list[dict[str, Any]] | None:
        """Those with the same text, warning and number of media; None when there are too many to read."""
        options, count = publication.options, len(publication.draft.media) if step.name == POST else 0
        warned = (options.content_warning or "", "")
        similar = [one for one in rows if len(attached(one)) == count and one.get("spoiler_text") in warned]
        if sum(1 for one in similar if not isinstance(one.get("text"), str)) > MAX_SOURCES:
            return None
        found = []
        for one in similar:
            text = one.get("text")
            shown = text if isinstance(text, str) else await server.source(str(given_id(one.get("id"))))
            if same_text(shown, step.text, options):
                found.append(one)
        return found

    def withdrawal(self, draft: Draft, account: ConnectedAccount) -> WithdrawalRule:
        return rule_of(account, super().withdrawal(draft, account))

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await remove(self._servers.of(account), one, Instance.of(account), attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        if are_many(objects):
            return await self._watch(objects, account)
        return await look(self._servers.of(account), None, objects, account)

    async def _watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        server = self._servers.of(account)
        return await look(server, self._servers.at(server.base), objects, account)

    def live_edit(self, draft: Draft, account: ConnectedAccount) -> EditRule:
        return editing.rule_of(draft, account, super().live_edit(draft, account))

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._servers.of(account), version, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._servers.of(account), version, account)

    def _server(self, publication: Publication[Options, Prepared]) -> Server:
        return self._servers.of(publication.account)


def _is_owned(publication: Publication[Options, Prepared]) -> bool:
    """Whether the media prove which post is ours."""
    return bool(publication.state.media) and Instance.of(publication.account).owns_media


def _none(publication: Publication[Options, Prepared], page: list[Any], recent: list[Any]) -> Absent | Unknown:
    """What an unsuccessful search proves."""
    instance = Instance.of(publication.account)
    if publication.options.visibility in HIDDEN and not instance.lists_private:
        return Unknown(note="this server's list leaves out posts that are not public")
    whole = len(page) < (PAGE if instance.is_mastodon else SHORTEST_PAGE)
    reaches_back = not instance.is_mastodon and len(recent) < len(page)
    return Absent() if whole or reaches_back else Unknown(note="the account has more new posts than one page")


def _made(one: dict[str, Any]) -> datetime:
    at = instant(one.get("created_at"))
    assert at is not None, "the page was checked"
    return at


def _id_in(answer: Answer) -> str | None:
    """What a post that was made has; an answer about an earlier request has none."""
    return given_id(answer.field("id"))
