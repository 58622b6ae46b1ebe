"""What refusals of Meta's Graph family mean: the envelope's `(code, error_subcode)`, subcode first.

Each channel adds its own rows to these. A pair without a row is unknown, above all a new publishing subcode beside a
known code: 4/2207051 is no plain rate limit. Source: Meta's error-handling and error-codes pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.errors import OUTAGE, Doubt, ErrorTable, Row, Said
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
Rows = Mapping[tuple[int | None, int | None], Row]

THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(minutes=5))
APP_THROTTLED = THROTTLED._replace(of_app=True)
SPAM = Row(R.SPAM_BLOCKED, S.UNKNOWN)  # "suspected spam": the post may nevertheless be live
EXPIRED_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, proof=True)
REVOKED_TOKEN = Row(R.TOKEN_REVOKED, S.NOT_SENT, proof=True)
CHECKPOINT = Row(R.LOGIN_CHECKPOINT, S.NOT_SENT, proof=True)
# Another container after a wait: munadi.channels.pulls. A publish that is refused so gets another one at once.
UNREACHABLE = Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renewals=3)
BAD_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
UNKNOWN_OWN = Row(R.INVALID_FIELD, S.UNKNOWN)  # a publishing subcode without a row
MISSING_OBJECT = "100/33"
OWN, HTTP = "own", "http"
_NAME, _PREFIX = re.compile(r"THREADS_API__[A-Z_]+"), re.compile(r"^\(#\d+\)")

# Every Graph: (code, subcode), or None for any. A dead token proves that nothing was published, so it is *not sent*.
COMMON: Rows = {
    (190, None): EXPIRED_TOKEN,  # expired or invalid
    (190, 463): EXPIRED_TOKEN,  # expired
    (190, 467): EXPIRED_TOKEN,  # session invalidated
    (102, None): EXPIRED_TOKEN,  # session gone
    (190, 458): REVOKED_TOKEN,  # app removed by the user
    (190, 460): REVOKED_TOKEN,  # password changed
    (190, 459): CHECKPOINT,  # checkpoint
    (190, 464): CHECKPOINT,  # unconfirmed user
    (190, 492): Row(R.ROLE_OR_2FA_REQUIRED, S.REJECTED),  # lost the role on the Page
    (3, None): Row(R.APP_NOT_APPROVED, S.REJECTED),  # the app lacks the capability
    (10, None): Row(R.MISSING_SCOPE, S.REJECTED),  # permission missing or removed
    **{(code, None): Row(R.MISSING_SCOPE, S.REJECTED) for code in range(200, 300)},  # permission family
    (4, None): APP_THROTTLED,  # app
    (17, None): THROTTLED,  # user
    (32, None): THROTTLED,  # page
    (341, None): APP_THROTTLED,  # application limit, temporary
    (613, None): THROTTLED,  # custom
    (1, None): OUTAGE,  # unknown error
    (2, None): OUTAGE,  # service down
    (100, None): Row(R.INVALID_FIELD, S.REJECTED),  # bad parameter
    (100, 33): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # object missing or no access; flaky on reads
    (368, None): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # blocked for policy or abuse, hours to days
    (506, None): Row(R.DUPLICATE_CONTENT, S.UNKNOWN, ours=True),  # a Page feature; elsewhere undocumented
}
# Those that publish by containers, besides.
PUBLISHING: Rows = {
    (80002, None): THROTTLED,  # business use case
    (4, 2207051): SPAM,
    (9004, 2207052): UNREACHABLE,  # not fetchable or wrong type; flaky
    (9007, 2207027): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5)),  # container not ready yet
    (36000, 2207004): BAD_MEDIA,  # image over 8 MiB
    (36001, 2207005): BAD_MEDIA,  # image format
    (36003, 2207009): BAD_MEDIA,  # aspect ratio
    (36004, 2207010): Row(R.TEXT_TOO_LONG, S.REJECTED),  # caption
}


@dataclass(frozen=True)
class GraphErrors(ErrorTable):
    """A table whose throttles name their end in a header of Meta's own, which counts before `Retry-After`."""

    def refusal(self, row: Row, answer: Answer, now: datetime, said: Said) -> ChannelError:
        error = super().refusal(row, answer, now, said)
        error.retry_after = _usage_wait(answer) or error.retry_after
        return error


def graph_errors(
    title: str, rows: Mapping[Any, Row], own: Sequence[int] = (), doubts: Doubt = Doubt.NOTHING
) -> GraphErrors:
    """A network's table: rows by `(code, subcode)`, None for any, by a name, and by a whole message without its number.

    `own` begin the subcodes of publishing: one of these without a row is no plain error of the code beside it.
    """
    unknown = {(OWN, thousands): UNKNOWN_OWN for thousands in own}
    return GraphErrors(title, read_refusal, codes={**rows, **unknown, (HTTP, 429): THROTTLED}, doubts=doubts)


def read_refusal(answer: Answer) -> Said:
    """The envelope of an answer, leniently: any of it may be missing. Its words are the text for people, if any.

    The upload host has `debug_info` in its place; a refused code stands at the top, where the code is only the status.
    """
    error, debug = object_in(answer.body, "error"), object_in(answer.body, "debug_info")
    message = str(error.get("message") or answer.field("error_message") or answer.text[:MAX_MESSAGE])
    words, kind = str(error.get("error_user_msg") or message), str(debug.get("type") or "")
    if kind and not error:
        words = str(debug.get("message") or words)
    code, subcode = number(error.get("code")), number(error.get("error_subcode"))
    found = _NAME.search(f"{error.get('code')} {message}")
    name = kind or (found[0] if found else "")
    spelled = (name, *(error.get(each) for each in ("code", "type", "message")), _PREFIX.sub("", message).strip(" ."))
    keys = [*(each for each in spelled if isinstance(each, str)), *_places(answer.status, error, code, subcode)]
    numbered = "" if code is None else f"{code}/{subcode}" if subcode else str(code)
    return Said(name or numbered, words, keys=keys)


def _places(status: int, error: Mapping[str, Any], code: int | None, subcode: int | None) -> Iterator[Hashable]:
    """Where the rows of a code and its subcode may stand: both, the subcode, whose it is, the code."""
    yield code, subcode
    if subcode:
        yield None, subcode
        yield OWN, subcode // 1000
    yield code, None
    if code is None:
        yield str(error.get("type")), None
        yield HTTP, status


def pair_of(error: ChannelError) -> tuple[int | None, int | None]:
    """Code and subcode of an error that was sorted before, as far as it has them."""
    code, _, subcode = (error.provider_code or "").partition("/")
    return number(code), number(subcode)


def number(value: Any) -> int | None:
    """A whole number, from text too."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _usage_wait(answer: Answer) -> timedelta | None:
    """Minutes until access returns, from `X-Business-Use-Case-Usage: {"<id>": [{…}]}`; the longest counts."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        rows = [row for rows in usage.values() for row in rows]
        minutes = max((int(row.get("estimated_time_to_regain_access", 0)) for row in rows), default=0)
    except (ValueError, TypeError, AttributeError):
        return None
    return timedelta(minutes=minutes) if minutes > 0 else None
