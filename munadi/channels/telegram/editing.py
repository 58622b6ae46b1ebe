"""Edits live messages: a text, or the caption of a file or of an album's first one.

Source: docs/networks/telegram.md, section 9.

A bot cannot read what a message says. So a repetition is the look: Telegram refuses an equal edit as "not modified",
which proves that the message says so.
"""

from __future__ import annotations

import json

from munadi.channels.telegram.api import Api
from munadi.channels.telegram.looking import look
from munadi.channels.telegram.removing import chat_of_object
from munadi.channels.telegram.spec import Options
from munadi.channels.telegram.wire import Form, caption_form, text_form
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.withdrawal import Verdict
from munadi.ports import Attempt

NOT_MODIFIED = "message_is_not_modified"
POLL = EditRule(because="A poll can only be stopped. Do that in the chat, and publish another one.")


def rule_of(draft: Draft, rule: EditRule) -> EditRule:
    """Of a poll nothing can be edited."""
    return POLL if draft.options.get("poll") else rule


async def edit(api: Api, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """editMessageText or editMessageCaption. Raises ChannelError."""
    one, draft = version.object, version.new
    options = Options.model_validate(draft.options)
    method, form = _call(draft, options)
    form = {"chat_id": chat_of_object(one, account), "message_id": one.id, **form}
    try:
        await api.edit(account.token, method, form, int(one.id), attempt.gate)
    except ChannelError as error:
        if not (error.provider_code or "").startswith(NOT_MODIFIED):
            raise


async def read(api: Api, version: Version, account: ConnectedAccount) -> Shown:
    """Whether the message is there: what it says is shown to no bot. Raises ChannelError."""
    [seen] = await look(api, [version.object], account)
    if seen.verdict is Verdict.GONE:
        return Shown(says=Says.GONE, word=seen.word)
    return Shown(says=Says.NOTHING, word=seen.word, blind=True)


def _call(draft: Draft, options: Options) -> tuple[str, Form]:
    if not draft.media:
        return "editMessageText", text_form(draft.text, options)
    caption = caption_form(draft.text, options)
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in caption.items()}
    return "editMessageCaption", form or {"caption": ""}
