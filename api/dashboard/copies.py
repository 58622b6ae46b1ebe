"""The copies of posts. A failed post shows its copies, so that nobody publishes the same post twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.dashboard.page_data import Reader
from api.deps import MAX_PAGE
from api.process.services import Services
from munadi.db.contents.copies import copies_of
from munadi.domain.content import ContentStatus

Json = dict[str, Any]
# A page names the newest copies of a post.
SHOWN = 3
# Of a copy with which nothing is published.
_GONE = frozenset({ContentStatus.FAILED.value, ContentStatus.CANCELED.value})


async def made_copies(reader: Reader, services: Services, posts: Sequence[Json]) -> dict[str, list[Json]]:
    """Per post, its newest copies in its own brand as the API returns them now; `publishedAt` is the time of the first
    publication. Posts without a copy are missing."""
    async with services.database.read() as session:
        found = await copies_of(session, [post["id"] for post in posts])
    wanted = [each for made in found.values() for each in made[:SHOWN]][:MAX_PAGE]
    read = (await reader.get("/v1/contents", id=wanted))["data"] if wanted else ()
    by_id = {copy["id"]: {**copy, "publishedAt": _published_at(copy)} for copy in read}
    brands = {post["id"]: post["brandRef"] for post in posts}
    copies = {
        copied: [by_id[each] for each in made if each in by_id and by_id[each]["brandRef"] == brands[copied]]
        for copied, made in found.items()
    }
    return {copied: made for copied, made in copies.items() if made}


def with_a_live_copy(copies: Mapping[str, list[Json]]) -> frozenset[str]:
    """The posts with a copy that is planned, under way or out: a retry would publish the same a second time."""
    return frozenset(copied for copied, made in copies.items() if any(each["status"] not in _GONE for each in made))


def _published_at(post: Json) -> str | None:
    return min((each["publishedAt"] for each in post["publications"] if each["publishedAt"]), default=None)
