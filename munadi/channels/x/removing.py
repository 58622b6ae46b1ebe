"""Takes posts back, and looks whether they are there. Source: docs/networks/x.md, section 9.

Both cost money: a removal, and each post that a look returns. A missing post is free, so all are asked for by their
ids, a hundred in one call. Only where none is there is something else read, as a control: the account's newest posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import Request, given_id, no_proof
from munadi.channels.looking import Look, batches
from munadi.channels.x.api import MOST_READ, Api
from munadi.channels.x.wire import HISTORY
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer, Attempt

# The name of a missing post: the last part of a problem's type.
ABSENT = "resource-not-found"
LONGEST_ID = 19
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of X")
LISTED = Seen(verdict=Verdict.UNREADABLE, word=f"{ABSENT}, but listed")


async def remove(api: Api, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
    """DELETE /tweets/{id}, which removes all versions of an edited post. Raises ChannelError."""
    url = f"{api.base}/tweets/{quote(one.id, safe='')}"
    await api.removals.send(Request("DELETE", url, token=account.token, proof=_is_removed), attempt.gate)


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """By ids. GONE for what X does not find, if it shows another of them, or the account's list without them.

    Raises ChannelError when nothing can be read.
    """
    look, absent = Look(objects, None), set[str]()
    look.failures |= {one.id: NO_ID for one in objects if not is_post_id(one.id)}
    for batch in batches(list(dict.fromkeys(one.id for one in look.unread)), MOST_READ):
        if look.has_ended:
            break
        try:
            absent |= await _read(api, account, batch, look)
        except ChannelError as error:
            look.failed(error, [one for one in objects if one.id in batch])
    if absent:
        await _prove(api, account, absent, look)
    return look.seen()


def is_post_id(text: str) -> bool:
    """Whether X takes it as an id: one that is none would spoil the answer about all others."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


async def _read(api: Api, account: ConnectedAccount, ids: Sequence[str], look: Look) -> set[str]:
    """Note what X shows of each post; those that it does not find. Raises ChannelError."""
    answer = await api.posts(account.token, ids)
    shown, problems = _by_id(answer, "data", "id"), _by_id(answer, "errors", "resource_id")
    if not shown and not problems:
        raise no_proof(answer, [account.token])
    absent = {one for one, problem in problems.items() if (text_in(problem, "type") or "").endswith(f"/{ABSENT}")}
    look.found |= {one: _shown(shown[one]) for one in ids if one in shown}
    look.failures |= {one: _unread(problems.get(one, {})) for one in ids if one not in shown and one not in absent}
    return {one for one in ids if one in absent and one not in shown}


async def _prove(api: Api, account: ConnectedAccount, absent: set[str], look: Look) -> None:
    """They are gone where X shows another one of the look, or lists the account's newest posts without them."""
    listed = set[str]()
    if not look.found:
        try:
            listed = await api.newest(account.token, account.external_id)
        except ChannelError as error:
            look.failed(error, [one for one in look.objects if one.id in absent])
            return
    look.found |= {one: Seen(verdict=Verdict.GONE, word=ABSENT) for one in absent - listed}
    look.failures |= dict.fromkeys(absent & listed, LISTED)


def _is_removed(answer: Answer) -> bool:
    return object_in(answer.body, "data").get("deleted") is True


def _by_id(answer: Answer, part: str, name: str) -> dict[str, dict[str, Any]]:
    """The rows of a part of an answer, by the post that each is about."""
    rows = answer.field(part)
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {found: row for row in known if (found := given_id(row.get(name)) or given_id(row.get("value")))}


def _unread(problem: Mapping[str, Any]) -> Seen:
    """A post that X neither shows nor calls missing, such as that of a suspended account."""
    word = text_in(problem, "title") or text_in(problem, "detail") or "not returned"
    return Seen(verdict=Verdict.UNREADABLE, word=word)


def _shown(post: Mapping[str, Any]) -> Seen:
    withheld = object_in(post, "withheld")
    if withheld:
        return Seen(verdict=Verdict.LIMITED, word=_withheld(withheld))
    if post.get("possibly_sensitive") is True:
        return Seen(verdict=Verdict.LIMITED, word="possibly_sensitive")
    versions = next((post[name] for name in HISTORY if name in post), None)
    return Seen(verdict=Verdict.LIVE, word="edited" if isinstance(versions, list) and len(versions) > 1 else "")


def _withheld(withheld: Mapping[str, Any]) -> str:
    """Where a post is not shown, and whether that is for its copyright."""
    countries = withheld.get("country_codes")
    named = ", ".join(str(one) for one in countries) if isinstance(countries, list) and countries else "everywhere"
    return f"withheld for copyright: {named}" if withheld.get("copyright") is True else f"withheld: {named}"
