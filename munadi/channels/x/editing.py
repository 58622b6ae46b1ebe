"""Why a live post is not edited at X. Source: docs/networks/x.md, section 9, and docs/decisions/041.

An edit is a request that makes a post: it returns another id, costs what a post costs, and uses one of a few edits.
"""

from __future__ import annotations

from munadi.channels.x.accounts import is_premium
from munadi.channels.x.spec import Options
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule

INSTEAD = "Withdraw it and publish it again."
POLL = EditRule(because=f"X lets nobody edit a post with a poll. {INSTEAD}")
NOT_PREMIUM = EditRule(
    because=f"X lets only Premium accounts edit posts, and this account had no Premium at its last check. {INSTEAD}"
)


def rule_of(draft: Draft, account: ConnectedAccount, rule: EditRule) -> EditRule:
    """Why this post is not edited, and what a person can do."""
    if Options.model_validate(draft.options).poll:
        return POLL
    return rule if is_premium(account) else NOT_PREMIUM
