"""What Discord takes and how a post is planned, before anything is sent. Pure. Without an account, a bot posts."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.discord.accounts import fact, is_webhook
from munadi.channels.discord.spec import MAX_REQUEST, Options
from munadi.channels.rules import Rules
from munadi.channels.text import Problems, is_blank
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft


class DiscordRules(Rules[Options]):
    """The steps are the later parts, each an answer to the part before; a webhook can answer nothing."""

    needs = ("text", "media", "embed")

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report files that are too large together, and parts that a webhook cannot post."""
        message = "takes fewer bytes of files in one message"
        found.at_most(MAX_REQUEST, draft.media_bytes, "/media", "MEDIA_TOO_LARGE", "visible_bytes", message)
        if draft.parts and is_webhook(account):
            message = "has no replies by a webhook, which each part is: connect a bot, or make it one post"
            found.add("/parts", "FEATURE_NOT_ELIGIBLE", "parts_need_bot", message, 0, len(draft.parts))

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report an empty embed, and what only a webhook, or only a bot's channel, has."""
        embed = options.embed
        if embed is not None and is_blank(embed.title or "") and is_blank(embed.description or ""):
            found.add("/options/embed", "INVALID_OPTION", "embed_empty", "needs a title or a description in an embed")
        if options.username is not None:
            if account is not None and not is_webhook(account):
                message = "shows the name of the bot: only a webhook can post under another one"
                found.add("/options/username", "OPTION_NOT_FOR_KIND", "username_of_webhook", message)
            if any(word in options.username.casefold() for word in ("discord", "clyde")):
                message = "takes no name with 'discord' or 'clyde' in it"
                found.add("/options/username", "INVALID_OPTION", "username_word", message)
        if options.thread_id is not None and fact(account, "type") == "thread":
            message = "has no threads in a thread, which this account is"
            found.add("/options/threadId", "OPTION_NOT_FOR_KIND", "thread_in_thread", message)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to see that the channel is still there, and to make renditions."""
        return self.spec.lead
