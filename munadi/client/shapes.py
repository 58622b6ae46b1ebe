"""The API's JSON as typed dictionaries. Answers are read leniently: a newer server may add fields."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

Json = dict[str, Any]


class Violation(TypedDict, total=False):
    """One broken rule of a request; `pointer` is a JSON pointer into it."""

    pointer: str
    code: str
    message: str
    channel: str | None
    rule: str | None
    limit: Any
    actual: Any


class Problem(TypedDict, total=False):
    """RFC 9457, with Munadi's stable `code` and every violation in `errors`."""

    type: str
    title: str
    status: int | None
    detail: str | None
    instance: str | None
    code: str | None
    requestId: str | None
    errors: list[Violation]


class Warning_(TypedDict):
    """A warning, which changes no status."""

    code: str
    message: str
    channel: str | None
    pointer: str | None
    contentId: str | None
    accountId: str | None


Failure = TypedDict(
    "Failure",
    {
        "reason": str,
        "class": str,
        "retryable": str,
        "message": str,
        "remedy": str,
        "providerCode": str | None,
        "providerMessage": str | None,
        "retryAfter": str | None,
        "attemptId": str | None,
    },
)


class Hold(TypedDict):
    """The condition that a publication waits on."""

    reason: str
    since: str
    until: str | None


class Dismissal(TypedDict):
    """A failure that a person has dealt with."""

    at: str
    because: str


class Publication(TypedDict):
    """One content at one account."""

    id: str
    channel: str
    accountId: str
    status: str
    scheduledAt: str
    publishedAt: str | None
    latenessMs: int | None
    providerPostId: str | None
    providerUrl: str | None
    failure: Failure | None
    dismissal: NotRequired[Dismissal | None]
    hold: Hold | None
    attempts: int
    warnings: list[Warning_]


class Content(TypedDict):
    """A post as submitted, and the state of its publications."""

    id: str
    brandRef: str
    status: str
    scheduledAt: str
    timezone: str | None
    publishBy: str
    text: str | None
    media: list[Json]
    link: str | None
    clientRef: str | None
    metadata: dict[str, str]
    version: int
    draftVersion: int
    createdAt: str
    updatedAt: str
    workflowId: str
    publications: list[Publication]
    warnings: list[Warning_]
    rollup: dict[str, int]


class Submission(NamedTuple):
    """An accepted content. `replayed`: it is the answer to an earlier call with this key; no second post."""

    content: Content
    idempotency_key: str
    replayed: bool


class Validation(TypedDict):
    """The result of validating a post without storing it."""

    valid: bool
    problems: list[Violation]
    warnings: list[Warning_]
    publications: list[Json]
    lengths: list[Json]


class Event(TypedDict):
    """One state change. `sequence` counts within its content, `position` within the whole log."""

    id: str
    type: str
    timestamp: str
    sequence: int | None
    position: int | None
    brandRef: str | None
    contentId: str | None
    publicationId: str | None
    sns: str | None
    status: str | None
    reason: str | None
    data: Json


class Page(TypedDict):
    """One page of a list; `nextCursor` is null on the last one."""

    data: list[Json]
    nextCursor: str | None


Fold = Literal["earlier", "later"]
Outcome = Literal["published", "not_published"]
DismissedAs = Literal["not_needed", "sent_elsewhere"]
