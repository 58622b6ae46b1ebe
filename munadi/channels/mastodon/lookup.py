"""What became of a post whose answer was lost. Reads only, and only at the account's own server.

A medium that is in one post only is a strong key: one of no post proves that ours is not live. Everything else is
found in the account's list, by its media, or by source text and time. Source: docs/networks/mastodon.md, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.answers import instant
from munadi.channels.channel import only_one
from munadi.channels.http import given_id
from munadi.channels.mastodon.api import PAGE, Server
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.spec import Options
from munadi.channels.mastodon.state import Prepared
from munadi.channels.mastodon.wire import attached, id_at, published, same_text
from munadi.channels.thread import text_of
from munadi.domain.publication import POST, Absent, Published, Unknown
from munadi.ports import Publication

# The server's clock may be behind ours, and some have whole seconds only.
SKEW = timedelta(seconds=5)
LIST_FROM = timedelta(seconds=60)
# The smallest page that a server gives; a shorter one is the whole list.
SHORTEST_PAGE = 20
# Posts whose source is read, one call each of the 300 in five minutes: more than an account publishes within the minute
# by which clocks may differ.
MAX_SOURCES = 20
HIDDEN = ("private", "direct")


@dataclass(frozen=True)
class Lookup:
    """One post at its server. Everything raises ChannelError."""

    server: Server
    publication: Publication[Options, Prepared]

    @property
    def instance(self) -> Instance:
        """The account's server."""
        return Instance.of(self.publication.account)

    @property
    def is_owned(self) -> bool:
        """Whether the media prove which post is ours."""
        return bool(self.publication.state.media) and self.instance.owns_media

    async def find(self, since: datetime, step: str, parent: str | None) -> Published | Absent | Unknown:
        """The post of a step, made at `since` or later; `parent` is the id of the post that it answers."""
        if step == POST and self.is_owned and await self.server.medium(self.publication.state.media[0].id) is not None:
            return Absent(by_key=True)
        account_id = self.publication.account.external_id.partition("@")[0]
        page = await self.server.statuses(account_id, id_at(since - LIST_FROM, self.instance))
        recent = [one for one in page if _made(one) >= since - SKEW and not one.get("reblog")]
        of_parent = [one for one in recent if given_id(one.get("in_reply_to_id")) == parent]
        if step == POST and self.is_owned:
            ours = {one.id for one in self.publication.state.media}
            found = [published(one) for one in of_parent if ours <= set(attached(one))]
        else:
            alike = await self._alike(of_parent, step)
            if alike is None:
                return Unknown(note=f"more than {MAX_SOURCES} posts may be this one")
            found = [published(one).alike() for one in alike]
        return only_one(found, "posts look like this one", self._none(page, recent))

    async def _alike(self, candidates: list[dict[str, Any]], step: str) -> list[dict[str, Any]] | None:
        """Those with the same text, warning and number of media; None when there are too many to read."""
        options, sent = self.publication.options, text_of(self.publication.draft, step) or ""
        count = len(self.publication.draft.media) if step == POST else 0
        warned = (options.content_warning or "", "")
        similar = [one for one in candidates if len(attached(one)) == count and one.get("spoiler_text") in warned]
        if sum(1 for one in similar if not isinstance(one.get("text"), str)) > MAX_SOURCES:
            return None
        found = []
        for one in similar:
            text = one.get("text")
            shown = text if isinstance(text, str) else await self.server.source(str(given_id(one.get("id"))))
            if same_text(shown, sent, options):
                found.append(one)
        return found

    def _none(self, page: list[Any], recent: list[Any]) -> Absent | Unknown:
        """What an unsuccessful search proves."""
        if self.publication.options.visibility in HIDDEN and not self.instance.lists_private:
            return Unknown(note="this server's list leaves out posts that are not public")
        whole = len(page) < (PAGE if self.instance.is_mastodon else SHORTEST_PAGE)
        reaches_back = not self.instance.is_mastodon and len(recent) < len(page)
        return Absent() if whole or reaches_back else Unknown(note="the account has more new posts than one page")


def _made(one: dict[str, Any]) -> datetime:
    at = instant(one.get("created_at"))
    assert at is not None, "the page was checked"
    return at
