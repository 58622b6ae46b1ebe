"""Looks at live posts and edits them. Source: docs/networks/google_business.md, section 9.

A location's list has all its posts with their states. A post that it lacks is read by its name too; only both together
prove that it is gone. An edit names the fields that the versions differ in: what a person changed elsewhere stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from munadi.channels.editing import says as version_of
from munadi.channels.google_business.accounts import place_of
from munadi.channels.google_business.api import Api
from munadi.channels.google_business.spec import Options
from munadi.channels.google_business.wire import LIVE, PROCESSING, REJECTED, LocalPost, changing, says
from munadi.channels.looking import Look, are_many
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Attempt

NOT_FOUND = "NOT_FOUND"
VERDICTS = {LIVE: Verdict.LIVE, REJECTED: Verdict.REJECTED, PROCESSING: Verdict.PROCESSING}
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of a post")


def name_of(one: PostedObject, account: ConnectedAccount) -> str:
    """`accounts/{a}/locations/{l}/localPosts/{p}`."""
    return f"{place_of(account)}/localPosts/{one.id}"


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """A few by their names, more by the list of the location and then by name. Raises ChannelError."""
    seen, token, place = Look.at(objects), account.token, place_of(account)
    seen.failures |= {one.id: NO_ID for one in objects if not _is_id(one.id)}
    listed = await api.posts(token, place) if are_many(objects) else None
    states = {one.name: one.state for one in listed or ()}
    for one in seen.unread:
        if name_of(one, account) in states:
            seen.found[one.id] = _seen(states[name_of(one, account)])
    for one in seen.unread:
        if not seen.may_read():
            break
        try:
            seen.found[one.id] = _seen((await api.post(token, name_of(one, account))).state)
        except ChannelError as error:
            if error.provider_code != NOT_FOUND:
                seen.failed(error, [one])
            elif await _is_missing(api, one, account, listed):
                seen.found[one.id] = Seen(verdict=Verdict.GONE, word=NOT_FOUND)
            else:
                seen.failures[one.id] = Seen(verdict=Verdict.UNREADABLE, word="not found, and listed")
    return seen.seen()


async def edit(api: Api, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """PATCH of a post with the fields that change. Raises ChannelError."""
    new = _fields(version.new)
    changed = {name: value for name, value in new.items() if any(_fields(one)[name] != value for one in version.old)}
    await api.edit(account.token, name_of(version.object, account), changed or new, attempt.gate)


async def read(api: Api, version: Version, account: ConnectedAccount) -> Shown:
    """What the post says. Raises ChannelError."""
    name = name_of(version.object, account)
    try:
        post = await api.post(account.token, name)
    except ChannelError as error:
        if error.provider_code != NOT_FOUND:
            raise
        is_gone = await _is_missing(api, version.object, account, None)
        return Shown(says=Says.GONE if is_gone else Says.NOTHING, word=NOT_FOUND)

    def is_exact(draft: Draft) -> bool:
        return says(post, draft, Options.model_validate(draft.options), exact=True)

    def is_alike(draft: Draft) -> bool:
        return says(post, draft, Options.model_validate(draft.options))

    return Shown(says=version_of(version, is_exact, is_alike), word="" if post.state == LIVE else post.state)


async def _is_missing(
    api: Api, one: PostedObject, account: ConnectedAccount, listed: Sequence[LocalPost] | None
) -> bool:
    """Whether the list lacks a post that is not found by its name: where the location is not found either, none is.

    Raises ChannelError, also for a list that says nothing, which an empty location has.
    """
    rows = listed if listed is not None else await api.posts(account.token, place_of(account))
    if not rows:
        await api.location(account.token, account.external_id)
    return rows is not None and all(row.name != name_of(one, account) for row in rows)


def _fields(draft: Draft) -> dict[str, Any]:
    return changing(draft, Options.model_validate(draft.options))


def _seen(state: str) -> Seen:
    verdict = VERDICTS.get(state, Verdict.LIMITED)
    return Seen(verdict=verdict, word="" if verdict is Verdict.LIVE else state)


def _is_id(text: str) -> bool:
    """Whether it can be the last part of a name: one that is none would read something else."""
    return text.isascii() and text.replace("-", "").replace("_", "").isalnum()
