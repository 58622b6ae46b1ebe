"""Edits live Pins. Source: docs/networks/pinterest.md, section 9.

PATCH changes what it names, so only fields that the versions differ in are sent, and compared: what a person changed
elsewhere on the Pin stays. Equal requests have one effect. The picture and the board stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from munadi.channels.answers import text_in
from munadi.channels.editing import says
from munadi.channels.http import Request, no_proof
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.errors import failure
from munadi.channels.pinterest.removing import absent
from munadi.channels.pinterest.wire import alt_of, id_in
from munadi.channels.text import collapsed
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.withdrawal import Verdict
from munadi.ports import Answer, Attempt

LINK = "link"
FIELDS: Mapping[str, Callable[[Draft], str]] = {
    "title": lambda draft: str(draft.options.get("title") or ""),
    "description": lambda draft: draft.text,
    LINK: lambda draft: draft.link or "",
    "alt_text": alt_of,
}


async def edit(api: Api, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """PATCH of a Pin with the fields that change; an empty text removes one. Raises ChannelError."""
    body = {name: FIELDS[name](version.new) for name in _changing(version)}

    def is_edited(answer: Answer) -> bool:
        return id_in(answer) == version.object.id

    url = f"{api.base}/pins/{version.object.id}"
    await api.edits.send(Request("PATCH", url, token=account.token, json=body, proof=is_edited), attempt.gate)


async def read(api: Api, version: Version, account: ConnectedAccount) -> Shown:
    """The Pin as its owner sees it. GONE by its board, as for a look. Raises ChannelError, also for another's Pin."""
    try:
        pin = await api.get(f"pins/{version.object.id}", account.token)
    except ChannelError as error:
        code = error.provider_code or ""
        if not code.startswith("404/"):
            raise
        found = await absent(api, version.object, account, code)
        return Shown(says=Says.GONE if found.verdict is Verdict.GONE else Says.NOTHING, word=found.word)
    if id_in(pin) != version.object.id:
        raise no_proof(pin, [account.token])
    if pin.field("is_owner") is False:
        message = "the pin belongs to another account of a shared board: only its owner edits it"
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, message, Effect.REJECTED)
    shown = {name: text_in(pin.body, name) or "" for name in _changing(version)}

    def is_exact(draft: Draft) -> bool:
        return all(FIELDS[name](draft).strip() == text.strip() for name, text in shown.items())

    def is_alike(draft: Draft) -> bool:
        return all(_alike(name, FIELDS[name](draft)) == _alike(name, text) for name, text in shown.items())

    return Shown(says=says(version, is_exact, is_alike))


def _changing(version: Version) -> Sequence[str]:
    """The fields that an earlier version may show otherwise."""
    found = [name for name, of in FIELDS.items() if any(of(one) != of(version.new) for one in version.old)]
    return found or list(FIELDS)


def _alike(name: str, text: str) -> str:
    """A text as Pinterest may show it. It may write a link in another form (unverified): its scheme, a last slash."""
    if name != LINK:
        return collapsed(text)
    parts = urlsplit(text)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{parts.query}#{parts.fragment}"
