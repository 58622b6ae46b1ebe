"""What Instagram's answers mean beside those of every Graph, and the messages of failed containers.

Source: docs/networks/instagram.md, section 6 (Meta's error-codes page of 2026-06-02, and incidents seen by clients).
"""

from __future__ import annotations

import re
from datetime import timedelta

from munadi.channels.errors import OUTAGE, Row
from munadi.channels.instagram.spec import SPEC
from munadi.channels.meta.errors import COMMON, PUBLISHING, THROTTLED, UNKNOWN_OWN, Rows, graph_errors, pair_of
from munadi.domain.failure import ChannelError, Effect, Reason

R, S = Reason, Effect
# How many other containers may be tried to get past a failure that another may not have.
RENEWALS = 3
BAD_FIELD = Row(R.INVALID_FIELD, S.REJECTED)
NOT_PROCESSED = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renewals=RENEWALS)
# The container is missing, which may be temporary.
MISSING = "24/2207008"

ERRORS: Rows = {
    **COMMON,
    **PUBLISHING,
    (613, 1996): THROTTLED,  # abnormal call volume
    (-2, 2207003): Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renewals=RENEWALS),  # media download timed out
    (-2, 2207020): NOT_PROCESSED,  # media expired
    (-1, 2207001): OUTAGE._replace(renewals=RENEWALS),  # Instagram server error
    (-1, 2207032): OUTAGE._replace(renewals=RENEWALS),  # create failed
    (-1, 2207053): Row(R.MEDIA_PROCESSING_FAILED, S.UNKNOWN, renewals=RENEWALS),  # unknown upload error (video)
    (1, 2207057): BAD_FIELD,  # thumb_offset out of range
    (9, 2207042): Row(R.DAILY_CAP_REACHED, S.NOT_SENT, wait=timedelta(hours=1)),  # rolling 24 h of posts used up
    (24, 2207006): Row(R.TARGET_NOT_ACCESSIBLE, S.NOT_SENT, renewals=RENEWALS),  # media not found; often the token
    (24, 2207008): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, timedelta(seconds=30), renewals=RENEWALS),  # see MISSING
    (25, 2207050): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # inactive, checkpointed or restricted
    (100, 2207023): BAD_FIELD,  # unknown media_type
    (100, 2207028): BAD_FIELD,  # carousel count not 2 to 10
    (100, 2207035): BAD_FIELD,  # product tag position
    (100, 2207036): BAD_FIELD,  # product tag id
    (100, 2207037): BAD_FIELD,  # product tag count
    (100, 2207040): BAD_FIELD,  # more than 20 tags
    (352, 2207026): Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED),  # unsupported video
    (None, 2207076): NOT_PROCESSED,  # late failure (unverified)
    (None, 2207077): NOT_PROCESSED,  # late failure (unverified)
    (None, 2207082): NOT_PROCESSED,  # late failure (unverified)
    (None, 2207081): Row(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),  # no trial reels (unverified)
    (None, 2207085): OUTAGE._replace(renewals=RENEWALS),  # "Fatal" (unverified)
    (9006, None): UNKNOWN_OWN,  # not in Meta's table (unverified), so a check decides
    (36002, None): UNKNOWN_OWN,  # the same
    (24, None): UNKNOWN_OWN,  # the same
    (25, None): UNKNOWN_OWN,  # the same
}
# An error that is known by its name alone.
NAMED = {"INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID": BAD_FIELD}  # the Page has no place

_BY_SUBCODE = {subcode: row for (_, subcode), row in ERRORS.items() if subcode is not None}
# A failed container's `status` names the subcode, sometimes within prose.
_SUBCODE = re.compile(r"(?<!\d)2207\d{3}(?!\d)")


TABLE = graph_errors(SPEC.title, {**ERRORS, **NAMED}, own=(2207,))
explain = TABLE.explain


def renewals(error: ChannelError) -> int:
    """How many other containers may be tried to get past this error of an answer; 0 when none helps."""
    code, subcode = pair_of(error)
    row = ERRORS.get((code, subcode)) or _BY_SUBCODE.get(subcode or 0)
    return row.renewals if row is not None else 0


def explain_container(code: str, status: str) -> tuple[ChannelError, int]:
    """A dead container (`status_code` ERROR or EXPIRED, `status` its prose), and how many others may be tried."""
    found = _SUBCODE.search(status)
    subcode = int(found.group()) if found else None
    row = _BY_SUBCODE.get(subcode or 0) or NOT_PROCESSED
    if row.effect is not S.REJECTED and row.reason is not R.MEDIA_UNREACHABLE:
        row = row._replace(reason=R.MEDIA_PROCESSING_FAILED)
    error = TABLE.reported(ChannelError, row, str(subcode) if subcode else code, status)
    return error, RENEWALS if code == "EXPIRED" else row.renewals
