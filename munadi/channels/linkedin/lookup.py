"""What became of a page's post whose answer was lost, read in the page's own list.

The URN of a file is in no other post, so it decides. Everything else is found by kind, text or link, and time: that is
a likeness, not a proof. Source: docs/networks/linkedin.md, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.channels.channel import only_one
from munadi.channels.linkedin.api import COUNT, MAX_PAGES, Api
from munadi.channels.linkedin.commentary import same_text
from munadi.channels.linkedin.spec import Options
from munadi.channels.linkedin.state import Prepared
from munadi.channels.linkedin.wire import Row, content_kind
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import Publication

# LinkedIn's clock may be behind ours.
SKEW = timedelta(seconds=5)
FAILED = "PUBLISH_FAILED"


@dataclass(frozen=True)
class Lookup:
    """One post of a page. Everything raises ChannelError."""

    api: Api
    site: str
    publication: Publication[Options, Prepared]
    state: Prepared

    async def find(self, since: datetime) -> Published | Absent | Unknown:
        """The post, made at `since` or later."""
        account, since = self.publication.account, since - SKEW
        if named := await self._named(since):
            return named
        rows = await self.api.posts(account.token, account.external_id, since)
        if rows is None:
            return Unknown(note=f"the page has more than {COUNT * MAX_PAGES} new posts")
        by_key = [row for row in rows if row.keys & set(self.state.keys)]
        alike = [row for row in rows if self._is_alike(row)]
        found = by_key or alike
        if any(row.state == FAILED for row in found):
            return Unknown(note="LinkedIn accepted the post and says that publishing it failed")
        live = [live_post(self.site, row.urn, row.created_at) for row in found]
        return only_one(live if by_key else [one.alike() for one in live], "posts look like this one")

    async def _named(self, since: datetime) -> Published | None:
        """The post that a refusal as a duplicate named, if the page has it since then."""
        urn = self.state.duplicate_of
        if urn is None:
            return None
        try:
            row = await self.api.read_post(self.publication.token, urn)
        except ChannelError as error:
            if error.reason is not Reason.TARGET_NOT_ACCESSIBLE:
                raise
            return None
        return live_post(self.site, urn, row.created_at).alike() if row.created_at >= since else None

    def _is_alike(self, row: Row) -> bool:
        """Whether it has the kind, the text and the link of the draft; a post with files of ours is found by those."""
        draft, kind = self.publication.draft, content_kind(self.publication.draft, self.publication.options)
        if self.state.keys and draft.media:
            return False
        same_link = kind != "article" or row.source.rstrip("/") == (draft.link or "").rstrip("/")
        return row.kind == kind and same_link and same_text(row.text, draft.text)


def live_post(site: str, urn: str, at: datetime | None = None) -> Published:
    """A post by its URN."""
    return Published(post_id=urn, url=f"{site.rstrip('/')}/feed/update/{urn}/", published_at=at)
