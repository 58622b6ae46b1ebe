"""What TikTok's answers mean: `{data, error: {code, message, log_id}}`, where only the code "ok" is success.

Source: docs/networks/tiktok.md, section 6. OAuth answers `{error, error_description, log_id}`, uploads answer with a
bare status. A code without a row is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from munadi.channels.errors import OUTAGE, REFUSED, ErrorTable, Row, Said
from munadi.channels.http import redact
from munadi.channels.pulls import judge_failed_pull
from munadi.channels.tiktok.spec import SPEC
from munadi.domain.failure import Effect, PostDropped, Reason
from munadi.ports import Answer

R, S = Reason, Effect
OK = "ok"
# A daily cap slides over 24 h, so a place may be free before a whole day has passed.
CAPPED = timedelta(hours=1)
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
BAD_FILE = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)

ERRORS: Mapping[str, Row] = {
    **dict.fromkeys(("invalid_param", "invalid_params"), INVALID),  # 400
    "invalid_file_upload": BAD_FILE,  # 400: size, chunks or type disagree
    "app_version_check_failed": Row(  # 400: photos to the inbox
        R.FEATURE_NOT_ELIGIBLE, S.REJECTED, advice="the creator's TikTok app is too old for this"
    ),
    # A dead token proves that nothing was accepted, so it is *not sent*; a refresh may help.
    "access_token_invalid": Row(R.TOKEN_EXPIRED, S.NOT_SENT),  # 401: expired or revoked
    **dict.fromkeys(("scope_not_authorized", "scope_permission_missed"), Row(R.MISSING_SCOPE, S.REJECTED)),  # 401
    "privacy_level_option_mismatch": Row(  # 403
        R.INVALID_FIELD, S.REJECTED, advice="this privacyLevel is not one of the creator's options"
    ),
    "unaudited_client_can_only_post_to_private_accounts": Row(  # 403
        R.APP_NOT_APPROVED,
        S.REJECTED,
        advice="until TikTok has audited the app, the account must be private and privacyLevel SELF_ONLY",
    ),
    "url_ownership_unverified": Row(R.MEDIA_DOMAIN_UNVERIFIED, S.REJECTED),  # 403
    "spam_risk_too_many_posts": Row(R.DAILY_CAP_REACHED, S.NOT_SENT, CAPPED),  # 403; 200 from creator_info
    "spam_risk_too_many_pending_share": Row(  # 403
        R.DAILY_CAP_REACHED, S.NOT_SENT, CAPPED, "five shares wait unfinished in the creator's inbox"
    ),
    "spam_risk_user_banned_from_posting": Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # 403; 200 from creator_info
    "spam_risk": Row(R.SPAM_BLOCKED, S.REJECTED),  # 403 (unverified as a code)
    "reached_active_user_cap": Row(R.QUOTA_EXCEEDED, S.NOT_SENT, CAPPED),  # 403; 200 from creator_info
    "rate_limit_exceeded": Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(seconds=60)),  # 429: per sliding minute
    # Only reads are answered with these, and how long a publish_id is known is not documented: they prove nothing.
    "invalid_publish_id": Row(R.INVALID_FIELD, S.UNKNOWN, proof=True),  # 400: unknown or expired
    "token_not_authorized_for_specified_publish_id": Row(
        R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, proof=True
    ),  # 400: another's
    "publish_not_cancellable": INVALID,  # 400: too late to cancel
    "internal_error": OUTAGE,  # 5xx: on init of a pull only TikTok knows
    # OAuth, perhaps with HTTP 200. invalid_grant: the refresh token was used, has expired or was revoked
    **dict.fromkeys(("access_denied", "invalid_grant"), Row(R.TOKEN_REVOKED, S.NOT_SENT)),
    "invalid_client": Row(R.APP_NOT_APPROVED, S.REJECTED, advice="check the client id and secret of the TikTok app"),
    "unauthorized_client": Row(R.APP_NOT_APPROVED, S.REJECTED),
    "invalid_scope": Row(R.MISSING_SCOPE, S.REJECTED),
    **dict.fromkeys(("invalid_request", "unsupported_grant_type", "unsupported_response_type"), INVALID),
    **dict.fromkeys(("server_error", "temporarily_unavailable"), OUTAGE),  # unverified
}
# A bare status: uploads, and proxies. After 403, 404 and 416 of an upload its status is read.
STATUSES: Mapping[int, Row] = {429: ERRORS["rate_limit_exceeded"]}
UPLOADS: Mapping[int, Row] = {
    400: BAD_FILE,  # header or length is wrong
    403: Row(R.MEDIA_PROCESSING_FAILED, S.UNKNOWN, advice="the upload's address has expired"),
    404: Row(R.MEDIA_PROCESSING_FAILED, S.UNKNOWN, advice="TikTok does not know this upload"),
    416: Row(R.MEDIA_PROCESSING_FAILED, S.UNKNOWN, advice="TikTok holds other parts of the upload than we sent"),
}

# `fail_reason` of the status FAILED: the post is not live and never will be, so each is final. After *not sent* another
# post may be made by itself (munadi.channels.pulls).
FAILURES: Mapping[str, Row] = {
    **dict.fromkeys(("file_format_check_failed", "duration_check_failed", "frame_rate_check_failed"), BAD_FILE),
    "picture_size_check_failed": BAD_FILE,
    "video_bitrate_check_failed": BAD_FILE,  # unverified
    **dict.fromkeys(("video_pull_failed", "photo_pull_failed"), Row(R.MEDIA_UNREACHABLE, S.NOT_SENT)),
    "internal": Row(R.PROVIDER_OUTAGE, S.REJECTED, advice="TikTok failed while it processed the post; retry it"),
    "publish_cancelled": Row(R.INVALID_FIELD, S.REJECTED, advice="the post was cancelled at TikTok; retry it"),
    "auth_removed": Row(R.TOKEN_REVOKED, S.REJECTED),
    "spam_risk_too_many_posts": Row(R.DAILY_CAP_REACHED, S.REJECTED),
    "spam_risk_user_banned_from_posting": Row(R.ACCOUNT_RESTRICTED, S.REJECTED),
    "spam_risk": Row(R.SPAM_BLOCKED, S.REJECTED),
    "spam_risk_text": Row(R.CONTENT_POLICY, S.REJECTED),
    "privacy_level_not_authorized": Row(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),  # seen in the wild, unverified
}

# An upload_url is a secret as a whole: it is all one needs to upload. So paths and queries are cut off every URL.
_ADDRESS = re.compile(r"""(https?:\\?/\\?/[^/\s"'\\?]+)[^\s"'<>]*""")


def is_ok(answer: Answer) -> bool:
    """Success is `error.code == "ok"`, whatever the HTTP status."""
    error = answer.field("error")
    return isinstance(error, dict) and error.get("code") == OK


def explain_failure(fail_reason: str, failed_pulls: int) -> PostDropped:
    """A post that TikTok accepted and then failed to publish: nothing is live. Rejected, unless TikTok could not fetch
    the media and fewer pulls than allowed have failed before."""
    words = f"fail_reason: {masked(fail_reason) or 'none given'}"
    error = TABLE.reported(PostDropped, FAILURES.get(fail_reason, REFUSED), fail_reason or "FAILED", words)
    if error.effect is S.NOT_SENT:
        judge_failed_pull(error, failed_pulls)
    return error


def masked(text: str) -> str:
    """The text without secrets, and with addresses cut to their host."""
    return redact(_ADDRESS.sub(r"\1/***", text))


def _read(answer: Answer) -> Said:
    """Code, message and log id of either envelope."""
    error = answer.field("error")
    if isinstance(error, dict):
        found = (error.get("code"), error.get("message"), error.get("log_id"))
    else:
        found = (error, answer.field("error_description") or answer.field("message"), answer.field("log_id"))
    code, message, log_id = ("" if value is None else str(value) for value in found)
    return Said("" if code == OK else code[:100], message, trace=f"log_id {log_id[:64]}" if log_id else "")


TABLE = ErrorTable(SPEC.title, _read, codes=ERRORS, statuses=STATUSES, mask=masked)
# The upload host answers with a bare status.
UPLOAD_TABLE = replace(TABLE, statuses={**STATUSES, **UPLOADS})
explain, explain_upload = TABLE.explain, UPLOAD_TABLE.explain
