"""Edits live posts. Source: docs/networks/mastodon.md, section 9.

The PUT replaces: what it leaves out is lost. So the post is read first, and all that stays is sent again. An equal PUT
does nothing, so a repetition is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from munadi.channels.answers import object_in
from munadi.channels.editing import says
from munadi.channels.http import given, given_id, no_proof
from munadi.channels.mastodon.api import Server
from munadi.channels.mastodon.errors import failure
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.looking import ABSENT, knows, shown_alone
from munadi.channels.mastodon.spec import Options
from munadi.channels.mastodon.wire import same_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown, Version
from munadi.ports import Answer, Attempt

BY_HAND = "Open the post at the account's server, then More, Edit."
SNAC = EditRule(because=f"Its server, snac, gives an edited post another id, so it could be lost. {BY_HAND}")
POLL = EditRule(because=f"An edit would reset the time or the votes of its poll. {BY_HAND}")


def rule_of(draft: Draft, account: ConnectedAccount, rule: EditRule) -> EditRule:
    """How a post at this account's server is edited."""
    if not Instance.of(account).keeps_ids:
        return SNAC
    return POLL if draft.options.get("poll") else rule


async def edit(server: Server, version: Version, attempt: Attempt) -> None:
    """PUT /statuses/{id}, with everything that stays. Raises ChannelError."""
    status = await shown_alone(server, version.object)
    if status is None:
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, ABSENT, Effect.UNKNOWN)
    body, own_id = _body(version.new, status), version.object.id

    def is_edited(answer: Answer) -> bool:
        return given_id(answer.field("id")) == own_id

    request = server.request("PUT", f"api/v1/statuses/{quote(own_id, safe='')}", json=body, proof=is_edited)
    await server.edits.send(request, attempt.gate)


async def read(server: Server, version: Version, account: ConnectedAccount) -> Shown:
    """The text and the warning as they were sent. Raises ChannelError.

    GONE if the account itself is shown.
    """
    status = await shown_alone(server, version.object)
    if status is None:
        known = await knows(server, account)
        return Shown(says=Says.GONE if known else Says.NOTHING, word=ABSENT)
    source = await server.call("GET", f"api/v1/statuses/{quote(version.object.id, safe='')}/source")
    text, warning = source.field("text"), source.field("spoiler_text")
    if not isinstance(text, str) or not isinstance(warning, str):
        raise no_proof(source)

    def is_exact(draft: Draft) -> bool:
        return (draft.text.strip(), _warning(draft)) == (text.strip(), warning)

    def is_alike(draft: Draft) -> bool:
        options = Options.model_validate(draft.options)
        return _warning(draft) == warning and same_text(text, draft.text, options)

    return Shown(says=says(version, is_exact, is_alike), word="edited" if status.get("edited_at") else "")


def _body(draft: Draft, status: Mapping[str, Any]) -> dict[str, Any]:
    options = Options.model_validate(draft.options)
    media = [object_in(one) for one in status.get("media_attachments") or ()]
    described = [{"id": one.get("id"), "description": one.get("description") or ""} for one in media]
    stays = {"language": status.get("language"), "quote_approval_policy": options.quote_policy}
    return {
        "status": draft.text,
        "spoiler_text": options.content_warning or "",
        "sensitive": bool(status.get("sensitive")),
        "media_ids": [one.get("id") for one in media],
        **({"media_attributes": described} if media else {}),
        **given(stays),
    }


def _warning(draft: Draft) -> str:
    return Options.model_validate(draft.options).content_warning or ""
