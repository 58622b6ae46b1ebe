"""Groups posts by what resolves them: thirty posts that wait for one account are one row with one button."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from munadi.domain.failure import FailureClass, Reason, Retryable
from munadi.domain.publication import HoldReason, PublicationStatus

Json = Mapping[str, Any]


@dataclass
class Cause:
    """One thing to mend, and the posts that it stops. `failure` or `hold` is that of the newest post.

    `words` are the network's own, each once.
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

    @property
    def id(self) -> str:
        """For the page: it stays the same while the posts change."""
        return f"{'failed' if self.failure else 'held'}-{self.account_id}-{self.reason.lower()}"

    def dismissals(self, because: str) -> list[dict[str, Any]]:
        """The calls that dismiss its failures."""
        body = {"because": because}
        return [{"path": f"/v1/publications/{each}/dismiss", "body": body} for each in self.failed_ids]

    @property
    def reconnects(self) -> bool:
        """Whether the account's owner must give access again."""
        if self.failure is not None:
            return bool(self.failure["class"] == FailureClass.TOKEN)
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
    return list(found.values())


def can_be_retried(failure: Json) -> bool:
    """Whether the API retries it: not what a disconnected account left, which takes a new post."""
    return bool(failure["reason"] != Reason.ACCOUNT_DISCONNECTED)


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
        return
    cause.failed_ids.append(publication["id"])
    said = " ".join(part for part in (failure["providerCode"], failure["providerMessage"]) if part)
    if said and said not in cause.words:
        cause.words.append(said)
    if failure["retryable"] != Retryable.NEVER and can_be_retried(failure):
        body = {"publicationIds": [publication["id"]]}
        cause.retries.append({"path": f"/v1/contents/{content['id']}/retry", "body": body})
