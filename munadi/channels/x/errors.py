"""What X's answers mean: problem JSON `{title, detail, type, status}`, an older `{errors: [{code, message}]}`, OAuth.

Source: docs/networks/x.md, section 6. Several refusals share the type `about:blank`; then the exact detail decides.
A refusal in X's own envelope proves that nothing was posted; a status alone, or a 5xx, proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from munadi.channels.errors import REFUSED, ErrorTable, Row, Said, wait_until
from munadi.channels.removing import NOT_FOUND, for_removals
from munadi.channels.x.spec import SPEC
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
NO_CREDITS = Row(
    R.QUOTA_EXCEEDED,
    S.NOT_SENT,
    timedelta(hours=1),
    "the X app has no credits left, or its spending limit is reached: buy credits in the developer console",
    of_app=True,
)
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT)
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
POLICY = Row(R.CONTENT_POLICY, S.REJECTED)
RESTRICTED = Row(R.ACCOUNT_RESTRICTED, S.REJECTED)
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=15))
GONE = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED)
DUPLICATE = Row(R.DUPLICATE_CONTENT, S.REJECTED, ours=True)
LOST_MEDIA = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)  # `publisher` uploads them again, a few times
DEAD_GRANT = Row(R.TOKEN_REVOKED, S.NOT_SENT)
BAD_APP = Row(R.APP_NOT_APPROVED, S.REJECTED, advice="check the client id and secret of the X app")

# The last part of a problem's `type`; the codes of the older shape; words of OAuth (RFC 6749, 5.2).
ERRORS: Mapping[str, Row] = {
    "unsupported-authentication": Row(R.MISSING_SCOPE, S.REJECTED),  # an app's token in place of a person's
    "client-forbidden": Row(R.APP_NOT_APPROVED, S.REJECTED, advice="the app is in no project or plan at console.x.com"),
    "not-authorized-for-resource": POLICY,
    "user-suspended": RESTRICTED,
    "invalid-request": INVALID,
    "resource-not-found": GONE,
    "rate-limit": THROTTLED,
    "usage-capped": Row(R.QUOTA_EXCEEDED, S.NOT_SENT, timedelta(hours=1), of_app=True),
    "32": DEAD_TOKEN,
    "89": DEAD_TOKEN,
    "64": RESTRICTED,
    "88": THROTTLED,
    "186": Row(R.TEXT_TOO_LONG, S.REJECTED),
    "187": DUPLICATE,
    "324": Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),
    "invalid_grant": DEAD_GRANT,
    "invalid_request": DEAD_GRANT,  # how X refuses a code or a refresh token that was used (unverified)
    "invalid_client": BAD_APP,
    "unauthorized_client": BAD_APP,
    "invalid_scope": Row(R.MISSING_SCOPE, S.REJECTED),
}
# (status, the detail or a part of it); the first match counts, before the type.
DETAILS: Sequence[tuple[int, re.Pattern[str], Row]] = (
    (403, re.compile("duplicate content", re.I), DUPLICATE),
    (403, re.compile("only reply to or quote|reply to this conversation|quoting this post", re.I), POLICY),
    (403, re.compile("not permitted to perform this action", re.I), INVALID),
    (403, re.compile("account is (?:not permitted|suspended)|account is temporarily locked", re.I), RESTRICTED),
    (403, re.compile("longer than 2 minutes", re.I), Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)),
    (400, re.compile("media ids? .{0,40}(?:invalid|expired|not found)", re.I), LOST_MEDIA),
    (400, re.compile("deleted or not visible", re.I), GONE),
)
# Windows whose headers say that nothing is left, the longest first.
OF_APP = "x-app-limit-24hour"
WINDOWS = (OF_APP, "x-user-limit-24hour", "x-rate-limit")


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError; its code is the problem's name, an older code, a word of OAuth or the status."""
    return _explained(TABLE, answer, now)


def explain_removal(answer: Answer, now: datetime) -> ChannelError:
    """The answer to a request that removes a post. What a 403 means there is not documented, so a look decides."""
    return _explained(REMOVALS, answer, now)


def _explained(table: ErrorTable, answer: Answer, now: datetime) -> ChannelError:
    error = table.explain(answer, now)
    if answer.status == 429 and "retry-after" not in answer.headers:
        window = next((one for one in WINDOWS if answer.headers.get(f"{one}-remaining") == "0"), WINDOWS[-1])
        error.retry_after = wait_until(answer.headers.get(f"{window}-reset", ""), now) or error.retry_after
        if window != WINDOWS[-1] and error.reason is R.RATE_LIMITED:
            error.reason, error.of_app = R.DAILY_CAP_REACHED, window == OF_APP
    return error


def _read(answer: Answer) -> Said:
    """Name and text of whichever envelope there is."""
    word, kind = answer.field("error"), answer.field("type")
    if isinstance(word, str) and word in ERRORS:
        return Said(word, str(answer.field("error_description") or ""), is_own=True)
    detail, listed = answer.field("detail") or answer.field("title"), answer.field("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    name = str(kind).rpartition("/")[2] if isinstance(kind, str) and "/" in kind else ""
    code, text = first.get("code"), detail if isinstance(detail, str) else first.get("message")
    message = text if isinstance(text, str) else ""
    return Said(name[:100] or (str(code) if isinstance(code, int) else ""), message, is_own=bool(message))


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    worded=DETAILS,
    codes=ERRORS,
    statuses={401: DEAD_TOKEN, 402: NO_CREDITS, 429: THROTTLED},
    enveloped={400: INVALID, 403: REFUSED, 404: GONE},
)
NOT_OURS = Row(
    R.WITHDRAWAL_REFUSED, S.UNKNOWN, advice="it does not let this account remove the post: delete it at x.com"
)
_UNSURE = {"not-authorized-for-resource": NOT_OURS, "resource-not-found": NOT_FOUND}
REMOVALS = for_removals(TABLE, _UNSURE)
REMOVALS = replace(
    REMOVALS,
    worded=((403, re.compile("not permitted to perform this action", re.I), NOT_OURS), *REMOVALS.worded),
    enveloped={**TABLE.enveloped, 403: NOT_OURS},
)
