"""Data API errors: the envelope and the reasons that this emulation gives, and the token endpoint's own words.

Source: docs/networks/youtube.md section 6; messages are Google's where they are known, close to them otherwise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from munadi.sandbox.exchange import Answer, Refusal


class Known(NamedTuple):
    status: int
    message: str
    domain: str = "youtube.video"
    name: str = ""  # google.rpc.Code
    details: tuple[dict[str, Any], ...] = ()


SCOPE = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "domain": "googleapis.com",
}
BUCKET = (
    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
    "'youtube.googleapis.com' for consumer 'project_number:000000000000'."
)
INVALID = Known(400, "The request is invalid.", "youtube.video", "INVALID_ARGUMENT")
REASONS: dict[str, Known] = {
    "authError": Known(401, "Invalid Credentials", "global", "UNAUTHENTICATED"),
    "required": Known(401, "Login Required.", "global", "UNAUTHENTICATED"),
    "youtubeSignupRequired": Known(401, "The user must have a YouTube channel.", "youtube.header"),
    "insufficientPermissions": Known(
        403, "Request had insufficient authentication scopes.", "global", "PERMISSION_DENIED", (SCOPE,)
    ),
    "forbidden": Known(403, "The request might not be properly authorized.", "youtube.common"),
    "accessNotConfigured": Known(403, "YouTube Data API v3 has not been used in this project.", "usageLimits"),
    "channelSuspended": Known(403, "The channel has been suspended.", "youtube.channel"),
    "channelClosed": Known(403, "The channel has been closed.", "youtube.channel"),
    "forbiddenPrivacySetting": Known(403, "The request attempts to set an invalid privacy setting."),
    "forbiddenLicenseSetting": Known(403, "The request attempts to set an invalid license."),
    "quotaExceeded": Known(
        403, "The request cannot be completed because you have exceeded your quota.", "youtube.quota"
    ),
    "rateLimitExceeded": Known(429, BUCKET, "global", "RESOURCE_EXHAUSTED"),
    "userRateLimitExceeded": Known(403, "User Rate Limit Exceeded", "usageLimits"),
    "uploadLimitExceeded": Known(400, "The user has exceeded the number of videos they may upload."),
    "uploadRateLimitExceeded": Known(
        429, "The channel has uploaded too many thumbnails recently.", "youtube.thumbnail"
    ),
    "invalidTitle": Known(400, "The request metadata specifies an invalid or empty video title."),
    "invalidDescription": Known(400, "The request metadata specifies an invalid video description."),
    "invalidTags": Known(400, "The request metadata specifies invalid video keywords."),
    "invalidCategoryId": Known(400, "The snippet.categoryId property specifies an invalid category ID."),
    "invalidPublishAt": Known(400, "The request metadata specifies an invalid scheduled publishing time."),
    "invalidRecordingDetails": Known(400, "The request metadata specifies invalid recording details."),
    "defaultLanguageNotSet": Known(400, "Localizations need the default language of the video's details."),
    "invalidVideoMetadata": Known(400, "The request metadata is invalid."),
    "invalidImage": Known(400, "The provided image content is invalid.", "youtube.thumbnail"),
    "mediaBodyRequired": Known(400, "The request does not include the image content.", "youtube.thumbnail"),
    "uploadTooLarge": Known(413, "The upload is larger than is allowed.", "global"),
    "failedPrecondition": Known(400, "The video is still being processed.", "youtube.thumbnail", "FAILED_PRECONDITION"),
    "badRequest": Known(400, "Invalid JSON payload received.", "global", "INVALID_ARGUMENT"),
    "missingRequiredParameter": Known(400, "No filter selected.", "youtube.parameter"),
    "unexpectedPart": Known(400, "An unexpected part was named.", "youtube.part"),
    "channelOrVideoIdMissing": Known(400, "A comment needs its channel and its video.", "youtube.commentThread"),
    "commentTextRequired": Known(400, "A comment cannot be empty.", "youtube.commentThread"),
    "commentTextTooLong": Known(400, "The comment has too many characters.", "youtube.commentThread"),
    "commentsDisabled": Known(403, "The video has disabled comments.", "youtube.commentThread"),
    "videoNotFound": Known(404, "The video that you are trying to update cannot be found."),
    "playlistNotFound": Known(404, "The playlist identified with the request cannot be found.", "youtube.playlistItem"),
    "notFound": Known(404, "Not Found", "global", "NOT_FOUND"),
    "internalError": Known(500, "Internal error encountered.", "global", "INTERNAL"),
    "backendError": Known(503, "Backend Error", "global", "UNAVAILABLE"),
}
TOKEN_WORDS = {
    "invalid_grant": (400, "Token has been expired or revoked."),
    "invalid_client": (401, "The OAuth client was not found."),
    "deleted_client": (401, "The OAuth client was deleted."),
    "invalid_request": (400, "Missing required parameter."),
    "unsupported_grant_type": (400, "Invalid grant_type."),
}


def envelope(reason: str, *, message: str | None = None, status: int | None = None) -> Answer:
    known = REASONS.get(reason) or INVALID
    words = message or known.message
    error: dict[str, Any] = {
        "code": status or known.status,
        "message": words,
        "errors": [{"message": words, "domain": known.domain, "reason": reason}],
    }
    if known.name:
        error["status"] = known.name
    if known.details:
        error["details"] = list(known.details)
    return Answer(status or known.status, {"error": error})


def refuse(reason: str, message: str | None = None) -> Refusal:
    return Refusal(envelope(reason, message=message))


def refuse_if(broken: object, reason: str, message: str | None = None) -> None:
    if broken:
        raise refuse(reason, message)


def token_answer(word: str, *, message: str | None = None, status: int | None = None) -> Answer:
    known_status, words = TOKEN_WORDS.get(word, (400, "Bad Request"))
    return Answer(status or known_status, {"error": word, "error_description": message or words})


def refuse_token(word: str, message: str | None = None) -> Refusal:
    return Refusal(token_answer(word, message=message))
