"""Answers whose status, envelope or text decides, where no code does: what they mean, and whether they prove anything.

A row is: the answer, its reason (None: any), its effect, and its code where that is not the obvious one.
"""
# fmt: off  (a table is read by its rows)

from __future__ import annotations

from typing import Any

from munadi.domain.failure import Effect, Reason
from tests.channels.envelopes import WORDS, given, google, google_business
from tests.channels.error_facts import discord, graph, nostr, telegram

R, REJECTED, NOT_SENT, UNKNOWN = Reason, Effect.REJECTED, Effect.NOT_SENT, Effect.UNKNOWN
ODD = R.UNKNOWN_PROVIDER_ERROR


def pin(status: int, code: int, message: str) -> Any:
    return given(status, {"code": code, "message": message})


def toot(status: int, text: str) -> Any:
    return given(status, {"error": text})


def li(status: int, **more: Any) -> Any:
    return given(status, {"status": status, "message": WORDS, **more})


def x(status: int, detail: str, kind: str = "about:blank", **headers: Any) -> Any:
    return given(status, {"title": "x", "detail": detail, "type": kind, "status": status}, **headers)


def photo_code(code: int) -> Any:
    """A refused field of Google's, by a number."""
    details = [{"errorDetails": [{"code": code, "field": "media", "message": WORDS}]}]
    return given(400, {"error": {"code": 400, "message": WORDS, "status": "INVALID_ARGUMENT", "details": details}})


INVALID = "https://api.twitter.com/2/problems/invalid-request"
GRAPH = [
    (graph(400, 424242, 7), ODD, UNKNOWN, "424242/7"),
    (graph(400, "190", "458"), R.TOKEN_REVOKED, NOT_SENT, "190/458"),
]
CONTAINERS = [
    *GRAPH,
    (graph(403, 300), ODD, UNKNOWN),
    (given(400, {"error": "text"}), ODD, UNKNOWN),
    (graph(400, 4, 2207999), R.INVALID_FIELD, UNKNOWN),  # an unknown publishing subcode proves nothing
    (graph(400, 100, is_transient=True), R.INVALID_FIELD, REJECTED),  # which is not believed
]
CASES: dict[str, list[tuple[Any, ...]]] = {
    "bluesky": [
        (given(413), R.MEDIA_VALIDATION_FAILED, REJECTED),
        (given(500, {"error": "Whatever"}), R.PROVIDER_OUTAGE, UNKNOWN, "Whatever"),
        (given(401), ODD, UNKNOWN),
        (given(401, {"error": "ExpiredToken"}), ODD, UNKNOWN, "ExpiredToken"),
    ],
    "facebook": [
        *GRAPH,
        (given(400, {"error": {"type": "OAuthException", "message": "Invalid"}}), R.TOKEN_EXPIRED, NOT_SENT),
        (graph(100, 100, message="(#100) No permission to publish the video"), R.MISSING_SCOPE, REJECTED, "100"),
    ],
    "instagram": CONTAINERS,
    "threads": [
        *CONTAINERS,
        (graph(400, float("inf")), ODD, UNKNOWN),
        (graph(400, 4711, message="THREADS_API__NEW_WORD"), ODD, UNKNOWN),
        (graph(400, 100, message="(#100) Param text must be at most 500 characters long."), R.TEXT_TOO_LONG, REJECTED),
        # Seen of posts that went live, so it proves nothing.
        (graph(500, 10), R.MISSING_SCOPE, UNKNOWN, "10"),
        (graph(500, 100), R.INVALID_FIELD, UNKNOWN, "100"),
        (graph(400, 24, 4279009, is_transient=False), R.PROVIDER_OUTAGE, NOT_SENT, "24/4279009"),
        (graph(400, "THREADS_API__LINK_LIMIT_EXCEEDED"), R.INVALID_FIELD, REJECTED, "THREADS_API__LINK_LIMIT_EXCEEDED"),
    ],
    "linkedin": [
        (given(401), R.TOKEN_EXPIRED, NOT_SENT),
        (li(401, serviceErrorCode=65600), R.TOKEN_EXPIRED, NOT_SENT),
        (li(400), R.INVALID_FIELD, REJECTED),
        (li(400, code="NEW"), R.INVALID_FIELD, REJECTED, "NEW"),
        (given(400, {"status": 500, "message": WORDS}), ODD, UNKNOWN),
        (given(400, {"message": WORDS}), ODD, UNKNOWN),
        (li(403), R.MISSING_SCOPE, REJECTED),
        (li(404), R.TARGET_NOT_ACCESSIBLE, REJECTED),
        (given(409), R.PROVIDER_OUTAGE, UNKNOWN),
        (li(413), ODD, REJECTED),
        (given(413), ODD, UNKNOWN),
        (li(422), R.INVALID_FIELD, REJECTED),
        (given(426), R.PROVIDER_OUTAGE, NOT_SENT),
        (li(500, code="DUPLICATE_POST"), R.PROVIDER_OUTAGE, UNKNOWN),
    ],
    "mastodon": [
        (given(401), R.TOKEN_EXPIRED, NOT_SENT),
        (toot(403, "Cette action est interdite"), ODD, UNKNOWN),
        (toot(404, "Record not found"), R.TARGET_NOT_ACCESSIBLE, REJECTED),
        (toot(422, "Validation failed: Text can't be blank"), R.MISSING_FIELD, REJECTED),
        (toot(422, "Media 1 not found or already attached to another post"), R.DUPLICATE_CONTENT, UNKNOWN),
        (toot(422, "Validierung gescheitert"), R.INVALID_FIELD, REJECTED),
        (given(422, "<html>"), ODD, UNKNOWN),
        (toot(400, "too long"), R.INVALID_FIELD, REJECTED),
        (given(413), R.MEDIA_VALIDATION_FAILED, REJECTED),
        (toot(500, "Record not found"), R.PROVIDER_OUTAGE, UNKNOWN),
        (given(200, {"status": "request already handled"}), ODD, UNKNOWN),
    ],
    "discord": [
        (discord(401, 0), R.TOKEN_EXPIRED, NOT_SENT, "HTTP 401"),
        (given(401, "<html>"), R.TOKEN_EXPIRED, NOT_SENT),
        (given(403, "<html>Cloudflare</html>"), ODD, UNKNOWN, "HTTP 403"),
        (given(413), R.MEDIA_VALIDATION_FAILED, REJECTED),
        (discord(400, 999_999), ODD, REJECTED, "999999"),
        (discord(404, 0), ODD, REJECTED, "HTTP 404"),
        (given(400, {"message": "no code"}), ODD, UNKNOWN),
        (given(400, {"code": "50001", "message": "text"}), ODD, UNKNOWN),
        (given(400, {"code": True, "message": "yes"}), ODD, UNKNOWN),
        (given(400, {"code": 50001}), R.TARGET_NOT_ACCESSIBLE, REJECTED, "50001"),
        (discord(500, 50001), R.PROVIDER_OUTAGE, UNKNOWN, "50001"),
        (discord(503, 130000), R.PROVIDER_OUTAGE, UNKNOWN, "130000"),
    ],
    "google_business": [
        (given(401), R.TOKEN_EXPIRED, NOT_SENT),
        (given(429), R.RATE_LIMITED, NOT_SENT),
        (given(404, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>"), R.INVALID_FIELD, REJECTED),
        (given(404), ODD, UNKNOWN),
        (google_business("NEW_WORD"), ODD, REJECTED, "NEW_WORD"),
        (google_business("NEW_WORD", 502), R.PROVIDER_OUTAGE, UNKNOWN, "NEW_WORD"),
        (google_business("PERMISSION_DENIED", 403), R.TARGET_NOT_ACCESSIBLE, REJECTED, "PERMISSION_DENIED"),
        (photo_code(1003), R.MEDIA_VALIDATION_FAILED, REJECTED, "PHOTO_UPLOAD_FAILED"),
        (photo_code(2), R.INVALID_FIELD, REJECTED, "INVALID_ARGUMENT"),
        (given(400, {"error": {"errors": "text", "details": [5, {"errorDetails": [5]}]}}), ODD, REJECTED),
    ],
    "nostr": [
        (nostr("blocked"), R.CONTENT_POLICY, REJECTED, "blocked"),
        (nostr("rate-limited"), R.RATE_LIMITED, NOT_SENT, "rate-limited"),
        (nostr("never-seen"), ODD, REJECTED, "never-seen"),
        (given(400, [["OK", "", False, "no prefix"]]), ODD, REJECTED, "HTTP 400"),
        (given(400, [["CLOSED", "munadi", "auth-required: log in"]]), R.TOKEN_EXPIRED, NOT_SENT, "auth-required"),
        (given(400, [["NOTICE", "blocked: x"]]), ODD, UNKNOWN, "HTTP 400"),
        (given(401, "<html>"), R.TOKEN_EXPIRED, NOT_SENT),
        (given(402, None, x_reason="pay"), R.ACCOUNT_RESTRICTED, REJECTED),
        (given(413), R.MEDIA_VALIDATION_FAILED, REJECTED),
    ],
    "pinterest": [
        (pin(403, 7, "Something new"), ODD, REJECTED, "403/7"),
        (pin(400, 235, "Sorry, we could not fetch the image."), R.MEDIA_UNREACHABLE, NOT_SENT, "400/235"),
        (pin(400, 1, "Unable to reach the URL."), R.MEDIA_UNREACHABLE, NOT_SENT, "400/1"),
        (pin(400, 1, "This link was blocked"), R.CONTENT_POLICY, REJECTED, "400/1"),
        (pin(400, 1, "We blocked the URL: it may lead to spam"), R.CONTENT_POLICY, REJECTED, "400/1"),
        (pin(400, 1, "This Pin was reported as spam"), R.SPAM_BLOCKED, REJECTED, "400/1"),
        (pin(400, 1, "You have been blocked"), R.SPAM_BLOCKED, REJECTED, "400/1"),
        (pin(400, 99, "odd"), R.INVALID_FIELD, REJECTED, "400/99"),
        (pin(404, 99, "odd"), R.TARGET_NOT_ACCESSIBLE, REJECTED, "404/99"),
        (given(400, {"code": "1", "message": "odd"}), ODD, UNKNOWN),
        (given(401), R.TOKEN_EXPIRED, NOT_SENT),
        (pin(500, 1, "could not fetch the image"), R.PROVIDER_OUTAGE, UNKNOWN, "500/1"),
    ],
    "telegram": [
        (telegram(401, "Unauthorized"), R.TOKEN_EXPIRED, NOT_SENT, "Unauthorized"),
        (given(401, "<html>"), R.TOKEN_EXPIRED, NOT_SENT),
        (telegram(404, "Not Found"), R.TOKEN_EXPIRED, NOT_SENT, "Not_Found"),
        (telegram(421, "Misdirected Request"), R.TOKEN_EXPIRED, NOT_SENT, "Misdirected_Request"),
        (
            telegram(400, "Bad Request: not enough rights to send photos to the chat"),
            R.MISSING_SCOPE,
            REJECTED,
            "not_enough_rights_to_send_photos_to_the_chat",
        ),
        (telegram(400, "Bad Request: can't parse entities: odd"), R.INVALID_FIELD, REJECTED),
        (
            telegram(400, "Bad Request: wrong file identifier/HTTP URL specified"),
            R.MEDIA_PROCESSING_FAILED,
            NOT_SENT,
            "wrong_file_identifier_HTTP_URL_specified",
        ),
        (
            telegram(400, 'Bad Request: failed to send message #2 with the error message "odd"'),
            R.MEDIA_VALIDATION_FAILED,
            REJECTED,
            "failed_to_send_message_2_with_the_error_message_odd",
        ),
        (telegram(400, "Bad Request: something new"), ODD, REJECTED, "something_new"),
        (telegram(409, "Conflict: can't use getUpdates"), ODD, REJECTED),
        (given(400, {"description": "Bad Request: chat not found"}), ODD, UNKNOWN),
        (given(400, {"ok": False}), ODD, UNKNOWN),
        (given(400, {"ok": False, "description": 5}), ODD, UNKNOWN),
        (telegram(413, "Request Entity Too Large"), R.MEDIA_VALIDATION_FAILED, REJECTED),
        (telegram(500, "Bad Request: chat not found"), R.PROVIDER_OUTAGE, UNKNOWN, "chat_not_found"),
    ],
    # Only `ok` is ok; anything else with HTTP 200 proves nothing.
    "tiktok": [
        (given(200, body), None, UNKNOWN)
        for body in (None, {}, [], {"data": {}}, *({"error": error} for error in (None, {}, "ok", {"code": "OK"})))
    ],
    "x": [
        (x(401, "Unauthorized"), R.TOKEN_EXPIRED, NOT_SENT),
        (given(401), R.TOKEN_EXPIRED, NOT_SENT),
        (x(403, "You are not allowed to create a Tweet with duplicate content."), R.DUPLICATE_CONTENT, REJECTED),
        (x(403, "Quoting this post is not allowed"), R.CONTENT_POLICY, REJECTED),
        (x(403, "You are not permitted to perform this action."), R.INVALID_FIELD, REJECTED),
        (x(403, "Your account is not permitted to access this feature"), R.ACCOUNT_RESTRICTED, REJECTED),
        (x(403, "You may not post a video longer than 2 minutes"), R.MEDIA_VALIDATION_FAILED, REJECTED),
        (x(403, "Something new"), ODD, REJECTED),
        (x(400, "Your media IDs are invalid.", INVALID), R.MEDIA_PROCESSING_FAILED, NOT_SENT),
        (x(400, "The Tweet is deleted or not visible to you", INVALID), R.TARGET_NOT_ACCESSIBLE, REJECTED),
        (x(400, "maximum of one cashtag", INVALID), R.INVALID_FIELD, REJECTED, "invalid-request"),
        (x(402, "CreditsDepleted"), R.QUOTA_EXCEEDED, NOT_SENT),
        (x(404, "gone"), R.TARGET_NOT_ACCESSIBLE, REJECTED),
        (given(429, x_user_limit_24hour_remaining="0", x_user_limit_24hour_reset="1"), R.DAILY_CAP_REACHED, NOT_SENT),
        (x(500, "duplicate content"), R.PROVIDER_OUTAGE, UNKNOWN),
        (given(400, {"errors": ["odd"]}), ODD, UNKNOWN),
    ],
    "youtube": [
        (
            google(403, "forbidden", details=[{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]),
            R.MISSING_SCOPE,
            REJECTED,
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        ),
        (google(403, "neverSeen"), ODD, UNKNOWN, "neverSeen"),
        (google(401, "neverSeen"), R.TOKEN_EXPIRED, NOT_SENT, "neverSeen"),
        (google(401, None, status="UNAUTHENTICATED"), R.TOKEN_EXPIRED, NOT_SENT),
        (google(500, "quotaExceeded"), R.PROVIDER_OUTAGE, UNKNOWN, "quotaExceeded"),
        (given(413), R.MEDIA_VALIDATION_FAILED, REJECTED),
        (given(416), R.PROVIDER_OUTAGE, UNKNOWN),
        (given(400, {"error": {"errors": "odd", "message": 5}}), ODD, UNKNOWN),
        (given(400, {"error": {"errors": [None]}}), ODD, UNKNOWN),
        # A workspace's question at its token endpoint is no dead grant.
        *(
            (given(400, {"error": "invalid_grant", "error_subtype": word}), reason, NOT_SENT)
            for word, reason in (("invalid_rapt", R.LOGIN_CHECKPOINT), ("new", R.TOKEN_REVOKED))
        ),
    ],
}
# Of every network; the contract has the others.
EVERYWHERE = [
    *((given(status, body), ODD, UNKNOWN) for status in (400, 403, 404) for body in (None, "<html>")),
    (given(503, {"error": "invalid_grant"}), None, UNKNOWN),
    (given(302), ODD, UNKNOWN),
]
