"""Edits the text of live posts. Source: docs/networks/linkedin.md, section 9.

A page's post is read back. No app may read a member's: there the repetition of the equal request is the look.
"""

from __future__ import annotations

from munadi.channels.editing import says_text
from munadi.channels.http import no_proof
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.commentary import little_text, plain
from munadi.channels.linkedin.removing import seen
from munadi.channels.linkedin.spec import Options, is_page
from munadi.channels.linkedin.wire import ABSENT_TEXT
from munadi.channels.removing import is_no_content
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.withdrawal import Verdict
from munadi.ports import Attempt


async def edit(api: Api, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """A partial update of the text, answered with 204. Raises ChannelError."""
    options = Options.model_validate(version.new.options)
    body = {"patch": {"$set": {"commentary": little_text(version.new.text, options.mentions)}}}
    headers = {"x-restli-method": "PARTIAL_UPDATE"}
    path = api.post(version.object.id)
    request = api.request("POST", path, account.token, headers=headers, json=body, proof=is_no_content)
    await api.removals.send(request, attempt.gate)


async def read(api: Api, version: Version, account: ConnectedAccount) -> Shown:
    """A page's post, as its author sees it. Raises ChannelError."""
    if not is_page(account):
        return Shown(says=Says.NOTHING, blind=True)
    try:
        answer = await api.shown_post(account.token, version.object.id)
    except ChannelError as error:
        if error.reason is not Reason.TARGET_NOT_ACCESSIBLE:
            raise
        found = await seen(api, version.object, account)
        return Shown(says=Says.GONE if found.verdict is Verdict.GONE else Says.NOTHING, word=found.word)
    text = answer.field("commentary") or ABSENT_TEXT
    if answer.field("id") != version.object.id or not isinstance(text, str):
        raise no_proof(answer, [account.token])
    return Shown(says=says_text(version, plain(text)))
