"""What Discord's answers mean: `{code, message, errors}`, by status and code. Source: docs/networks/discord.md, 6.

A 4xx in Discord's own envelope proves that nothing was posted; a status alone, or a 5xx, proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.discord.spec import SPEC
from munadi.channels.errors import LONGEST_WAIT, REFUSED, ErrorTable, Row, Said
from munadi.channels.removing import NOT_FOUND
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice="the bot's token is not valid any more: import the new one")
DEAD_WEBHOOK = Row(R.TOKEN_REVOKED, S.NOT_SENT, advice="the webhook was deleted: make a new one, and connect its URL")
NO_ACCESS = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="it is not in the server, or cannot see the channel")
GONE = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="the channel or its server is gone: connect another one")
NO_RIGHT = Row(
    R.MISSING_SCOPE,
    S.REJECTED,
    advice="the bot lacks a permission: it needs View Channel, Send Messages, Embed Links, Attach Files and Read "
    "Message History there, and Send Messages in Threads for a thread",
)
WRONG_KIND = Row(R.INVALID_FIELD, S.REJECTED, advice="the channel takes no such messages: connect a text channel")
FORUM = Row(R.INVALID_FIELD, S.REJECTED, advice="the webhook is a forum's: give one of its posts as threadId")
THREAD = Row(R.INVALID_FIELD, S.REJECTED, advice="the thread is locked, archived or full: choose another one")
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
# Either a message that this one answers is gone, or an earlier try made this one, and it has been deleted since.
DELETED = Row(R.DUPLICATE_CONTENT, S.REJECTED, ours=True, advice="a message that this one is about has been deleted")
TOO_LARGE = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED, advice="its files are too large, together or one of them")
MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
POLICY = Row(R.CONTENT_POLICY, S.REJECTED, advice="the server's AutoMod or Discord's filter refused the text or a link")
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=1))
OVERLOADED = Row(R.PROVIDER_OUTAGE, S.UNKNOWN, timedelta(minutes=1))
BLOCKED = Row(
    R.PROVIDER_OUTAGE,
    S.UNKNOWN,
    timedelta(minutes=10),
    advice="Discord's front end refuses calls from this address for a while: too many were refused before",
)

UNKNOWN_MESSAGE = "10008"
ERRORS: Mapping[str, Row] = {
    "40001": DEAD_TOKEN,
    "50014": DEAD_TOKEN,
    "10015": DEAD_WEBHOOK,
    "50027": DEAD_WEBHOOK,
    "50001": NO_ACCESS,
    "50013": NO_RIGHT,
    "160002": NO_RIGHT,
    "10003": GONE,
    "10004": GONE,
    "40058": WRONG_KIND,
    "50008": WRONG_KIND,
    "50024": WRONG_KIND,
    "220001": FORUM,
    "220002": FORUM,
    "220003": FORUM,
    "220004": FORUM,
    "40067": INVALID,
    "40066": INVALID,
    "160005": THREAD,
    "160006": THREAD,
    "160007": THREAD,
    "50083": THREAD,
    "50035": INVALID,
    "50109": INVALID,
    "50006": Row(R.MISSING_FIELD, S.REJECTED),
    UNKNOWN_MESSAGE: DELETED,
    "40005": TOO_LARGE,
    "50045": TOO_LARGE,
    "30015": TOO_LARGE,
    "50046": MEDIA,
    "50123": MEDIA,
    "50146": MEDIA,
    "400001": Row(R.ACCOUNT_RESTRICTED, S.REJECTED, advice="the server lets nobody upload files now"),
    "200000": POLICY,
    "200001": POLICY,
    "240000": POLICY,
    "20016": THROTTLED,
    "20028": THROTTLED,
    "20029": THROTTLED,
    "40062": THROTTLED,
    "40006": OVERLOADED,
    "130000": OVERLOADED,
    "40333": BLOCKED,
}


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError."""
    return _explained(TABLE, answer, now)


def explain_removal(answer: Answer, now: datetime) -> ChannelError:
    """The answer to a request that removes a post."""
    return _explained(REMOVALS, answer, now)


def explain_edit(answer: Answer, now: datetime) -> ChannelError:
    """The answer to a request that changes a post."""
    return _explained(EDITS, answer, now)


def _explained(table: ErrorTable, answer: Answer, now: datetime) -> ChannelError:
    """With the wait of the body, which is a decimal number of seconds, where no header names one."""
    error = table.explain(answer, now)
    if answer.status == 429 and "retry-after" not in answer.headers:
        seconds = answer.field("retry_after")
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0:
            error.retry_after = min(timedelta(seconds=math.ceil(min(seconds, 10_000_000))), LONGEST_WAIT)
    return error


def _read(answer: Answer) -> Said:
    """The code, and the words with those of the fields that are wrong. Code 0 is no code."""
    code, message = answer.field("code"), answer.field("message")
    is_number = isinstance(code, int) and not isinstance(code, bool)
    is_own, is_known = isinstance(message, str) and is_number, is_number and code != 0
    words = [message if isinstance(message, str) else "", *_wrong_fields(answer.field("errors"), "")]
    return Said(str(code) if is_known else "", "; ".join(words), is_own=is_own)


def _wrong_fields(errors: Any, path: str) -> Iterator[str]:
    """`embeds.0.title: Must be 256 or fewer in length` for each field of a refusal."""
    if not isinstance(errors, dict):
        return
    for name, inner in errors.items():
        if name == "_errors" and isinstance(inner, list):
            yield from (f"{path}: {one.get('message')}" for one in inner if isinstance(one, dict))
        else:
            yield from _wrong_fields(inner, f"{path}.{name}" if path else str(name))


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    codes=ERRORS,
    statuses={401: DEAD_TOKEN, 413: TOO_LARGE, 429: THROTTLED},
    refused=REFUSED,
)
failure = TABLE.failure
_OF_MESSAGE = {**ERRORS, UNKNOWN_MESSAGE: NOT_FOUND}
KEPT = Row(R.WITHDRAWAL_REFUSED, S.REJECTED, advice="the message is not the account's own: delete it in Discord")
REMOVALS = replace(TABLE, codes={**_OF_MESSAGE, "50005": KEPT, "50021": KEPT})
FIXED = Row(R.EDIT_REFUSED, S.REJECTED, advice="the message is not the account's own")
TOO_MANY_EDITS = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(hours=1), advice="this older message had too many edits")
EDITS = replace(TABLE, codes={**_OF_MESSAGE, "50005": FIXED, "50021": FIXED, "30046": TOO_MANY_EDITS})
