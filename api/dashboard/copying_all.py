"""Posts that failed because their account was disconnected, as drafts, once it is connected again.

Drafts, because nothing may go out twice: a person submits each one, and sees what became of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from api.dashboard.causes import Cause
from api.dashboard.copying import Copy, copies_as_new, keeps_its_time
from api.dashboard.page_data import Reader
from api.deps import MAX_PAGE
from api.process.services import Services
from munadi.db.contents.copies import drafts_of_copies

Json = dict[str, Any]
# One post has its own button.
FEWEST = 2


async def made_drafts(services: Services, posts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Per post that the viewer may see, the draft that is a copy of it. Posts without one are missing."""
    async with services.database.read() as session:
        return await drafts_of_copies(session, {post["brandRef"] for post in posts}, [post["id"] for post in posts])


def count_copies(causes: Sequence[Cause], copied: Collection[str], drafted: Collection[str]) -> None:
    """Fill in `with_copy` and `with_draft`. `copied`: posts with a live copy; `drafted`: those with a draft."""
    for cause in causes:
        ids = {post["id"] for post in cause.posts}
        cause.with_copy = len(ids & set(copied))
        cause.with_draft = len((ids & set(drafted)) - set(copied))


async def offer_drafts(reader: Reader, services: Services, causes: Sequence[Cause], done: Collection[str]) -> None:
    """Fill in `drafts`, the calls that copy what a disconnected account left. `done`: posts that have a copy."""
    for cause in causes:
        posts = [post for post in cause.posts if post["id"] not in done]
        if not cause.is_back or len(posts) < FEWEST:
            continue
        accounts = await reader.get_if_allowed("/v1/accounts", brandRef=posts[0]["brandRef"], limit=MAX_PAGE)
        if accounts is None:
            continue
        async with services.database.read() as session:
            copies = await copies_as_new(session, posts, accounts["data"])
        now = services.clock.now()
        cause.drafts = [
            {"path": "/v1/drafts", "body": draft_body(post, copy, keeps_time=keeps_its_time(post, now))}
            for post, copy in zip(posts, copies, strict=True)
        ]


def draft_body(post: Mapping[str, Any], copy: Copy, *, keeps_time: bool) -> Json:
    """A copy as the body of a draft, which has no accounts that are filled in and not chosen."""
    chosen = [each for each in copy.content["channels"] if each["accountId"] not in copy.off]
    content = {name: each for name, each in copy.content.items() if each not in (None, "", [])}
    time = {"scheduledAt": post["scheduledAt"]} if keeps_time else {}
    return {"brandRef": post["brandRef"], **content, "channels": chosen, **time}
