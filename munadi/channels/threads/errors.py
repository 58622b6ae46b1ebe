"""What Threads' answers mean beside those of every Graph: its own subcodes and THREADS_API__ names.

Source: docs/networks/threads.md, section 6 (Meta's troubleshooting page, and incidents seen by open-source clients).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from munadi.channels.errors import Doubt, Row
from munadi.channels.meta.errors import (
    BAD_MEDIA,
    COMMON,
    PUBLISHING,
    REVOKED_TOKEN,
    SPAM,
    UNREACHABLE,
    Rows,
    graph_errors,
    pair_of,
)
from munadi.channels.threads.spec import SPEC
from munadi.domain.failure import ChannelError, Effect, Reason

R, S = Reason, Effect
NOT_PROCESSED = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renewals=2)
# Not a failure but a race: the container is there, the place that publishes does not see it yet.
RACE = "24/4279009"

ERRORS: Rows = {
    **COMMON,
    **PUBLISHING,
    (452, 4279019): REVOKED_TOKEN,  # session revoked, or the token was exchanged already
    (24, 4279009): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5), proof=True),  # see RACE
    (1, 2207052): UNREACHABLE,  # media URL not fetchable; some CDNs and tunnels are refused though reachable
    (100, 2207051): SPAM,
    (None, 4279013): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # profile restricted
}
# Errors that have a name within the message, whatever their code.
NAMED: Mapping[str, Row] = {
    "THREADS_API__LINK_LIMIT_EXCEEDED": Row(R.INVALID_FIELD, S.REJECTED),  # more than 5 different links
    "THREADS_API__FEATURE_NOT_AVAILABLE": Row(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),
    "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES": Row(R.INVALID_FIELD, S.REJECTED),
}
# Plain code 100 whose whole message says more than the code.
WORDED: Mapping[str, Row] = {
    "Param text must be at most 500 characters long": Row(R.TEXT_TOO_LONG, S.REJECTED),
}
# `error_message` of a failed container.
FAILED_CONTAINERS: Mapping[str, Row] = {
    "FAILED_DOWNLOADING_VIDEO": Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renewals=2),
    "FAILED_PROCESSING_AUDIO": NOT_PROCESSED,
    "FAILED_PROCESSING_VIDEO": NOT_PROCESSED,
    "UNKNOWN": NOT_PROCESSED,
    "INVALID_ASPEC_RATIO": BAD_MEDIA,  # spelled so
    "INVALID_BIT_RATE": BAD_MEDIA,
    "INVALID_DURATION": BAD_MEDIA,
    "INVALID_FRAME_RATE": BAD_MEDIA,
    "INVALID_AUDIO_CHANNELS": BAD_MEDIA,
    "INVALID_AUDIO_CHANNEL_LAYOUT": BAD_MEDIA,
}
# A container that was not published in time, or that stays unfinished, is replaced.
LAPSED: Mapping[str, Row] = {
    "EXPIRED": Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renewals=3),
    "STUCK": Row(R.MEDIA_PROCESSING_TIMEOUT, S.NOT_SENT, renewals=2),
}

# Posts have gone live despite code 10 with HTTP 500, so there only a `proof` keeps its effect.
TABLE = graph_errors(SPEC.title, {**ERRORS, **NAMED, **WORDED}, own=(2207, 4279), doubts=Doubt.EFFECT)
explain = TABLE.explain


def explain_container(status: str, error_message: str) -> tuple[ChannelError, int]:
    """A dead container, and how many others may be tried in its place."""
    row = LAPSED.get(status) or FAILED_CONTAINERS.get(error_message) or NOT_PROCESSED
    code = error_message if error_message in FAILED_CONTAINERS else status
    return TABLE.reported(ChannelError, row, code, error_message), row.renewals


def renewals(error: ChannelError) -> int:
    """How many other containers may be tried to get past this error of an answer; 0 when none helps."""
    row = ERRORS.get(pair_of(error))
    return row.renewals if row is not None and error.effect is S.NOT_SENT else 0
