"""Groups posts by what resolves them: thirty posts that wait for one account are one row with one button."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.dashboard.reconnecting import WayBack
from munadi.db.contents.holds import HoldCause
from munadi.domain.failure import FailureClass, Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import REASONS, NewPost

Json = Mapping[str, Any]


@dataclass
class Cause:
    """A problem to solve, and the posts that it stops, by due time. `failure` or `hold` is that of the newest post.

    `words` are the network's own, each once. `lacks`: the posts are live, and `failure` is about a part of them; `url`:
    the newest of these at its network. `is_back`: the account was disconnected, and its profile is connected again.
    `why`: what is behind a hold, if that is known. `again`: what begins to give us access again, if a browser can.
    `drafts`: the calls that copy all of its posts to drafts, where that helps. `with_copy`: how many of its posts have
    a copy that is planned, under way or out; `with_draft`: how many others have one that is a draft. `account`: the one
    to reconnect; `also`: the other causes that end with that.
    """

    channel: str
    account_id: str
    reason: str
    failure: Json | None
    hold: Json | None
    posts: list[Json] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    retries: list[dict[str, Any]] = field(default_factory=list)
    failed_ids: list[str] = field(default_factory=list)
    held_ids: list[str] = field(default_factory=list)
    lacks: bool = False
    url: str | None = None
    is_back: bool = False
    why: HoldCause | None = None
    again: WayBack | None = None
    drafts: list[dict[str, Any]] = field(default_factory=list)
    with_copy: int = 0
    with_draft: int = 0
    account: Json | None = None
    also: list[Cause] = field(default_factory=list)

    @property
    def id(self) -> str:
        """For the page: it stays the same while the posts change."""
        kind = "lacks" if self.lacks else "failed" if self.failure else "held"
        because = (self.failure or {}).get("because")
        return "-".join([kind, self.account_id, self.reason.lower(), *([because.lower()] if because else [])])

    @property
    def code(self) -> str:
        """The reason, as the page of the account and the API name it."""
        return self.why.reason if self.why and self.reason == HoldReason.TOKEN else self.reason

    @property
    def is_disconnected(self) -> bool:
        """Whether a person disconnected the account: its profile is connected as a new one."""
        return self.reason == Reason.ACCOUNT_DISCONNECTED

    def dismissals(self, because: str) -> list[dict[str, Any]]:
        """The calls that dismiss its failures."""
        body = {"because": because}
        return [{"path": f"/v1/publications/{each}/dismiss", "body": body} for each in self.failed_ids]

    @property
    def needs_a_new_post(self) -> bool:
        """Whether a copy in a new post is worth offering."""
        return self.failure is not None and not self.lacks and needs_a_new_post(self.failure)

    @property
    def is_copied(self) -> bool:
        """Whether each of its failed posts has a copy, so that none is left to be copied."""
        return self.failure is not None and not self.lacks and self.with_copy + self.with_draft == len(self.posts)

    @property
    def reconnects(self) -> bool:
        """Whether the account's owner must give access again."""
        if self.is_back:
            return False
        if self.failure is not None:
            return self.failure["class"] == FailureClass.TOKEN or Reason.MISSING_SCOPE in (
                self.failure["reason"],
                self.failure.get("because"),
            )
        return self.reason == HoldReason.TOKEN


def causes_of(contents: Iterable[Json]) -> list[Cause]:
    """The causes of failed and waiting publications, in the order of their newest posts."""
    found: dict[tuple[str, str, bool], Cause] = {}
    for content in contents:
        for publication, failure, hold in _stopped(content):
            reason = (failure or hold or {})["reason"]
            key = (publication["accountId"], reason, failure is not None)
            cause = found.setdefault(key, Cause(publication["channel"], key[0], reason, failure, hold))
            _add(cause, content, publication, failure)
    for cause in found.values():
        cause.posts.sort(key=_due)
    return list(found.values())


def _due(content: Json) -> tuple[datetime, str]:
    return datetime.fromisoformat(content["scheduledAt"]), content["id"]


def can_be_retried(failure: Json) -> bool:
    """Whether the API retries it: not what a disconnected account left, which takes a new post."""
    return bool(failure["reason"] != Reason.ACCOUNT_DISCONNECTED)


def a_retry_helps(failure: Json) -> bool:
    """Whether sending the same again has a chance."""
    return _new_post(failure) is not NewPost.YES


def needs_a_new_post(failure: Json) -> bool:
    """Whether the post must, or may have to, be changed."""
    return _new_post(failure) is not NewPost.NO


def _new_post(failure: Json) -> NewPost:
    facts = REASONS.get(failure["reason"])  # none, where a newer version stored it
    return facts.new_post if facts else NewPost.NO


def says_its_code(failure: Json) -> bool:
    """Whether the network's message has its code in it, as Meta's `(#368) …` does."""
    return f"(#{failure['providerCode']})" in (failure["providerMessage"] or "")


def _stopped(content: Json) -> Iterator[tuple[Json, Json | None, Json | None]]:
    for publication in content["publications"]:
        if (
            publication["status"] == PublicationStatus.FAILED
            and publication["failure"]
            and not publication["dismissal"]
        ):
            yield publication, publication["failure"], None
        elif publication["status"] == PublicationStatus.QUEUED and publication["hold"]:
            yield publication, None, publication["hold"]


def _add(cause: Cause, content: Json, publication: Json, failure: Json | None) -> None:
    if content not in cause.posts:
        cause.posts.append(content)
    if failure is None:
        cause.held_ids.append(publication["id"])
        return
    cause.failed_ids.append(publication["id"])
    code, message = failure["providerCode"], failure["providerMessage"]
    said = " ".join(part for part in (None if says_its_code(failure) else code, message) if part)
    if said and said not in cause.words:
        cause.words.append(said)
    if a_retry_helps(failure):
        body = {"publicationIds": [publication["id"]]}
        cause.retries.append({"path": f"/v1/contents/{content['id']}/retry", "body": body})
