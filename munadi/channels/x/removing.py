"""Takes posts back, and looks whether they are there. Source: docs/networks/x.md, section 9.

Both cost money: a removal, and each post that a look returns. A missing post is free, so all are asked for by their ids
in one call. Only where none is there is something else read, as a control: the account's newest posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import Request, given_id, no_proof
from munadi.channels.x.api import Api
from munadi.channels.x.wire import HISTORY
from munadi.domain.account import ConnectedAccount
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer, Attempt

# The name of a missing post: the last part of a problem's type.
ABSENT = "resource-not-found"


async def remove(api: Api, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
    """DELETE /tweets/{id}, which removes all versions of an edited post. Raises ChannelError."""
    url = f"{api.base}/tweets/{quote(one.id, safe='')}"
    await api.removals.send(Request("DELETE", url, token=account.token, proof=_is_removed), attempt.gate)


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """By ids. GONE for what X does not find, if it shows another of them, or the account's list without them.

    Raises ChannelError.
    """
    answer = await api.posts(account.token, [one.id for one in objects])
    shown, problems = _by_id(answer, "data", "id"), _by_id(answer, "errors", "resource_id")
    if not shown and not problems:
        raise no_proof(answer, [account.token])
    absent = {one for one, problem in problems.items() if (text_in(problem, "type") or "").endswith(f"/{ABSENT}")}
    listed = set[str]()
    if absent and not shown:
        listed = await api.newest(account.token, account.external_id)
    return [_seen(shown.get(one.id), problems.get(one.id, {}), one.id in absent - listed) for one in objects]


def _is_removed(answer: Answer) -> bool:
    return object_in(answer.body, "data").get("deleted") is True


def _by_id(answer: Answer, part: str, name: str) -> dict[str, dict[str, Any]]:
    """The rows of a part of an answer, by the post that each is about."""
    rows = answer.field(part)
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {found: row for row in known if (found := given_id(row.get(name)) or given_id(row.get("value")))}


def _seen(post: Mapping[str, Any] | None, problem: Mapping[str, Any], is_gone: bool) -> Seen:
    if post is not None:
        return _shown(post)
    if is_gone:
        return Seen(verdict=Verdict.GONE, word=ABSENT)
    word = text_in(problem, "title") or text_in(problem, "detail") or "not returned"
    return Seen(verdict=Verdict.UNREADABLE, word=word)


def _shown(post: Mapping[str, Any]) -> Seen:
    withheld = object_in(post, "withheld")
    if withheld:
        countries = withheld.get("country_codes")
        named = ", ".join(str(one) for one in countries) if isinstance(countries, list) else "everywhere"
        return Seen(verdict=Verdict.LIMITED, word=f"withheld: {named}")
    versions = next((post[name] for name in HISTORY if name in post), None)
    return Seen(verdict=Verdict.LIVE, word="edited" if isinstance(versions, list) and len(versions) > 1 else "")
