"""The meaning of Telegram's answers: descriptions as codes, and answers by how they begin or by their status."""

from __future__ import annotations

from munadi.domain.failure import Effect, Reason
from tests.channels.error_answers import ErrorTable, given, telegram, telegram_of

R, S = Reason, Effect


TELEGRAM = ErrorTable(
    """
TOKEN_EXPIRED not_sent: Logged_out
TARGET_NOT_ACCESSIBLE rejected: chat_not_found PEER_ID_INVALID CHANNEL_PRIVATE the_group_chat_was_deleted
TARGET_NOT_ACCESSIBLE rejected: user_is_deactivated bot_was_blocked_by_the_user
TARGET_NOT_ACCESSIBLE rejected: group_chat_was_upgraded_to_a_supergroup_chat
MISSING_SCOPE rejected: need_administrator_rights_in_the_channel_chat have_no_write_access_to_the_chat
MISSING_SCOPE rejected: CHAT_WRITE_FORBIDDEN CHAT_ADMIN_REQUIRED
MISSING_FIELD rejected: message_text_is_empty text_must_be_non_empty
TEXT_TOO_LONG rejected: message_is_too_long message_caption_is_too_long
INVALID_FIELD rejected: ENTITY_BOUNDS_INVALID strings_must_be_encoded_in_UTF_8 message_to_be_replied_not_found
INVALID_FIELD rejected: message_thread_not_found TOPIC_CLOSED
MEDIA_PROCESSING_FAILED not_sent: failed_to_get_HTTP_URL_content
MEDIA_VALIDATION_FAILED rejected: wrong_type_of_the_web_page_content PHOTO_INVALID_DIMENSIONS IMAGE_PROCESS_FAILED
MEDIA_VALIDATION_FAILED rejected: file_is_too_big group_send_failed
ACCOUNT_RESTRICTED rejected: FROZEN_METHOD_INVALID CHAT_RESTRICTED
""",
    telegram_of,
    [
        (telegram(401, "Unauthorized"), R.TOKEN_EXPIRED, S.NOT_SENT, "Unauthorized"),
        (
            telegram(401, "Unauthorized: invalid token specified"),
            R.TOKEN_EXPIRED,
            S.NOT_SENT,
            "invalid_token_specified",
        ),
        (given(401, "<html>"), R.TOKEN_EXPIRED, S.NOT_SENT, "HTTP 401"),
        (telegram(404, "Not Found"), R.TOKEN_EXPIRED, S.NOT_SENT, "Not_Found"),
        (given(404, "<html>"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 404"),
        (telegram(421, "Misdirected Request"), R.TOKEN_EXPIRED, S.NOT_SENT, None),
        (telegram(403, "Forbidden: bot was kicked from the channel chat"), R.TARGET_NOT_ACCESSIBLE, S.REJECTED, None),
        (
            telegram(403, "Forbidden: bot is not a member of the supergroup chat"),
            R.TARGET_NOT_ACCESSIBLE,
            S.REJECTED,
            None,
        ),
        (
            telegram(400, "Bad Request: not enough rights to send photos to the chat"),
            R.MISSING_SCOPE,
            S.REJECTED,
            "not_enough_rights_to_send_photos_to_the_chat",
        ),
        (telegram(400, "Bad Request: can't parse entities: odd"), R.INVALID_FIELD, S.REJECTED, None),
        (
            telegram(400, "Bad Request: wrong file identifier/HTTP URL specified"),
            R.MEDIA_PROCESSING_FAILED,
            S.NOT_SENT,
            "wrong_file_identifier_HTTP_URL_specified",
        ),
        (
            telegram(400, 'Bad Request: failed to send message #2 with the error message "odd"'),
            R.MEDIA_VALIDATION_FAILED,
            S.REJECTED,
            None,
        ),
        (telegram(400, "Bad Request: something new"), R.UNKNOWN_PROVIDER_ERROR, S.REJECTED, "something_new"),
        (telegram(409, "Conflict: can't use getUpdates"), R.UNKNOWN_PROVIDER_ERROR, S.REJECTED, None),
        (given(400, {"description": "Bad Request: chat not found"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (given(400, {"ok": False}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 400"),
        (given(400, {"ok": False, "description": 5}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 400"),
        (telegram(413, "Request Entity Too Large"), R.MEDIA_VALIDATION_FAILED, S.REJECTED, None),
        (telegram(500, "Internal Server Error: restart"), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (telegram(500, "Bad Request: chat not found"), R.PROVIDER_OUTAGE, S.UNKNOWN, "chat_not_found"),
        (telegram(429, "Too Many Requests: retry after 7"), R.RATE_LIMITED, S.NOT_SENT, "retry_after_7"),
    ],
)
