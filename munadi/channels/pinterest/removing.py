"""Takes pins back, and looks at one (`looking`: at many). Source: docs/networks/pinterest.md, section 9.

On a shared board the call for a removal also reaches pins of others, so a look that shows such a pin ends it. A pin is
proven gone by its board, which is read with the same token and does not list it: the board's id is the `version` of a
posted object.
"""

from __future__ import annotations

from munadi.channels.answers import text_in
from munadi.channels.http import Request, no_proof
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.errors import failure
from munadi.channels.pinterest.wire import id_in
from munadi.channels.removing import is_no_content
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Attempt

PUBLIC = "PUBLIC"


async def remove(api: Api, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
    """DELETE of a pin. Raises ChannelError."""
    url = f"{api.base}/pins/{one.id}"
    await api.removals.send(Request("DELETE", url, token=account.token, proof=is_no_content), attempt.gate)


async def seen(api: Api, one: PostedObject, account: ConnectedAccount) -> Seen:
    """The pin and its board. Raises ChannelError, also for the pin of another account."""
    try:
        pin = await api.get(f"pins/{one.id}", account.token)
    except ChannelError as error:
        if not (error.provider_code or "").startswith("404/"):
            raise
        return await absent(api, one, account, error.provider_code or "")
    if id_in(pin) != one.id:
        raise no_proof(pin, [account.token])
    if pin.field("is_owner") is False:
        message = "the pin belongs to another account of a shared board: only its owner removes it"
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, message, Effect.REJECTED)
    return shown_on(await privacy_of(api, account, text_in(pin.body, "board_id") or one.version or ""))


def shown_on(privacy: str | None) -> Seen:
    """A pin that is there, on a board that so many see."""
    if privacy == PUBLIC:
        return Seen(verdict=Verdict.LIVE)
    return Seen(verdict=Verdict.LIMITED, word=f"board {privacy or 'not shown to this connection'}")


async def absent(api: Api, one: PostedObject, account: ConnectedAccount, code: str) -> Seen:
    """What a 404 means: gone, or on a board that the connection may not see."""
    if one.version is None or await privacy_of(api, account, one.version) is None:
        return Seen(verdict=Verdict.UNREADABLE, word=f"{code}, and its board cannot be read")
    if one.id in await api.newest(account.token, one.version):
        return Seen(verdict=Verdict.UNREADABLE, word=f"{code}, but listed")
    return Seen(verdict=Verdict.GONE, word=code)


async def privacy_of(api: Api, account: ConnectedAccount, board_id: str) -> str | None:
    """Who sees a board; None where the connection does not. Raises ChannelError."""
    try:
        board = await api.get(f"boards/{board_id}", account.token)
    except ChannelError as error:
        if error.reason is not Reason.TARGET_NOT_ACCESSIBLE:
            raise
        return None
    if id_in(board) is None:
        raise no_proof(board, [account.token])
    return text_in(board.body, "privacy") or PUBLIC
