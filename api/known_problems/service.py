"""Problems of the service: limits that are used up, and what does not respond."""

from __future__ import annotations

from api.known_problems.model import AGAIN, BODY, KnownProblem

SERVICE = (
    KnownProblem(
        "QUOTA_EXCEEDED",
        429,
        "Quota exceeded",
        "the brand 'acme' may make 60 API calls a minute",
        "Wait as long as `Retry-After` says, or ask the operator for a higher limit.",
    ),
    KnownProblem(
        "TOO_MANY_WRONG_KEYS",
        429,
        "Too many wrong keys",
        "this address sent more than 20 wrong keys within a minute",
        "Correct the key, then wait as long as `Retry-After` says.",
        is_hidden=True,
    ),
    KnownProblem(
        "TOO_MANY_WATCHERS",
        429,
        "Too Many Requests",
        "too many pages of the dashboard are open with this key",
        "Close pages of the dashboard.",
        is_hidden=True,
        also=(503,),
    ),
    KnownProblem(
        "CLIENT_GONE",
        499,
        "Client gone",
        "the client left before it was answered",
        "Nobody receives it: it is only in the access log.",
        is_hidden=True,
    ),
    KnownProblem(
        "INTERNAL_ERROR",
        500,
        "Our mistake",
        "something went wrong here; the log has the requestId",
        "Look for the `requestId` in the log. With the same Idempotency-Key the request can be repeated safely.",
    ),
    KnownProblem(
        "DATABASE_UNAVAILABLE",
        503,
        "Not available",
        "the database does not respond; retry with the same Idempotency-Key, as the request may be stored",
        AGAIN,
    ),
    KnownProblem(
        "MEDIA_BEING_DELETED",
        503,
        "Try again",
        "a file of this request was being deleted in the same moment; nothing was stored, try again",
        AGAIN,
        frozenset({"media", "contents", "drafts"}),
        needs=BODY,
        is_hidden=True,
    ),
    KnownProblem(
        "MEDIA_STORE_UNAVAILABLE",
        503,
        "Not available",
        "the media store does not respond; nothing was stored",
        AGAIN,
        frozenset({"media", "contents", "drafts"}),
        needs=BODY,
    ),
    KnownProblem(
        "NOT_READY",
        503,
        "Not ready",
        "database: down, temporal: up",
        "Send requests to another process, and start the dependency that is down.",
        frozenset({"health"}),
    ),
)
