"""What Nostr takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.nostr.spec import LEADS, MAX_TEXT, TEXT, Options
from munadi.channels.rules import Rules
from munadi.channels.text import Problems
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import TextLimit
from munadi.domain.content import Draft


class NostrRules(Rules[Options]):
    """The steps are the later parts, each an answer to the part before, and the first comment."""

    needs, leads = ("text", "media"), LEADS

    def limits(self, pointer: str, draft: Draft, account: ConnectedAccount | None) -> Sequence[TextLimit]:
        """What the account's relay takes, where that is less."""
        longest = account.facts.get("longest") if account else None
        most = min(MAX_TEXT, longest) if isinstance(longest, int) else MAX_TEXT
        return (TEXT.model_copy(update={"maximum": most}),)

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report media of an account that has nowhere to put them."""
        if draft.media and account is not None and not account.facts.get("servers"):
            message = "has no media server for this account: publish its list (kind 10063) and connect it again, or set"
            message = f"{message} MUNADI_CHANNELS__NOSTR__MEDIA_SERVERS"
            found.add("/media", "FEATURE_NOT_ELIGIBLE", "media_server", message, 0, len(draft.media))
