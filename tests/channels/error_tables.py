"""The meaning of every documented answer of each network: one line for each reason and effect.

A key is `code` or `code/subcode` at Meta (`*` is any code, `200..299` a range), `status:name` at Bluesky and TikTok,
and a reason or an OAuth word at YouTube. Errors that have a name of their own at Meta are keyed by it.
"""
# ruff: noqa: E501  (a table is read by its rows)

from __future__ import annotations

from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.error_answers import (
    WORDS,
    ErrorTable,
    given,
    google,
    graph,
    graph_of,
    tiktok_of,
    xrpc_of,
    youtube_of,
)
from tests.channels.error_linkedin import LINKEDIN
from tests.channels.error_mastodon import MASTODON
from tests.channels.error_pinterest import PINTEREST
from tests.channels.error_telegram import TELEGRAM
from tests.channels.error_x import X

R, S = Reason, Effect
COMMON = """
TOKEN_EXPIRED not_sent: 190 190/463 190/467 190/999 102
TOKEN_REVOKED not_sent: 190/458 190/460
LOGIN_CHECKPOINT not_sent: 190/459 190/464
ROLE_OR_2FA_REQUIRED rejected: 190/492
APP_NOT_APPROVED rejected: 3
RATE_LIMITED not_sent 300: 4 17 32 341 613
PROVIDER_OUTAGE unknown: 1 2
INVALID_FIELD rejected: 100
TARGET_NOT_ACCESSIBLE rejected: 100/33
ACCOUNT_RESTRICTED rejected: 368
"""
PUBLISHING = """
DUPLICATE_CONTENT unknown: 506
MISSING_SCOPE rejected: 10 200..299
SPAM_BLOCKED unknown: 4/2207051
MEDIA_UNREACHABLE not_sent: 9004/2207052
PROVIDER_OUTAGE not_sent 5: 9007/2207027
MEDIA_VALIDATION_FAILED rejected: 36000/2207004 36001/2207005 36003/2207009
TEXT_TOO_LONG rejected: 36004/2207010
RATE_LIMITED not_sent 300: 80002
"""
GRAPH_OTHERS: list[tuple[Answer, Reason, Effect, str | None]] = [
    (graph(400, 190, 999), R.TOKEN_EXPIRED, S.NOT_SENT, "190/999"),
    (given(500), R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 500"),
    (graph(500, 4711), R.PROVIDER_OUTAGE, S.UNKNOWN, "4711"),
    (graph(500, 2), R.PROVIDER_OUTAGE, S.UNKNOWN, "2"),
    (given(429), R.RATE_LIMITED, S.NOT_SENT, "HTTP 429"),
    (given(404), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 404"),
    (graph(400, 424242, 7), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "424242/7"),
    (graph(400, "190", "458"), R.TOKEN_REVOKED, S.NOT_SENT, "190/458"),
]
META_OTHERS = [
    *GRAPH_OTHERS,
    (graph(403, 300), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
    (given(400, {"error": "text"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
    (graph(400, 4, 2207999), R.INVALID_FIELD, S.UNKNOWN, None),  # an unknown publishing subcode proves nothing
]
BLUESKY = ErrorTable(
    """
TOKEN_EXPIRED not_sent: 400:ExpiredToken 400:InvalidToken 401:invalid_token 401:use_dpop_nonce 401:invalid_dpop_proof
PROVIDER_OUTAGE not_sent: 400:use_dpop_nonce
APP_NOT_APPROVED not_sent: 400:invalid_client 401:invalid_client 400:invalid_client_metadata 400:invalid_redirect_uri
TOKEN_REVOKED not_sent: 400:invalid_grant 401:AuthMissing 401:AuthenticationRequired
LOGIN_CHECKPOINT not_sent: 401:AuthFactorTokenRequired
ACCOUNT_RESTRICTED rejected: 401:AccountTakedown 401:AccountDeactivated
MISSING_SCOPE rejected: 403:ScopeMissingError
TARGET_NOT_ACCESSIBLE rejected: 403:AccountNotFound 400:RecordNotFound
RATE_LIMITED not_sent 60: 429:RateLimitExceeded
MEDIA_VALIDATION_FAILED rejected: 400:InvalidSize 400:InvalidMimeType 400:BlobTooLarge 413:BlobTooLarge
MEDIA_VALIDATION_FAILED rejected: 413:PayloadTooLarge 413:PayloadTooLargeError
MEDIA_PROCESSING_FAILED not_sent: 400:BlobNotFound
DUPLICATE_CONTENT unknown: 400:InvalidSwap
PROVIDER_OUTAGE unknown: 500:InternalServerError 502:UpstreamFailure 503:NotEnoughResources 504:UpstreamTimeout
INVALID_FIELD rejected: 400:HandleNotFound 400:SyntaxError 501:MethodNotImplemented
""",
    xrpc_of,
    [
        (given(413), R.MEDIA_VALIDATION_FAILED, S.REJECTED, "HTTP 413"),
        (given(429), R.RATE_LIMITED, S.NOT_SENT, "HTTP 429"),
        (given(500), R.PROVIDER_OUTAGE, S.UNKNOWN, "HTTP 500"),
        (given(500, {"error": "Whatever"}), R.PROVIDER_OUTAGE, S.UNKNOWN, "Whatever"),
        (given(401), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 401"),
        (given(401, {"error": "ExpiredToken"}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "ExpiredToken"),
        (given(302), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "HTTP 302"),
    ],
)
FACEBOOK = ErrorTable(
    f"""{COMMON}
MISSING_SCOPE rejected: 10 200..209 211..299 1363042
TARGET_NOT_ACCESSIBLE rejected: 210 803
ROLE_OR_2FA_REQUIRED rejected: 1404078
RATE_LIMITED not_sent 300: 613/1996 80001
RATE_LIMITED not_sent 3600: 368/1390008
PROVIDER_OUTAGE unknown: 1363019 1363030 1363033 1363037 1363047 1609010 1/1363047
INVALID_FIELD rejected: 104 2061006 1349125 1609008 1609005 100/1609005
ACCOUNT_RESTRICTED rejected: 368/12 368/4854002 1404006 1404112
DUPLICATE_CONTENT rejected: 506 368/1404082 1366051
MEDIA_VALIDATION_FAILED rejected: 324 1366046 2069019 382 1363022 1363023 1363040 1363127 1363128 1363129 100/1363128
MEDIA_UNREACHABLE not_sent: 389
MEDIA_PROCESSING_FAILED not_sent: 6000 6001
CONTENT_POLICY rejected: 1346003 1404102 100/1404102
UNKNOWN_PROVIDER_ERROR unknown: 9007/2207027 36000
PROVIDER_OUTAGE unknown: OffsetInvalidError PartialRequestError
MEDIA_PROCESSING_FAILED not_sent: ProcessingFailedError
""",
    graph_of,
    [
        *GRAPH_OTHERS,
        (
            given(400, {"error": {"type": "OAuthException", "message": "Invalid"}}),
            R.TOKEN_EXPIRED,
            S.NOT_SENT,
            "HTTP 400",
        ),
        (graph(100, 100, message="(#100) No permission to publish the video"), R.MISSING_SCOPE, S.REJECTED, "100"),
    ],
)
INSTAGRAM = ErrorTable(
    f"""{COMMON}{PUBLISHING}
RATE_LIMITED not_sent 300: 613/1996
PROVIDER_OUTAGE unknown: -1/2207001 -1/2207032 */2207085
INVALID_FIELD rejected: 1/2207057 100/2207023 100/2207028 100/2207035 100/2207036 100/2207037 100/2207040
ACCOUNT_RESTRICTED rejected: 25/2207050
MEDIA_UNREACHABLE not_sent: -2/2207003
MEDIA_VALIDATION_FAILED rejected: 352/2207026
MEDIA_PROCESSING_FAILED not_sent: -2/2207020 */2207076 */2207077 */2207082
MEDIA_PROCESSING_FAILED unknown: -1/2207053
DAILY_CAP_REACHED not_sent 3600: 9/2207042
TARGET_NOT_ACCESSIBLE not_sent: 24/2207006
PROVIDER_OUTAGE not_sent 30: 24/2207008
FEATURE_NOT_ELIGIBLE rejected: */2207081
INVALID_FIELD unknown: 9006 36002 24 25 100/2207999
""",
    graph_of,
    [
        *META_OTHERS,
        (graph(400, 4711, message="INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"), R.INVALID_FIELD, S.REJECTED, None),
        (graph(400, 100, is_transient=True), R.INVALID_FIELD, S.REJECTED, "100"),
    ],
)
THREADS = ErrorTable(
    f"""{COMMON}{PUBLISHING}
TOKEN_REVOKED not_sent: 452/4279019
ACCOUNT_RESTRICTED rejected: */4279013 1/4279013
SPAM_BLOCKED unknown: 100/2207051
MEDIA_UNREACHABLE not_sent: 1/2207052
PROVIDER_OUTAGE not_sent 5: 24/4279009
INVALID_FIELD unknown: 100/4279999
UNKNOWN_PROVIDER_ERROR unknown: 24 452
INVALID_FIELD rejected: THREADS_API__LINK_LIMIT_EXCEEDED THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES
FEATURE_NOT_ELIGIBLE rejected: THREADS_API__FEATURE_NOT_AVAILABLE
""",
    graph_of,
    [
        *META_OTHERS,
        (graph(400, float("inf")), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (graph(400, 4711, message="THREADS_API__NEW_WORD"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (
            graph(400, 100, message="(#100) Param text must be at most 500 characters long."),
            R.TEXT_TOO_LONG,
            S.REJECTED,
            "100",
        ),
        # Seen of posts that went live, so it proves nothing.
        (graph(500, 10), R.MISSING_SCOPE, S.UNKNOWN, "10"),
        (graph(500, 100), R.INVALID_FIELD, S.UNKNOWN, "100"),
        # `is_transient` is not believed.
        (graph(400, 24, 4279009, is_transient=False), R.PROVIDER_OUTAGE, S.NOT_SENT, "24/4279009"),
        (graph(400, 100, is_transient=True), R.INVALID_FIELD, S.REJECTED, "100"),
        (
            graph(400, "THREADS_API__LINK_LIMIT_EXCEEDED"),
            R.INVALID_FIELD,
            S.REJECTED,
            "THREADS_API__LINK_LIMIT_EXCEEDED",
        ),
    ],
)
TIKTOK = ErrorTable(
    """
INVALID_FIELD rejected: 400:invalid_param 400:invalid_params 403:privacy_level_option_mismatch 400:publish_not_cancellable
INVALID_FIELD unknown: 400:invalid_publish_id
MEDIA_VALIDATION_FAILED rejected: 400:invalid_file_upload
FEATURE_NOT_ELIGIBLE rejected: 400:app_version_check_failed
TOKEN_EXPIRED not_sent: 401:access_token_invalid
MISSING_SCOPE rejected: 401:scope_not_authorized 401:scope_permission_missed
APP_NOT_APPROVED rejected: 403:unaudited_client_can_only_post_to_private_accounts
MEDIA_DOMAIN_UNVERIFIED rejected: 403:url_ownership_unverified
DAILY_CAP_REACHED not_sent 3600: 403:spam_risk_too_many_posts 403:spam_risk_too_many_pending_share 200:spam_risk_too_many_posts
ACCOUNT_RESTRICTED rejected: 403:spam_risk_user_banned_from_posting 200:spam_risk_user_banned_from_posting
SPAM_BLOCKED rejected: 403:spam_risk
QUOTA_EXCEEDED not_sent 3600: 403:reached_active_user_cap 200:reached_active_user_cap
RATE_LIMITED not_sent 60: 429:rate_limit_exceeded 403:rate_limit_exceeded
TARGET_NOT_ACCESSIBLE unknown: 400:token_not_authorized_for_specified_publish_id
PROVIDER_OUTAGE unknown: 500:internal_error
UNKNOWN_PROVIDER_ERROR unknown: 200:never_seen_before
TOKEN_REVOKED not_sent: 200:access_denied 400:access_denied 200:invalid_grant 400:invalid_grant
APP_NOT_APPROVED rejected: 200:invalid_client 400:invalid_client 200:unauthorized_client 400:unauthorized_client
MISSING_SCOPE rejected: 200:invalid_scope 400:invalid_scope
INVALID_FIELD rejected: 400:invalid_request 200:invalid_request 400:unsupported_grant_type 400:unsupported_response_type
PROVIDER_OUTAGE unknown: 200:server_error 400:server_error 200:temporarily_unavailable 400:temporarily_unavailable
""",
    tiktok_of,
    [
        # Only `ok` is ok; anything else with HTTP 200 proves nothing.
        *((given(200, body), None, S.UNKNOWN, None) for body in (None, {}, [], {"error": None}, {"data": {}})),
        *((given(200, {"error": error}), None, S.UNKNOWN, None) for error in ({}, "ok", {"code": "OK"})),
    ],
    words=f"{WORDS} (log_id 7)",
)
YOUTUBE = ErrorTable(
    """
TOKEN_EXPIRED not_sent: authError expired required authorizationRequired
TARGET_NOT_ACCESSIBLE rejected: youtubeSignupRequired channelNotFound authenticatedUserNotChannel forbidden
MISSING_SCOPE rejected: insufficientPermissions ACCESS_TOKEN_SCOPE_INSUFFICIENT
APP_NOT_APPROVED rejected: accessNotConfigured invalid_client deleted_client
ACCOUNT_RESTRICTED rejected: accountDelegationForbidden authenticatedUserAccountClosed authenticatedUserAccountSuspended
ACCOUNT_RESTRICTED rejected: channelClosed channelSuspended ineligibleAccount
INVALID_FIELD rejected: forbiddenPrivacySetting forbiddenLicenseSetting invalidTitle invalidDescription invalidTags
INVALID_FIELD rejected: invalidCategoryId invalidPublishAt invalidRecordingDetails invalidVideoGameRating invalidFilename
INVALID_FIELD rejected: defaultLanguageNotSet invalidVideoMetadata mediaBodyRequired wrongUrlForUpload notUpload videoNotFound
INVALID_FIELD rejected: notFound channelOrVideoIdMissing commentTextRequired commentTextTooLong processingFailure
INVALID_FIELD rejected: invalidCommentThreadMetadata
QUOTA_EXCEEDED not_sent 82860: quotaExceeded dailyLimitExceeded
RATE_LIMITED not_sent 60: rateLimitExceeded userRateLimitExceeded servingLimitExceeded
DAILY_CAP_REACHED not_sent 86400: uploadLimitExceeded uploadRateLimitExceeded
MEDIA_VALIDATION_FAILED rejected: invalidImage imageTooTall imageTooWide uploadTooLarge
FEATURE_NOT_ELIGIBLE rejected: commentsDisabled
DUPLICATE_CONTENT unknown: conflict duplicate conditionNotMet
INVALID_FIELD unknown: failedPrecondition
PROVIDER_OUTAGE unknown: internalError backendError notReady
TOKEN_REVOKED not_sent: invalid_grant invalid_token
LOGIN_CHECKPOINT not_sent: invalid_rapt
""",
    youtube_of,
    [
        (
            google(403, "forbidden", details=[{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]),
            R.MISSING_SCOPE,
            S.REJECTED,
            None,
        ),
        (google(403, "neverSeen"), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, "neverSeen"),
        (google(401, "neverSeen"), R.TOKEN_EXPIRED, S.NOT_SENT, "neverSeen"),
        (google(401, None, status="UNAUTHENTICATED"), R.TOKEN_EXPIRED, S.NOT_SENT, None),
        (google(500, "quotaExceeded"), R.PROVIDER_OUTAGE, S.UNKNOWN, "quotaExceeded"),
        (google(503, "backendError"), R.PROVIDER_OUTAGE, S.UNKNOWN, "backendError"),
        (given(502), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (given(413), R.MEDIA_VALIDATION_FAILED, S.REJECTED, None),
        (given(416), R.PROVIDER_OUTAGE, S.UNKNOWN, None),
        (given(404), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (given(400, {"error": {"errors": "odd", "message": 5}}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        (given(400, {"error": {"errors": [None]}}), R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN, None),
        # A workspace's question at its token endpoint is no dead grant.
        (given(400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"}), R.LOGIN_CHECKPOINT, S.NOT_SENT, None),
        (given(400, {"error": "invalid_grant", "error_subtype": "new"}), R.TOKEN_REVOKED, S.NOT_SENT, None),
    ],
)
TABLES = {
    "bluesky": BLUESKY,
    "facebook": FACEBOOK,
    "instagram": INSTAGRAM,
    "linkedin": LINKEDIN,
    "mastodon": MASTODON,
    "pinterest": PINTEREST,
    "telegram": TELEGRAM,
    "threads": THREADS,
    "tiktok": TIKTOK,
    "x": X,
    "youtube": YOUTUBE,
}
