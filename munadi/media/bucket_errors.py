"""Maps a bucket's errors to ours: a missing file, a wrong setting, or an outage.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and botocore's own exceptions by name.
An answer to HEAD has no body, so its code is its status.
"""

from __future__ import annotations

from munadi.media.store import StoreRefused, StoreUnavailable

_URL, _KEY, _REGION = "MUNADI_MEDIA__URL", "MUNADI_MEDIA__ACCESS_KEY", "MUNADI_MEDIA__REGION"
_DENIED = "the credentials may not read, write, list and delete there"
_ELSEWHERE = "the bucket is in another region"

# code → the setting that is wrong, and how
_REFUSALS: dict[str, tuple[str, str]] = {
    "NoSuchBucket": (_URL, "there is no such bucket, or not at this endpoint"),
    "InvalidBucketName": (_URL, "that is no name for a bucket"),
    "ParamValidationError": (_URL, "that is no name for a bucket"),
    "InvalidAccessKeyId": (_KEY, "the store does not know this access key"),
    "SignatureDoesNotMatch": ("MUNADI_MEDIA__SECRET_KEY", "it does not belong to the access key"),
    "ExpiredToken": (_KEY, "the credentials have expired"),
    "InvalidToken": (_KEY, "the credentials' session token is refused"),
    "AccessDenied": (_KEY, _DENIED),
    "403": (_KEY, _DENIED),
    "AllAccessDisabled": (_KEY, _DENIED),
    "NoCredentialsError": (_KEY, "there are no credentials, here or in the cloud's usual environment"),
    "PartialCredentialsError": (_KEY, "the credentials are not complete"),
    "PermanentRedirect": (_REGION, _ELSEWHERE),
    "301": (_REGION, _ELSEWHERE),
    "AuthorizationHeaderMalformed": (_REGION, _ELSEWHERE),
    "IllegalLocationConstraintException": (_REGION, _ELSEWHERE),
}


def code_of(error: BaseException | None) -> str | None:
    """The store's code for an error, wherever in its chain of causes it stands."""
    while error is not None:
        answer = getattr(error, "response", None)
        if isinstance(answer, dict):
            return str(answer.get("Error", {}).get("Code"))
        error = error.__cause__
    return None


def store_error(error: Exception, shown: str) -> Exception:
    """Translate an exception of a storage call into ours. `shown` is the store's address without secrets."""
    code = code_of(error)
    refusal = _REFUSALS.get(code or type(error).__name__)
    if refusal is not None:
        setting, words = refusal
        return StoreRefused(f"{setting}: {words} ({shown}, {code or type(error).__name__})")
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(str(error))
    text = " ".join(str(error).split())[:200]
    return StoreUnavailable(f"the media store at {shown} does not answer: {text or type(error).__name__}")
