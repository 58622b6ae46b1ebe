"""Problems of a request: how it is sent, who sends it, and what it says."""

from __future__ import annotations

from api.known_problems.model import BODY, IDEMPOTENCY, MATCH, NONE_MATCH, KnownProblem


def _json(code: str, detail: str, *, is_hidden: bool = True) -> KnownProblem:
    title, remedy = "The body cannot be read", "Correct the JSON that you send."
    return KnownProblem(code, 400, title, detail, remedy, needs=BODY, is_hidden=is_hidden)


def _http(code: str, detail: str, remedy: str) -> KnownProblem:
    return KnownProblem(code, 400, "Bad Request", detail, remedy, is_hidden=True)


def _key(code: str, detail: str, remedy: str, *, is_hidden: bool = False) -> KnownProblem:
    return KnownProblem(code, 401, "Not authenticated", detail, remedy, is_hidden=is_hidden)


REQUESTS = (
    _http("BAD_REQUEST", "the form cannot be read", "Send the request as the operation describes it."),
    _http("FORM_INVALID", "a form has at most 200 fields", "Send the form of the page, as a browser does."),
    _http("HTTP_INVALID", "this is not HTTP as we read it", "Correct the client: what it sends is not HTTP/1.1."),
    _http("FRAMING_AMBIGUOUS", "two lengths of the body", "Send one Content-Length, or Transfer-Encoding, not both."),
    _http("UPGRADE_NOT_SUPPORTED", "this server has no WebSockets", "Send the request without Upgrade."),
    _json("JSON_INVALID", "the body is not JSON: Expecting value at line 1, column 1", is_hidden=False),
    _json("JSON_TOO_DEEP", "the body is nested deeper than 64 levels"),
    _json("JSON_TOO_MANY_VALUES", "the body holds more values than are read"),
    _json("JSON_DUPLICATE_NAME", "the name 'text' occurs twice in one object"),
    _json("JSON_NOT_FINITE", "NaN is not JSON"),
    KnownProblem(
        "IDEMPOTENCY_KEY_MALFORMED",
        400,
        "Idempotency-Key is malformed",
        "one Idempotency-Key, a quoted string or a bare token of 1 to 255 printable ASCII characters",
        "Send one key without spaces, for example a UUID.",
        needs=IDEMPOTENCY,
    ),
    KnownProblem(
        "IF_MATCH_MALFORMED",
        400,
        "If-Match is malformed",
        'If-Match is * or a list of quoted entity tags, such as the ETag of the content: "3"',
        "Send the `ETag` exactly as you received it, quotes included.",
        needs=MATCH,
    ),
    KnownProblem(
        "IF_NONE_MATCH_MALFORMED",
        400,
        "If-None-Match is malformed",
        'If-None-Match is * or a list of quoted entity tags, such as the ETag of an earlier answer: "3-5f0c"',
        "Send the `ETag` of the earlier answer exactly as you received it, quotes included.",
        needs=NONE_MATCH,
    ),
    _key("KEY_MISSING", "send an API key: Authorization: Bearer mnd_…", "Send your API key with every request."),
    _key("KEY_MALFORMED", "this is not a key of ours, or a character of it is wrong", "Copy the whole key again."),
    _key(
        "KEY_UNKNOWN",
        "the key is well formed, but not one of this installation",
        "Use a key of this installation; keys of another one, or of a database before a restore, are unknown here.",
    ),
    _key("KEY_REVOKED", "the key was revoked", "Ask an administrator for a new key."),
    _key("KEY_EXPIRED", "the key has expired", "Ask an administrator for a new key."),
    _key("SESSION_ENDED", "the session is over, or is none of ours; sign in again", "Sign in again.", is_hidden=True),
    KnownProblem(
        "SCOPE_MISSING",
        403,
        "Not permitted",
        "the key lacks the scope contents:write",
        "Use a key that has one of the named scopes.",
    ),
    KnownProblem(
        "KEY_MODE",
        403,
        "Test and live",
        "this is a test key: it works for the test brand 'acme-test' and for no other",
        "Use a key of the brand. Those of test brands begin with `mnd_test_` and work for test brands alone.",
    ),
    KnownProblem(
        "BRAND_RESTRICTED",
        403,
        "Not permitted",
        "a key for one brand sets no limits",
        "Use a key for all brands.",
        frozenset({"brands", "media"}),
    ),
    KnownProblem(
        "KEY_CAP",
        403,
        "Beyond the key's caps",
        "the key may have 20 posts accepted on a day, and has had them on 2026-12-01 (UTC)",
        "Wait for the next day (UTC), or ask for a key with other caps; `errors` has the cap, its limit and the value.",
        frozenset({"contents", "publications", "drafts"}),
    ),
    KnownProblem(
        "KEY_EXCEEDS_OWN",
        403,
        "More than the key has itself",
        "a key gives no more than it has itself: the key that makes this call lacks the scope admin",
        "Ask for less, or make the call with a key that may do it itself; `errors` says what is too much.",
        frozenset({"keys"}),
    ),
    KnownProblem(
        "CSRF_FAILED",
        403,
        "Not permitted",
        "the request did not come from a page of this dashboard",
        "Reload the page of the dashboard, then repeat what you did.",
        is_hidden=True,
    ),
    KnownProblem(
        "NOT_FOUND",
        404,
        "Not found",
        "there is no content 'cnt_01kf2v6s3tf0d8m7s0a3x9y5hq'",
        "Check the address and the id. What another brand owns looks the same as what does not exist.",
    ),
    KnownProblem(
        "METHOD_NOT_ALLOWED",
        405,
        "Method Not Allowed",
        "the address is right, the method is not",
        "Use one of the methods in `Allow`.",
        is_hidden=True,
    ),
    KnownProblem(
        "BODY_TOO_SLOW",
        408,
        "Request Timeout",
        "the body did not arrive in time",
        "Send it over a faster connection, or let Munadi fetch the file from a URL.",
        needs=BODY,
    ),
    KnownProblem(
        "HEAD_TOO_SLOW",
        408,
        "Request Timeout",
        "the head of the request did not arrive in time",
        "Send the request at once after connecting.",
        is_hidden=True,
    ),
    KnownProblem(
        "BODY_TOO_LARGE",
        413,
        "Content Too Large",
        "a body has at most 1000000 bytes",
        "Send less, or let Munadi fetch the file from a URL.",
    ),
    KnownProblem(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "Unsupported Media Type",
        "send JSON as application/json, not text/plain",
        "Send JSON with `Content-Type: application/json`.",
    ),
    KnownProblem(
        "CHARSET_NOT_SUPPORTED",
        415,
        "Unsupported Media Type",
        "Content-Type names the charset 'iso-8859-1'; send UTF-8, which needs no charset",
        "Send the body in UTF-8, and leave `charset` out.",
        needs=BODY,
        is_hidden=True,
    ),
    KnownProblem(
        "REQUESTED_RANGE_NOT_SATISFIABLE",
        416,
        "Requested Range Not Satisfiable",
        "the file ends before this range",
        "Ask for a range within the file.",
        is_hidden=True,
    ),
    KnownProblem(
        "INVALID_REQUEST",
        422,
        "The request cannot be accepted",
        "there is no such parameter; did you mean limit?",
        "Correct everything that `errors` lists, then send the request again. Nothing was stored.",
    ),
    KnownProblem(
        "HEAD_TOO_LARGE",
        431,
        "Request Header Fields Too Large",
        "the address and the headers of a request have at most 32000 bytes together",
        "Send shorter headers, or clear the cookies of this site.",
        is_hidden=True,
    ),
    KnownProblem(
        "IDEMPOTENCY_KEY_REUSED",
        422,
        "Idempotency-Key was used before",
        "this key was used for another request; use a new key for a new request",
        "Use a new key for a new request.",
        needs=IDEMPOTENCY,
    ),
)
