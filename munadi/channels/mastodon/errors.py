"""What the answers of Mastodon and compatible servers mean. Envelope: `{"error": "text", "error_description"?}`.

Source: docs/networks/mastodon.md, section 6. The text may be in the owner's language, so the status decides and an
English text only makes it more exact. A 422 of Mastodon is a refusal before anything was stored, whatever its text;
`publisher` reads the medium before it believes one, since an earlier call may have used it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from munadi.channels.errors import ErrorTable, Row, Said
from munadi.channels.mastodon.spec import SPEC
from munadi.channels.removing import for_removals
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
REVOKED = "the token is no longer valid: the owner removed the app, or the server forgot it; connect the account again"
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice=REVOKED)
BAD_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)

# Words of OAuth (RFC 6749, 5.2), in `error` itself.
ERRORS: Mapping[str, Row] = {
    "invalid_grant": Row(R.TOKEN_REVOKED, S.NOT_SENT),  # a code that was used, is too old, or is another app's
    "invalid_client": Row(R.TOKEN_REVOKED, S.NOT_SENT),  # servers forget apps: the next consent registers a new one
    "unauthorized_client": Row(R.TOKEN_REVOKED, S.NOT_SENT),
    "invalid_token": DEAD_TOKEN,
    "insufficient_scope": Row(R.MISSING_SCOPE, S.REJECTED),
}
WORDED: Sequence[tuple[int, re.Pattern[str], Row]] = (
    (403, re.compile("outside the authorized scopes", re.I), Row(R.MISSING_SCOPE, S.REJECTED)),
    (403, re.compile("login is|e-mail|pending approval|two-factor", re.I), Row(R.ACCOUNT_RESTRICTED, S.REJECTED)),
    (403, re.compile("action is not allowed", re.I), Row(R.CONTENT_POLICY, S.REJECTED)),
    (404, re.compile("record not found", re.I), Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED)),
    (422, re.compile("requires an authenticated user", re.I), DEAD_TOKEN),
    (422, re.compile("text can't be blank", re.I), Row(R.MISSING_FIELD, S.REJECTED)),
    (422, re.compile("character limit", re.I), Row(R.TEXT_TOO_LONG, S.REJECTED)),
    (422, re.compile("not finished processing", re.I), Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5))),
    (422, re.compile("already attached|duplicate record", re.I), Row(R.DUPLICATE_CONTENT, S.UNKNOWN, ours=True)),
    (422, re.compile("cannot attach|files|content type|uploaded media|file size", re.I), BAD_MEDIA),
)


def _read(answer: Answer) -> Said:
    """A word of OAuth with its description, or a text."""
    error, described = answer.field("error"), answer.field("error_description")
    text = error if isinstance(error, str) else ""
    name = text if text in ERRORS else ""
    return Said(name, described if name and isinstance(described, str) else text, is_own=bool(text))


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    worded=WORDED,
    codes=ERRORS,
    statuses={401: DEAD_TOKEN, 413: BAD_MEDIA, 429: Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(minutes=5))},
    enveloped={
        400: Row(R.INVALID_FIELD, S.REJECTED),
        422: Row(R.INVALID_FIELD, S.REJECTED, ours=True),  # in another language: perhaps "already attached"
    },
    reset="x-ratelimit-reset",
)
failure, explain = TABLE.failure, TABLE.explain
# GoToSocial and Pleroma refuse the removal of a foreign post with 403, where Mastodon says 404.
REMOVALS = replace(for_removals(TABLE), enveloped={**TABLE.enveloped, 403: Row(R.WITHDRAWAL_REFUSED, S.REJECTED)})
# GoToSocial refuses an equal edit so: a read shows that it was done.
UNCHANGED = (422, re.compile("status was not changed", re.I), Row(R.EDIT_REFUSED, S.UNKNOWN))
EDITS = replace(
    REMOVALS,
    worded=(UNCHANGED, *REMOVALS.worded),
    enveloped={**TABLE.enveloped, 403: Row(R.EDIT_REFUSED, S.REJECTED)},
)
