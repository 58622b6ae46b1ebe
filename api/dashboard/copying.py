"""A post as a new one: what the compose page fills its form in with, and what it says about that.

Where some of a post's publications failed, only these are chosen: what is out already must not go out twice.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from api.languages.catalogue import N_
from munadi.db.accounts.rows import successors
from munadi.db.contents.copies import COPY_OF
from munadi.db.contents.media import media_by_id
from munadi.db.contents.queries import sources_of
from munadi.domain.content import STORED_ON_WIRE
from munadi.domain.metadata import MAX_METADATA
from munadi.domain.publication import PublicationStatus

Json = dict[str, Any]
S = PublicationStatus

# Why an account is not chosen, by what became of the post there.
_NOT_CHOSEN: dict[str, str] = {
    S.PUBLISHED: N_("the post is there already"),
    S.UNCONFIRMED: N_("the post may be there already"),
}
_STILL_UNDER_WAY = N_("the post is still to be published there")
_CHOSEN = frozenset({S.FAILED.value, S.CANCELED.value})


@dataclass(frozen=True)
class Left:
    """An account that the form fills in and does not choose, with the reason as a message of the catalogue."""

    channel: str
    handle: str
    why: str


@dataclass
class Copy:
    """`content` is the body of a post, without a time. `off`: ids of accounts that are filled in and not chosen.
    `left`: the same with reasons; `missing_files`: how many were deleted; `gone`: channels whose account is no more."""

    post_id: str
    has_failed: bool
    content: Json = field(default_factory=dict)
    off: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    missing_files: int = 0


async def copies_as_new(
    session: AsyncSession, posts: Sequence[Mapping[str, Any]], accounts: Sequence[Json]
) -> list[Copy]:
    """The copies of posts that the viewer may see, as the API returned them. They and `accounts` are of one brand."""
    sources = await sources_of(session, [post["id"] for post in posts])
    named = {each for source in sources.values() for each in _named(source)}
    there = set(await media_by_id(session, posts[0]["brandRef"], named)) if posts else set()
    back = await successors(session, {each["accountId"] for post in posts for each in post["publications"]})
    return [_copy(post, sources[post["id"]], there, accounts, back) for post in posts]


def keeps_its_time(post: Mapping[str, Any], now: datetime) -> bool:
    """Whether a copy is for the same time: the post failed before it, as with an account that was disconnected."""
    return bool(post["status"] == S.FAILED and datetime.fromisoformat(post["scheduledAt"]) > now)


def _named(source: Mapping[str, Any]) -> set[str]:
    return {each["id"] for part in (source, *source["channels"]) for each in part.get("media") or ()}


def _copy(
    post: Mapping[str, Any],
    source: Mapping[str, Any],
    there: set[str],
    accounts: Sequence[Json],
    back: Mapping[str, str],
) -> Copy:
    has_failed = any(each["status"] == S.FAILED for each in post["publications"])
    copy = Copy(post["id"], has_failed)
    copy.missing_files = len(_named(source) - there)
    copy.content = {
        **{name: source[name] for name in STORED_ON_WIRE if name in source},
        "text": source.get("text"),
        "link": source.get("link"),
        "media": files_of(source, there),
        "metadata": _metadata(source.get("metadata") or {}, post["id"]),
        "channels": [entry_of(each, there) for each in source["channels"]],
    }
    _choose(copy, post["publications"], accounts, back)
    return copy


def _metadata(named: Mapping[str, str], post_id: str) -> dict[str, str]:
    """The post's own, and that it is a copy. What another program named stays when there is no room for one more."""
    marked = {**named, COPY_OF: post_id}
    return marked if len(marked) <= MAX_METADATA else dict(named)


def files_of(part: Mapping[str, Any], there: Container[str] | None = None) -> list[Json]:
    """The files of a post or of one of its channels; only those in `there`, if it is given."""
    named = [each for each in part.get("media") or () if there is None or each["id"] in there]
    return [{"id": each["id"], "alt": each.get("alt")} for each in named]


def entry_of(sent: Mapping[str, Any], there: Container[str] | None = None) -> Json:
    """What one account shows. Without files of its own it has those of the post."""
    return {**sent, "media": files_of(sent, there)} if sent.get("media") is not None else dict(sent)


def _choose(copy: Copy, publications: Sequence[Json], accounts: Sequence[Json], back: Mapping[str, str]) -> None:
    """Decide which accounts are chosen, and note why the others are not. `back`: new ids of profiles that were
    connected again, by their old ones."""
    by_id = {account["id"]: account for account in accounts}
    status_of = {each["accountId"]: each["status"] for each in publications}
    for entry in copy.content["channels"]:
        status = status_of.get(entry["accountId"])
        account = by_id.get(entry["accountId"]) or by_id.get(back.get(entry["accountId"], ""))
        entry["accountId"] = account["id"] if account else entry["accountId"]
        if account is None:
            copy.gone.append(entry["channel"])
            _give_to_its_successor(copy, entry, accounts)
        elif copy.has_failed and status not in _CHOSEN:
            copy.off.append(account["id"])
            why = _NOT_CHOSEN.get(str(status), _STILL_UNDER_WAY)
            copy.left.append(Left(entry["channel"], account["handle"], why))


def _give_to_its_successor(copy: Copy, entry: Json, accounts: Sequence[Json]) -> None:
    """An account that was connected again has a new id. What was written for it is kept, for a person to choose."""
    taken = {each["accountId"] for each in copy.content["channels"]}
    likely = [each for each in accounts if each["channel"] == entry["channel"] and each["id"] not in taken]
    if len(likely) == 1:
        entry["accountId"] = likely[0]["id"]
        copy.off.append(likely[0]["id"])
