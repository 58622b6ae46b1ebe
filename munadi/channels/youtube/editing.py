"""Edits the title and the description of live videos. Source: docs/networks/youtube.md, section 9.

The update replaces the whole snippet, and deletes what is left out. So the snippet is read first, and every field of it
that can be written is sent again. No other part is sent: a status without its privacy could publish a private video.
"""

from __future__ import annotations

from typing import Any

from munadi.channels.editing import says
from munadi.channels.text import collapsed
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import Options
from munadi.channels.youtube.wire import title_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Says, Shown, Version
from munadi.ports import Attempt

ABSENT = "videoNotFound"
WRITABLE = ("title", "description", "categoryId", "tags", "defaultLanguage", "defaultAudioLanguage")


async def edit(api: Api, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """videos.update of the snippet. Raises ChannelError."""
    snippet = await api.snippet(account, version.object.id)
    if snippet is None:
        message = "YouTube: it has no such video, or does not show it to this connection"
        raise ChannelError(Reason.TARGET_NOT_ACCESSIBLE, Effect.UNKNOWN, message, provider_code=ABSENT)
    title, description = _words(version.new)
    kept = {name: snippet[name] for name in WRITABLE if name in snippet}
    merged: dict[str, Any] = {**kept, "title": title, "description": description}
    await api.update_snippet(account, version.object.id, merged, attempt.gate)


async def read(api: Api, version: Version, account: ConnectedAccount) -> Shown:
    """As the channel's owner sees it. GONE if the token's channel is the account's. Raises ChannelError."""
    snippet = await api.snippet(account, version.object.id)
    if snippet is None:
        owner = await api.own_channel(account.token)
        is_own = owner.external_id == account.external_id
        return Shown(says=Says.GONE if is_own else Says.NOTHING, word=ABSENT)
    shown = str(snippet.get("title") or ""), str(snippet.get("description") or "")

    def is_exact(draft: Draft) -> bool:
        return tuple(one.strip() for one in _words(draft)) == tuple(one.strip() for one in shown)

    def is_alike(draft: Draft) -> bool:
        return [collapsed(one) for one in _words(draft)] == [collapsed(one) for one in shown]

    return Shown(says=says(version, is_exact, is_alike))


def _words(draft: Draft) -> tuple[str, str]:
    return title_of(draft, Options.model_validate(draft.options)), draft.text
