"""Problems of the state that something is in: too late, changed meanwhile, too many."""

from __future__ import annotations

from api.known_problems.model import AGAIN, IDEMPOTENCY, KnownProblem


def _late(code: str, detail: str, remedy: str, *tags: str) -> KnownProblem:
    return KnownProblem(code, 409, "No longer possible", detail, remedy, frozenset(tags))


STATES = (
    _late(
        "TOO_LATE",
        "publishing began; the time can no longer be changed",
        "Nothing can be changed any more. Submit a new post if you need another one.",
        "contents",
    ),
    _late(
        "PUBLISH_BY_NOT_AFTER_DUE",
        "the content's own publishBy 2027-01-15T12:30:00+00:00 is not after the new time; give a new one",
        "Send a `publishBy` that is after the new time.",
        "contents",
    ),
    _late(
        "ACCOUNT_DISCONNECTED",
        "the account was disconnected, so this can never be sent: connect the account again and submit a new post",
        "Connect the account again, and submit a new post.",
        "contents",
    ),
    _late("NOTHING_TO_RETRY", "no publication named here has failed", "Retry only what has failed.", "contents"),
    _late(
        "NOT_UNCONFIRMED",
        "the publication is published, not unconfirmed",
        "Nothing has to be resolved: read the publication.",
        "publications",
    ),
    _late(
        "NOT_FAILED",
        "the publication is published; only a failure, or a live post that lacks a part, can be dismissed",
        "Nothing has to be dismissed: read the publication.",
        "publications",
    ),
    KnownProblem(
        "POST_ID_TAKEN",
        409,
        "Conflict",
        "another publication of this account has the post '1789' already",
        "Check which post at the network belongs to this publication.",
        frozenset({"publications"}),
    ),
    KnownProblem(
        "DRAFT_SUBMITTED",
        409,
        "Submitted already",
        "the draft became the post cnt_01kf2v6s3tf0d8m7s0a3x9y5hq; read or change that one",
        "Read or change the post instead.",
        frozenset({"drafts"}),
    ),
    KnownProblem(
        "DRAFT_CHANGED",
        409,
        "Changed meanwhile",
        "the draft was changed at the same time and is at version 4 now; read it, then try again",
        "Read the draft, then repeat your change with its new `ETag`.",
        frozenset({"drafts"}),
    ),
    KnownProblem(
        "TOO_MANY_DRAFTS",
        409,
        "Too many drafts",
        "the brand has as many drafts as there may be; submit or delete some first",
        "Submit or delete drafts.",
        frozenset({"drafts"}),
    ),
    KnownProblem(
        "TOO_MANY_CALENDAR_FEEDS",
        409,
        "Conflict",
        "the brand has enough calendar addresses already; revoke one that is not used",
        "Revoke an address that is not used.",
        frozenset({"calendar feeds"}),
    ),
    KnownProblem(
        "BRAND_EXISTS",
        409,
        "Exists already",
        "there is a brand 'acme'",
        "Choose another `ref`, or use the brand that exists.",
        frozenset({"brands"}),
    ),
    KnownProblem(
        "ACCOUNT_DISCONNECTED",
        409,
        "Disconnected",
        "the account was disconnected; connect the profile again",
        "Connect the profile again.",
        frozenset({"accounts"}),
    ),
    KnownProblem(
        "NOTHING_TO_CHOOSE",
        409,
        "Nothing to choose",
        "the connection has ended, the half hour for choosing is over, or the key that made its link is gone",
        "Make a new link.",
        frozenset({"accounts"}),
    ),
    KnownProblem(
        "ENDPOINT_DISABLED",
        409,
        "The endpoint is disabled",
        "enable the endpoint first",
        "Enable the endpoint, then repeat the request.",
        frozenset({"webhooks"}),
    ),
    KnownProblem(
        "MEDIA_IN_USE",
        409,
        "Still needed",
        "the media med_01kf2v6s3tf0d8m7s0a3x9y5hx is needed by cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
        "Delete the drafts that `errors` names; cancel or edit the posts, or dismiss their failures.",
        frozenset({"media"}),
    ),
    _late(
        "MEDIA_DELETED",
        "the media med_01kf2v6s3tf0d8m7s0a3x9y5hx of this post were deleted",
        "Submit the post again with other media.",
        "contents",
    ),
    KnownProblem("IN_FLIGHT", 409, "Still in flight", "an earlier request is still changing this", AGAIN),
    KnownProblem(
        "CONFLICT",
        409,
        "Changed meanwhile",
        "someone else changed this in the meantime; read it and try again",
        "Read it, then repeat the change.",
        is_hidden=True,
    ),
    KnownProblem(
        "IDEMPOTENT_ANSWER_LOST",
        409,
        "The response cannot be repeated",
        "the first request succeeded, but its response was sealed under a key that has been removed since",
        "Do not send it again with another key: it was done. Read the result instead.",
        needs=IDEMPOTENCY,
        is_hidden=True,
    ),
    KnownProblem(
        "CURSOR_EXPIRED",
        410,
        "The cursor is too old",
        "events up to position 120 were removed because of their age; start again with after=120",
        "Start again where the detail says, and read the state of posts from `GET /v1/contents`.",
        frozenset({"events"}),
    ),
    KnownProblem(
        "STALE",
        412,
        "Changed meanwhile",
        "the post is at version 4 now; read it again, then retry with its ETag",
        "Read it again, then repeat the change with the new `ETag`.",
    ),
    KnownProblem(
        "IF_MATCH_REQUIRED",
        428,
        "Precondition Required",
        "send If-Match with the ETag of the post that the change is based on",
        "Read it first, then send its `ETag` as `If-Match`.",
    ),
)
