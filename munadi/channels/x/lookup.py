"""What became of a post whose answer was lost, read in the account's own timeline.

A media key is in no other post, so it decides. Everything else is found by text, time and the post that it answers:
that is a likeness, not a proof. Each post that is read costs money, so only those since the attempt are.
Source: docs/networks/x.md, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.channels.channel import only_one
from munadi.channels.thread import text_of
from munadi.channels.x.api import MAX_PAGES, PAGE, Api
from munadi.channels.x.spec import Options
from munadi.channels.x.state import Prepared
from munadi.channels.x.wire import Row, same_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import POST, Absent, Published, Unknown
from munadi.ports import Publication

# X's clock may be behind ours.
SKEW = timedelta(seconds=5)


@dataclass(frozen=True)
class Lookup:
    """One post at X. Everything raises ChannelError."""

    api: Api
    site: str
    publication: Publication[Options, Prepared]

    async def find(self, since: datetime, step: str, parent: str | None) -> Published | Absent | Unknown:
        """The post of a step, made at `since` or later; `parent` is the id of the post that it answers."""
        account = self.publication.account
        rows = await self.api.timeline(account.token, account.external_id, since - SKEW)
        if rows is None:
            return Unknown(note=f"the account has more than {PAGE * MAX_PAGES} new posts")
        candidates = [row for row in rows if row.created_at >= since - SKEW and row.parent == parent]
        ours = set(self.publication.state.keys)
        if step == POST and ours:
            found = [self._live(row) for row in candidates if row.media_keys & ours]
        else:
            sent = text_of(self.publication.draft, step) or ""
            count = len(self.publication.draft.media) if step == POST else 0
            alike = [row for row in candidates if len(row.media_keys) == count and same_text(row.text, sent)]
            found = [self._live(row).alike() for row in alike]
        return only_one(found, "posts look like this one")

    def _live(self, row: Row) -> Published:
        url = address_of(self.site, self.publication.account, row.id)
        return Published(post_id=row.id, url=url, published_at=row.created_at)


def address_of(site: str, account: ConnectedAccount, post_id: str) -> str:
    """Where people see a post."""
    return f"{site.rstrip('/')}/{account.handle.removeprefix('@') or 'i/web'}/status/{post_id}"
