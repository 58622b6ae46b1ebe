"""What Telegram's answers mean: `{ok: false, error_code, description, parameters}`, described in words alone.

The code is the description after its prefix, with underscores for spaces. Source: docs/networks/telegram.md, section 6.
A 4xx in Telegram's own envelope proves that nothing was sent; a status alone, or a 5xx, proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from munadi.channels.answers import object_in
from munadi.channels.errors import LONGEST_WAIT, REFUSED, ErrorTable, Row, Said
from munadi.channels.removing import NOT_FOUND
from munadi.channels.telegram.spec import SPEC
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice="the bot's token is not valid any more")
WRONG_HOST = Row(R.TOKEN_EXPIRED, S.NOT_SENT, advice="this Bot API server does not serve the bot: check HOSTS__API")
NO_ACCESS = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="the bot cannot reach the chat: add it there again")
NO_RIGHT = Row(R.MISSING_SCOPE, S.REJECTED, advice="the bot may not post this there: grant it the right to")
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
TOO_LONG = Row(R.TEXT_TOO_LONG, S.REJECTED)
MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
LOST_FILE = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)  # `publisher` uploads again, a few times
POLICY = Row(R.ACCOUNT_RESTRICTED, S.REJECTED)
MOVED = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="the group became a supergroup: connect its new id")
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=1))

# What the probe of a message id may be told (`probe`).
MISSING, ANOTHERS = "message_to_edit_not_found", "message_can_t_be_edited"
OWN = "there_is_no_live_location_in_the_message_to_edit"
UPGRADED = "group_chat_was_upgraded_to_a_supergroup_chat"
# What a removal may be told about a message that is gone; and of one that is too old, in channels and in groups.
NOT_THERE = "message_to_delete_not_found"
TOO_OLD = ("message_can_t_be_deleted", "message_can_t_be_deleted_for_everyone")
UNREMOVABLE = frozenset({NOT_THERE, *TOO_OLD})

ERRORS: Mapping[str, Row] = {
    "Logged_out": WRONG_HOST,
    "chat_not_found": NO_ACCESS,
    "PEER_ID_INVALID": NO_ACCESS,
    "CHANNEL_PRIVATE": NO_ACCESS,
    "the_group_chat_was_deleted": NO_ACCESS,
    "user_is_deactivated": NO_ACCESS,
    "bot_was_blocked_by_the_user": NO_ACCESS,
    "need_administrator_rights_in_the_channel_chat": NO_RIGHT,
    "have_no_write_access_to_the_chat": NO_RIGHT,
    "CHAT_WRITE_FORBIDDEN": NO_RIGHT,
    "CHAT_ADMIN_REQUIRED": NO_RIGHT,
    UPGRADED: MOVED,
    "message_text_is_empty": Row(R.MISSING_FIELD, S.REJECTED),
    "text_must_be_non_empty": Row(R.MISSING_FIELD, S.REJECTED),
    "message_is_too_long": TOO_LONG,
    "message_caption_is_too_long": TOO_LONG,
    "ENTITY_BOUNDS_INVALID": INVALID,
    "strings_must_be_encoded_in_UTF_8": INVALID,
    "message_to_be_replied_not_found": INVALID,
    "message_thread_not_found": INVALID,
    "TOPIC_CLOSED": INVALID,
    "failed_to_get_HTTP_URL_content": LOST_FILE,
    "wrong_type_of_the_web_page_content": MEDIA,
    "PHOTO_INVALID_DIMENSIONS": MEDIA,
    "IMAGE_PROCESS_FAILED": MEDIA,
    "file_is_too_big": MEDIA,
    "group_send_failed": MEDIA,
    "FROZEN_METHOD_INVALID": POLICY,
    "CHAT_RESTRICTED": POLICY,
}
# Parts of a code, where the rest names a chat, a file or a right.
WORDED: Sequence[tuple[int | None, re.Pattern[str], Row]] = (
    (None, re.compile("bot_was_kicked_from_the_|bot_is_not_a_member_of_the_", re.I), NO_ACCESS),
    (None, re.compile("not_enough_rights_to_", re.I), NO_RIGHT),
    (None, re.compile("can_t_parse_entities", re.I), INVALID),
    (None, re.compile("wrong_file_identifier|can_t_upload_file_by_URL", re.I), LOST_FILE),
    (None, re.compile("failed_to_send_message_|photo_has_unsupported_extension|can_t_use_the_media_of_", re.I), MEDIA),
)
_PREFIX = re.compile(r"(?:Bad Request|Forbidden|Unauthorized|Not Found|Conflict|Too Many Requests): ")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError. The token is part of a call's address, and never of an answer."""
    return _explained(TABLE, answer, now)


def explain_removal(answer: Answer, now: datetime) -> ChannelError:
    """The answer to a request that removes a post. "Not found" is how every failed read of a message is worded."""
    return _explained(REMOVALS, answer, now)


def explain_edit(answer: Answer, now: datetime) -> ChannelError:
    """The answer to a request that changes a post."""
    return _explained(EDITS, answer, now)


def _explained(table: ErrorTable, answer: Answer, now: datetime) -> ChannelError:
    error = table.explain(answer, now)
    if answer.status == 429 and "retry-after" not in answer.headers:
        seconds = object_in(answer.body, "parameters").get("retry_after")
        if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds >= 0:
            error.retry_after = min(timedelta(seconds=min(seconds, 10_000_000)), LONGEST_WAIT)
    return error


def _read(answer: Answer) -> Said:
    """The code is made of the description."""
    given = answer.field("description")
    message = given if isinstance(given, str) else ""
    code = _NO_WORD.sub("_", _PREFIX.sub("", message, count=1)).strip("_")[:120]
    is_own = bool(message) and answer.field("ok") is False
    return Said(code if is_own else "", message, is_own=is_own)


TABLE = ErrorTable(
    title=SPEC.title,
    read=_read,
    worded=WORDED,
    codes=ERRORS,
    statuses={401: DEAD_TOKEN, 413: MEDIA, 421: WRONG_HOST, 429: THROTTLED},
    enveloped={404: DEAD_TOKEN},
    refused=REFUSED,
)
failure = TABLE.failure
KEPT = Row(
    R.WITHDRAWAL_REFUSED,
    S.REJECTED,
    advice="the message is older than 48 hours, or the bot may not delete it: delete it in the chat, or grant the bot "
    "the right to post again",
)
REMOVALS = replace(TABLE, codes={**ERRORS, NOT_THERE: NOT_FOUND, **dict.fromkeys(TOO_OLD, KEPT)})
FIXED = Row(R.EDIT_REFUSED, S.REJECTED, advice="Telegram lets the bot edit its own messages only, and no forwarded one")
EDITS = replace(TABLE, codes={**ERRORS, MISSING: NOT_FOUND, ANOTHERS: FIXED})
