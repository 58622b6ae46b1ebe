"""Takes posts back, and looks whether they are there. Source: docs/networks/mastodon.md, section 9.

A 404 never proves a removal: it also comes for the post of another account, and from a server that has no removal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import given_id, no_proof
from munadi.channels.mastodon.api import Server
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.spec import HIDDEN
from munadi.domain.account import ConnectedAccount
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule
from munadi.ports import Answer, Attempt

# A list of more ids is refused with 422.
MOST_IDS = 20
# The first API version that deletes a post's media with it; otherwise they stay attachable for a day.
DELETES_MEDIA = 4
ABSENT = "Record not found"
NO_REMOVAL = WithdrawalRule(
    kind=Removal.NONE,
    by_hand="Its server, snac, lets no app remove a post: log in to its own page there, find the post and delete it.",
)


def rule_of(account: ConnectedAccount, rule: WithdrawalRule) -> WithdrawalRule:
    """How this account's server takes a post back: snac answers every DELETE with 404, and does nothing."""
    return rule if Instance.of(account).removes_posts else NO_REMOVAL


async def remove(server: Server, one: PostedObject, instance: Instance, attempt: Attempt) -> None:
    """DELETE /statuses/{id}. Raises ChannelError."""

    def is_removed(answer: Answer) -> bool:
        # Pleroma and Akkoma answer with an empty object instead of the post.
        return given_id(answer.field("id")) == one.id or (answer.body == {} and not instance.is_mastodon)

    params = {"delete_media": "true"} if instance.api >= DELETES_MEDIA else None
    request = server.request("DELETE", _path(one), params=params, proof=is_removed)
    await server.removals.send(request, attempt.gate)


async def look(server: Server, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """As the account itself sees them: in lists of 20 where the server has them, else one by one. Raises ChannelError.

    GONE if another one was shown, or if the account itself is.
    """
    instance = Instance.of(account)
    shown = await (_listed if instance.lists_by_id else _one_by_one)(server, objects)
    if not any(shown) and not await knows(server, account):
        return [Seen(verdict=Verdict.UNREADABLE, word="the token is another account's")] * len(objects)
    return [_seen(one, instance) for one in shown]


async def _listed(server: Server, objects: Sequence[PostedObject]) -> list[dict[str, Any] | None]:
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(objects), MOST_IDS):
        query = urlencode([("id[]", one.id) for one in objects[start : start + MOST_IDS]])
        answer = await server.call("GET", f"api/v1/statuses?{query}")
        if not isinstance(answer.body, list) or not all(isinstance(one, dict) for one in answer.body):
            raise no_proof(answer)
        found |= {str(given_id(one.get("id"))): one for one in answer.body}
    return [found.get(one.id) for one in objects]


async def _one_by_one(server: Server, objects: Sequence[PostedObject]) -> list[dict[str, Any] | None]:
    return [await shown_alone(server, one) for one in objects]


async def shown_alone(server: Server, one: PostedObject) -> dict[str, Any] | None:
    """The post as the account sees it; None where there is none. Raises ChannelError."""
    answer = await server.call("GET", _path(one), also_ok={404})
    if answer.status == 404 and isinstance(answer.field("error"), str):
        return None
    if answer.status == 404 or given_id(answer.field("id")) != one.id:
        raise no_proof(answer)
    return object_in(answer.body)


async def knows(server: Server, account: ConnectedAccount) -> bool:
    """The control: whether the server shows the account itself."""
    answer = await server.call("GET", "api/v1/accounts/verify_credentials")
    return given_id(answer.field("id")) == account.external_id.partition("@")[0]


def _seen(status: Mapping[str, Any] | None, instance: Instance) -> Seen:
    if status is None:
        return Seen(verdict=Verdict.GONE if instance.keeps_ids else Verdict.UNSEEN, word=ABSENT)
    owner, visibility = object_in(status, "account"), text_in(status, "visibility")
    if owner.get("suspended") is True:
        return Seen(verdict=Verdict.REJECTED, word="suspended")
    if owner.get("limited") is True:
        return Seen(verdict=Verdict.LIMITED, word="limited")
    if visibility in HIDDEN:
        return Seen(verdict=Verdict.LIMITED, word=visibility)
    return Seen(verdict=Verdict.LIVE, word="edited" if status.get("edited_at") else "")


def _path(one: PostedObject) -> str:
    return f"api/v1/statuses/{quote(one.id, safe='')}"
