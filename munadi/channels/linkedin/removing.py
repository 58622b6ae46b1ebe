"""Takes posts back, and looks at one post of a page (`looking`: at many). Source: docs/networks/linkedin.md, section 9.

A DELETE is idempotent: 204 also says that the post was gone already. At a member nothing can be read, so the repetition
is the look. The same holds for a page whose only post is removed: a 404 proves nothing without another post that is
read with the same token.
"""

from __future__ import annotations

from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import no_proof
from munadi.channels.linkedin.api import Api
from munadi.channels.removing import is_no_content
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Attempt

ABSENT = "NOT_FOUND"
STATES = {
    "PUBLISHED": Verdict.LIVE,
    "PUBLISH_REQUESTED": Verdict.PROCESSING,
    "PUBLISH_FAILED": Verdict.REJECTED,
}


async def remove(api: Api, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
    """DELETE of a post. Raises ChannelError."""
    headers = {"x-restli-method": "DELETE"}
    request = api.request("DELETE", api.post(one.id), account.token, headers=headers, proof=is_no_content)
    await api.removals.send(request, attempt.gate)


async def seen(api: Api, one: PostedObject, account: ConnectedAccount) -> Seen:
    """A page's post, as its author sees it. Raises ChannelError."""
    try:
        answer = await api.shown_post(account.token, one.id)
    except ChannelError as error:
        if error.reason is not Reason.TARGET_NOT_ACCESSIBLE:
            raise
        return await _absent(api, one, account)
    if text_in(answer.body, "id") is None:
        raise no_proof(answer, [account.token])
    return shown(answer.body)


async def _absent(api: Api, one: PostedObject, account: ConnectedAccount) -> Seen:
    """What a 404 means: the list of the page's posts is the control. It lags, in both directions."""
    listed = {row.id for row in await api.page_of_posts(account.token, account.external_id)}
    if one.id in listed:
        return Seen(verdict=Verdict.UNREADABLE, word="NOT_FOUND, but listed")
    if listed:
        return Seen(verdict=Verdict.GONE, word=ABSENT)
    return Seen(verdict=Verdict.UNREADABLE, word="NOT_FOUND, and the page shows no other post", blind=True)


def shown(post: Any) -> Seen:
    """What a post's fields say about who sees it."""
    state, visibility = text_in(post, "lifecycleState") or "", text_in(post, "visibility") or "PUBLIC"
    verdict = STATES.get(state or "PUBLISHED", Verdict.LIMITED)
    if verdict is not Verdict.LIVE:
        return Seen(verdict=verdict, word=state)
    if visibility != "PUBLIC":
        return Seen(verdict=Verdict.LIMITED, word=visibility)
    if text_in(post, "distribution", "feedDistribution") == "NONE":
        return Seen(verdict=Verdict.LIMITED, word="feedDistribution NONE")
    edited = object_in(post, "lifecycleStateInfo").get("isEditedByAuthor") is True
    return Seen(verdict=Verdict.LIVE, word="edited" if edited else "")
