"""Takes posts back. Source: docs/networks/mastodon.md, section 9.

A 404 never proves a removal: it also comes for the post of another account, and from a server that has no removal.
"""

from __future__ import annotations

from munadi.channels.http import given_id
from munadi.channels.mastodon.api import Server
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.looking import path_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.withdrawal import PostedObject
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule
from munadi.ports import Answer, Attempt

# The first API version that deletes a post's media with it; otherwise they stay attachable for a day.
DELETES_MEDIA = 4
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
    request = server.request("DELETE", path_of(one), params=params, proof=is_removed)
    await server.removals.send(request, attempt.gate)
