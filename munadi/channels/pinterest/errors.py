"""What Pinterest's answers mean: `{code, message}`, also at the token endpoint. Source: docs/networks/pinterest.md, 6.

A refusal in Pinterest's own envelope proves that no pin was made; a status alone, or a 5xx, proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from munadi.channels.errors import REFUSED, ErrorTable, Row, Said
from munadi.channels.pinterest.spec import SPEC
from munadi.channels.removing import for_removals
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT)
DEAD_GRANT = Row(
    R.TOKEN_REVOKED,
    S.NOT_SENT,
    advice="the grant has ended: connect the account again; if all accounts fail, check the app's id and secret",
)
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=1))
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
GATED = Row(R.APP_NOT_APPROVED, S.REJECTED, advice="the app may not use this feature: ask Pinterest for access to it")
TRIAL = Row(
    R.APP_NOT_APPROVED,
    S.REJECTED,
    advice="the app has Trial access, which makes no pins: apply for Standard access at developers.pinterest.com",
)
FOREIGN = Row(
    R.TARGET_NOT_ACCESSIBLE,
    S.REJECTED,
    advice="the account may not pin to this board: choose another, or connect with secret_boards set",
)
NO_BOARD = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="the board or its section is gone: choose another board")
UNREACHABLE = Row(
    R.MEDIA_UNREACHABLE,
    S.NOT_SENT,
    advice="Pinterest could not fetch the image: check that MUNADI_PUBLIC_URL can be reached from outside",
)
LOST_MEDIA = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)  # `upload` sends the video again, a few times
BAD_LINK = Row(
    R.CONTENT_POLICY,
    S.REJECTED,
    advice="Pinterest blocks this link: give the page's own address, without a shortener, or leave the link out",
)
SPAM = Row(R.SPAM_BLOCKED, S.REJECTED)

# status/code
ERRORS: Mapping[str, Row] = {
    "400/1": INVALID,
    "401/2": DEAD_TOKEN,  # also a token of the other world: sandbox or production
    "401/3": GATED,
    "403/29": FOREIGN,
    "404/40": NO_BOARD,
    "404/50": NO_BOARD,
    "409/1": INVALID,
    "429/8": THROTTLED,
}
# One code has several meanings, so these count before it.
WORDS: Sequence[tuple[int, re.Pattern[str], Row]] = (
    (403, re.compile("trial access", re.I), TRIAL),
    (400, re.compile("unable to reach the url|could not fetch the image", re.I), UNREACHABLE),
    (400, re.compile(r"^(?=.*\bblocked\b)(?=.*\b(?:link|url)\b)", re.I | re.S), BAD_LINK),
    (400, re.compile(r"\bspam\b|blocked", re.I), SPAM),
)


def _read(answer: Answer) -> Said:
    """`status/code` of Pinterest's envelope; nothing without one."""
    code, message = answer.field("code"), answer.field("message")
    if not isinstance(code, int) or isinstance(code, bool) or not isinstance(message, str):
        return Said()
    return Said(f"{answer.status}/{code}"[:100], message, is_own=True)


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    worded=WORDS,
    codes=ERRORS,
    statuses={401: DEAD_TOKEN, 429: THROTTLED},
    enveloped={400: INVALID, 403: REFUSED, 404: NO_BOARD, 409: INVALID},
    reset="x-ratelimit-reset",
)
NOT_OURS = Row(R.WITHDRAWAL_REFUSED, S.REJECTED, advice="the account may not remove this pin: its owner can")
REMOVALS = for_removals(TABLE, {"403/29": NOT_OURS})
NO_EDITS = Row(
    R.APP_NOT_APPROVED,
    S.REJECTED,
    advice="Pinterest lets chosen apps only edit Pins: ask it for pin_edit, or edit the Pin at pinterest.com",
)
FIXED = Row(R.EDIT_REFUSED, S.REJECTED, advice="the account may not edit this Pin: its owner can")
EDITS = for_removals(TABLE, {"401/3": NO_EDITS, "403/29": FIXED})
# At the token endpoint it is the grant that is refused.
_OWN = re.compile(r"^\d{3}/")
GRANTS = replace(TABLE, worded=((400, _OWN, DEAD_GRANT), (401, _OWN, DEAD_GRANT), *WORDS))
# The place of uploads answers with XML, and only its status counts: another upload has another policy.
UPLOADS = ErrorTable(SPEC.title, lambda answer: Said(is_own=True), statuses={429: THROTTLED}, refused=LOST_MEDIA)
failure, explain = TABLE.failure, TABLE.explain
