"""What Facebook's answers mean: the Graph envelope's `(code, error_subcode)`, and the upload host's `debug_info`.

Source: docs/networks/facebook.md, section 6. Codes from a million on may stand as the code or as the subcode. An error
that may follow the effect (1, 2, an upload's timeout) is unknown: posts have appeared despite a 500 with code 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from munadi.channels.errors import OUTAGE, Row
from munadi.channels.facebook.spec import SPEC
from munadi.channels.meta.errors import BAD_MEDIA, COMMON, EXPIRED_TOKEN, THROTTLED, Rows, graph_errors, pair_of
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason

R, S = Reason, Effect
# Uploads of one draft: the first, and so many more.
MAX_RENEWALS = 2
NO_PERMISSION = Row(R.MISSING_SCOPE, S.REJECTED)
REFUSED_FIELD = Row(R.INVALID_FIELD, S.REJECTED)
DUPLICATE = Row(R.DUPLICATE_CONTENT, S.REJECTED, ours=True)
NO_ACCESS = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED)
RESTRICTED = Row(R.ACCOUNT_RESTRICTED, S.REJECTED)
FAILED_UPLOAD = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renewals=MAX_RENEWALS)

LINK_UNREADABLE = 1609005
MISSING_IMAGE = 324
WRONG_OFFSET = 1363037
FROM_A_MILLION = 1_000_000

# (code, subcode), or None for any.
ERRORS: Rows = {
    **COMMON,
    (210, None): NO_ACCESS,  # a Page token is needed, or the Page is not visible
    (1363042, None): NO_PERMISSION,  # no permission to publish the video
    (1404078, None): Row(R.ROLE_OR_2FA_REQUIRED, S.REJECTED),  # Page Publishing Authorization (unverified)
    (803, None): NO_ACCESS,  # unknown or inaccessible object (unverified)
    (104, None): REFUSED_FIELD,  # bad appsecret_proof: configuration
    (2061006, None): REFUSED_FIELD,  # bad URL (unverified)
    (1349125, None): REFUSED_FIELD,  # bad format (unverified)
    (1609008, None): REFUSED_FIELD,  # facebook.com link (unverified)
    (LINK_UNREADABLE, None): REFUSED_FIELD,  # the link could not be scraped; once more after a re-scrape
    (MISSING_IMAGE, None): BAD_MEDIA,  # image missing or invalid; a photo that it fetches is offered again
    (1366046, None): BAD_MEDIA,  # image too large, or not JPG or PNG
    (2069019, None): BAD_MEDIA,  # image
    (382, None): BAD_MEDIA,  # video too small
    (1363022, None): BAD_MEDIA,  # video too small
    (1363023, None): BAD_MEDIA,  # video too large
    (389, None): Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renewals=MAX_RENEWALS),  # video URL not fetchable
    (6000, None): FAILED_UPLOAD,
    (6001, None): FAILED_UPLOAD,
    (1363019, None): OUTAGE,  # chunk problem: resume
    (1363030, None): OUTAGE,  # timeout: resume
    (1363033, None): OUTAGE,  # timeout: resume
    (WRONG_OFFSET, None): OUTAGE,  # chunk out of place, the right offsets in `error_data`: resume
    (1363040, None): BAD_MEDIA,  # aspect ratio
    (1363127, None): BAD_MEDIA,  # resolution
    (1363128, None): BAD_MEDIA,  # duration
    (1363129, None): BAD_MEDIA,  # frame rate
    (613, 1996): THROTTLED,  # abnormal call volume
    (80001, None): THROTTLED,  # Pages business use case
    (368, 1390008): Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(hours=1)),  # posting too fast
    (368, 4854002): RESTRICTED,  # identity check, in the Facebook app
    (1404006, None): RESTRICTED,  # security check, in the Facebook app
    (1404112, None): RESTRICTED,  # limited account
    (1346003, None): Row(R.CONTENT_POLICY, S.REJECTED),  # abusive content
    (1404102, None): Row(R.CONTENT_POLICY, S.REJECTED),  # community standards
    (506, None): DUPLICATE,  # same content again
    (368, 1404082): DUPLICATE,  # the same
    (1366051, None): DUPLICATE,  # photos already posted
    (1363047, None): OUTAGE,  # temporary
    (1609010, None): OUTAGE,  # temporary
}
_ROWS: Rows = {**ERRORS, **{(None, code): row for (code, _), row in ERRORS.items() if (code or 0) >= FROM_A_MILLION}}
# Errors that are known by their words alone, without the "(#100) " before them.
NAMED: Mapping[str, Row] = {"No permission to publish the video": NO_PERMISSION}
# `debug_info.type` of rupload.facebook.com. The upload is invisible, and Facebook keeps the bytes that have arrived.
UPLOAD_ERRORS: Mapping[str, Row] = {
    "OffsetInvalidError": OUTAGE,  # resume from the offset in the status
    "PartialRequestError": OUTAGE,  # fewer bytes than announced: resume
    "ProcessingFailedError": FAILED_UPLOAD,
}
# A type stands where there is no code.
TABLE = graph_errors(SPEC.title, {**_ROWS, ("OAuthException", None): EXPIRED_TOKEN, **NAMED, **UPLOAD_ERRORS})
explain = TABLE.explain


def died(status: str, words: str | None, effect: Effect) -> ChannelError:
    """A video that Facebook could not take, in its own words."""
    return ChannelError(
        Reason.MEDIA_PROCESSING_FAILED,
        effect,
        "Facebook: the video could not be processed",
        provider_code=status or "error",
        provider_message=(words or "")[:MAX_MESSAGE] or None,
    )


def stuck(limit: timedelta) -> ChannelError:
    """A video that Facebook did not finish."""
    message = f"Facebook: the video was still being processed after {limit}"
    return ChannelError(Reason.MEDIA_PROCESSING_TIMEOUT, Effect.REJECTED, message)


def incomplete(what: str) -> ChannelError:
    """An answer without what the next call needs."""
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, f"Facebook answered with {what}", "INCOMPLETE_ANSWER")


def not_sent(reason: Reason, what: str, code: str | None = None, after: timedelta | None = None) -> ChannelError:
    """Why the visible call was not made."""
    return ChannelError(reason, Effect.NOT_SENT, f"Facebook: {what}", code, retry_after=after)


def may_upload_again(error: ChannelError) -> bool:
    """Whether another upload of the same file may get past this error."""
    row = UPLOAD_ERRORS.get(error.provider_code or "")
    row = row or next((ERRORS[code, None] for code in codes_of(error) if (code, None) in ERRORS), None)
    return row is not None and row.renewals > 0


def codes_of(error: ChannelError) -> list[int]:
    """The error's code and subcode, as far as it has them."""
    return [one for one in pair_of(error) if one is not None]


def wanted_offsets(error: ChannelError) -> tuple[int, int] | None:
    """Where to continue after 1363037: `error_data` is an object, or one written as JSON."""
    if WRONG_OFFSET not in codes_of(error):
        return None
    try:
        data: Any = json.loads(error.raw or "")["error"]["error_data"]
        data = json.loads(data) if isinstance(data, str) else data
        return int(data["start_offset"]), int(data["end_offset"])
    except (ValueError, TypeError, KeyError):
        return None
